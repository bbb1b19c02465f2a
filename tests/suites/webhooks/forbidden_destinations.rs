//! Forbidden webhook destinations. Without the local service's flag, these are all addresses that are not public.

use std::net::Ipv4Addr;
use std::time::Duration;

use custodian_tests::Client;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::{deliveries, set_webhook_uri};

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

/// Sets a destination. Returns the delivery about that change.
async fn set_destination(ann: &Client, uri: &str) -> Value {
    set_webhook_uri(ann, uri).await;
    let newest = deliveries(ann).await.remove(0);
    assert_eq!(newest["type"], "customer_updated");
    newest
}

#[track_caller]
fn assert_refused(delivery: &Value, status: &str, uri: &str) {
    assert_eq!(delivery["error"], "refused", "{uri}");
    assert_eq!((&delivery["status"], &delivery["status_code"]), (&json!(status), &Value::Null), "{uri}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_notation_of_a_local_address_leads_to_a_connection() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
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
        assert_refused(&set_destination(&ann, &uri).await, "failed", &uri);
    }
    let connection = timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(connection.is_err(), "a connection arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_and_reserved_addresses_are_refused() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
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
            assert_refused(&set_destination(&ann, &uri).await, "failed", &uri);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_is_refused_by_its_addresses_and_a_port_by_its_number() {
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
        assert_refused(&set_destination(&ann, uri).await, "pending", uri);
    }
    for port in [1, 22, 25, 81, 3306, 6379, 8081, 9200, 65_535] {
        let uri = format!("http://localhost:{port}/");
        assert_refused(&set_destination(&ann, &uri).await, "failed", &uri);
    }
    for uri in ["https://user@localhost/", "https://user:password@localhost/"] {
        assert_refused(&set_destination(&ann, uri).await, "failed", uri);
    }
}
