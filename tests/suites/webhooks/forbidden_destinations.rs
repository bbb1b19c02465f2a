//! Forbidden webhook destinations. Without the local service's flag, all addresses that are not public are among them.

use std::net::Ipv4Addr;
use std::time::Duration;

use custodian_tests::{Client, PASSWORD, Response, Tables};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::{deliveries, delivery, send_test_webhook, set_webhook_uri, start};

/// A listener on this machine, on one of the allowed ports.
async fn listener() -> (TcpListener, Ipv4Addr, u16) {
    let [_, _, a, b] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, 77, a, b.max(1));
    for port in [8443, 8080, 443, 80] {
        if let Ok(listener) = TcpListener::bind((address, port)).await {
            return (listener, address, port);
        }
    }
    panic!("none of the allowed ports is free on {address}");
}

/// Stores a destination without the check of a request, as an earlier release did.
pub(crate) fn store_destination(client: &Client, customer: &str, uri: &str) {
    let request = json!({
        "TableName": "custodian-customers", "Key": { "id": { "S": customer } },
        "UpdateExpression": "SET webhook_uri = :uri", "ExpressionAttributeValues": { ":uri": { "S": uri } },
    });
    Tables(client.engine().clone()).call("UpdateItem", &request);
}

/// Sends a test webhook. Returns its delivery.
async fn deliver_test(ann: &Client) -> Value {
    let id = send_test_webhook(ann).await;
    delivery(ann, &id).await
}

#[track_caller]
fn assert_outcome(delivery: &Value, status: &str, error: &str, uri: &str) {
    assert_eq!((&delivery["status"], &delivery["error"]), (&json!(status), &json!(error)), "{uri}");
    assert_eq!(delivery["status_code"], Value::Null, "{uri}");
}

/// Asserts that a request was refused because of its `webhook_uri`, for this reason.
#[track_caller]
pub(crate) fn assert_not_set(response: &Response, reason: &str, uri: &str) {
    assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{uri}");
    let details = response.json()["error"]["details"].clone();
    assert_eq!((&details[0]["field"], &details[1]), (&json!("webhook_uri"), &Value::Null), "{uri}");
    assert!(details[0]["description"].as_str().unwrap().contains(reason), "{uri}: {details}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_notation_of_a_local_address_can_be_set_or_leads_to_a_connection() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let (listener, address, port) = listener().await;
    let [a, b, c, d] = address.octets();
    let number = address.to_bits();
    let [high, low] = [number >> 16, number & 0xffff];
    for host in [
        format!("{address}"),
        format!("{address}."),
        format!("{number}"),
        format!("0x{number:x}"),
        format!("0{number:o}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("{a}.{b}.{}", u16::from_be_bytes([c, d])),
        format!("{a}.{}", number & 0xff_ffff),
        format!("%31%32%37.{b}.{c}.{d}"),
        format!("[::ffff:{address}]"),
        format!("[::ffff:{high:x}:{low:x}]"),
        format!("[64:ff9b::{high:x}:{low:x}]"),
        format!("[2002:{high:x}:{low:x}::]"),
    ] {
        let uri = format!("http://{host}:{port}/hook");
        assert_not_set(&ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await, "private", &uri);
        store_destination(&client, &id, &uri);
        assert_outcome(&deliver_test(&ann).await, "failed", "refused", &uri);
    }
    let connection = timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(connection.is_err(), "a connection arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_and_reserved_addresses_are_refused_when_they_are_set() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    for host in [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[ff02::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
    ] {
        for scheme in ["http", "https"] {
            let uri = format!("{scheme}://{host}/latest/meta-data/");
            let body = json!({ "webhook_uri": uri });
            let new = json!({ "username": "new", "password": PASSWORD, "email": "new@example.com", "webhook_uri": uri });
            for response in [
                ann.put("/v1.0/customer", body.clone()).await,
                platform_admin.put(&account, body).await,
                platform_admin.post("/v1.0/customers", new).await,
            ] {
                assert_not_set(&response, "private", &uri);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_checked_when_a_webhook_is_sent_and_a_port_and_user_info_when_they_are_set() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    // The addresses of a name may change, so these deliveries are retried.
    for uri in [
        "http://localhost/",
        "https://localhost/",
        "http://localhost:80/",
        "http://LOCALHOST:8080/",
        "https://localhost:443/",
        "https://localhost:8443/",
    ] {
        set_webhook_uri(&ann, uri).await;
        let newest = deliveries(&ann).await.remove(0);
        assert_eq!(newest["type"], "customer_updated");
        assert_outcome(&newest, "pending", "no_public_address", uri);
    }
    for port in [1, 22, 25, 81, 3306, 6379, 8081, 9200, 65_535] {
        let uri = format!("http://localhost:{port}/");
        assert_not_set(&ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await, "port", &uri);
    }
    for uri in ["https://user@localhost/", "https://user:password@localhost/", "https://user@10.0.0.1:22/"] {
        assert_not_set(&ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await, "username", uri);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_not_allowed_any_more_can_be_sent_back_but_not_replaced_by_another_such_one() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    let uri = "https://user:password@10.0.0.1:22/hook";
    store_destination(&client, &id, uri);
    for (caller, path) in [(&ann, "/v1.0/customer"), (&platform_admin, account.as_str())] {
        let mut read = caller.get(path).await.ok();
        read["name"] = json!(path);
        let changed = caller.put(path, read).await.ok();
        assert_eq!((&changed["name"], &changed["webhook_uri"]), (&json!(path), &json!(uri)));
        let other = "https://10.0.0.2/hook";
        assert_not_set(&caller.put(path, json!({ "webhook_uri": other })).await, "private", other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_services_flag_allows_loopback_addresses_on_any_port_and_no_other_private_address() {
    let (_, ann) = start().await.tenant("ann").await;
    for uri in ["http://127.0.0.1:49152/", "http://[::1]:1/", "http://0x7f.1:22/"] {
        ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await.ok();
    }
    for uri in ["http://10.0.0.1/", "http://169.254.169.254/", "http://[fd00::1]/"] {
        assert_not_set(&ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await, "private", uri);
    }
}
