//! Secrets of accounts are encrypted or hashed in the database, and a ciphertext is bound to its customer, row and field.

use custodian_app::field_location::FieldLocation;
use custodian_domain::CustomerId;
use custodian_domain::kinds::{EXTENSIONS, FILES, FLOWS, Kind, TRUNKS};
use custodian_tests::seed::assert_no_row_contains;
use custodian_tests::{Client, Tables, TestApp};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sample_values::{collection_path, create, full_body, kinds, row_path, tenant_on_plan};

fn tables(client: &Client) -> Tables {
    Tables(client.engine().clone())
}

/// The only row of a kind that a customer has in the database.
fn stored_row(client: &Client, kind: &Kind, customer: &str) -> Value {
    let rows = tables(client).query(kind.table, "customer_id", customer);
    assert_eq!(rows.len(), 1, "{}", kind.table);
    rows[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_table_contains_a_secret_that_a_request_wrote_or_a_response_showed() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let keyed = |path: &str, body: Value| {
        let request = ann.request(Method::POST, path).header("Idempotency-Key", "order-42");
        ann.send(request.json(&body))
    };
    let with_user_info = |name: &str| format!("https://{name}:url-secret-{name}@files.example.com/x");
    let trunk = json!({ "domain_name": "acme", "username": "acme", "password": "sip-secret-trunk" });
    let trunk = keyed("/v1.0/trunks", trunk).await.ok();
    let extension = json!({ "extension": "100", "password": "sip-secret-first" });
    let extension = keyed("/v1.0/extensions", extension).await.ok();
    ann.put(&row_path(&EXTENSIONS, &extension), json!({ "password": "sip-secret-second" })).await.ok();
    let actions = json!([{ "type": "fetch", "option": { "event_url": with_user_info("flow") } }]);
    let flow = create(&ann, &FLOWS, json!({ "actions": actions })).await;
    let file = create(&ann, &FILES, json!({ "uri_download": with_user_info("file") })).await;
    let agent = json!({ "username": "bob", "password": "agent-secret-password" });
    keyed("/v1.0/agents", agent).await.ok();
    let key = keyed("/v1.0/accesskeys", json!({ "name": "ci" })).await.ok();
    let key = ann.with_token(key["token"].as_str().unwrap());
    let mut rotated = Vec::new();
    for _ in 0..2 {
        let shown = key.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
        rotated.push(shown["secret"].as_str().unwrap().to_owned());
    }
    client.idle().await;

    let read = ann.get(&row_path(&TRUNKS, &trunk)).await.ok();
    assert_eq!(read["password"], "sip-secret-trunk", "the service itself can decrypt it");
    assert_eq!(ann.get(&row_path(&FLOWS, &flow)).await.ok()["actions"], actions);
    assert_eq!(ann.get(&row_path(&FILES, &file)).await.ok()["uri_download"], with_user_info("file"));
    let mut secrets = vec!["sip-secret", "url-secret", "agent-secret", "whsec_", "order-42"];
    // The first characters of an access key identify it and are stored.
    secrets.extend([read["ha1"].as_str().unwrap(), &key.token()[11..]]);
    secrets.extend(rotated.iter().map(|secret| secret.trim_start_matches("whsec_")));
    assert!(secrets.iter().all(|secret| secret.len() >= 6), "{secrets:?}");
    assert_no_row_contains(&tables(&client), &secrets);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_encrypted_field_of_every_kind_is_stored_as_ciphertext_only() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for kind in kinds() {
        create(&ann, kind, Value::Object(full_body(kind, 1, true))).await;
        let row = stored_row(&client, kind, &customer);
        for field in kind.fields {
            let is_encrypted = row["encrypted"]["M"][field.name]["S"].is_string();
            assert_eq!(is_encrypted, field.encrypted, "{} {}", kind.route, field.name);
            let is_plain = row.get(field.name).is_some();
            assert_eq!(is_plain, field.is_stored() && !field.encrypted, "{} {}", kind.route, field.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ciphertext_of_another_customer_or_kind_is_not_decrypted() {
    let client = Client::start().await;
    let (ann_id, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let (bob_id, bob) = tenant_on_plan(&client, "bob", "unlimited").await;
    let body = |name: &str| json!({ "domain_name": name, "username": name, "password": "dial tone" });
    let extension = json!({ "extension": "100", "password": "dial tone" });
    create(&ann, &TRUNKS, body("ann")).await;
    let of_bob = create(&bob, &TRUNKS, body("bob")).await;
    let extension = create(&ann, &EXTENSIONS, extension).await;
    let foreign = stored_row(&client, &TRUNKS, &ann_id)["encrypted"].clone();
    for (kind, caller, customer, row) in
        [(&TRUNKS, &bob, &bob_id, of_bob), (&EXTENSIONS, &ann, &ann_id, extension)]
    {
        let original = stored_row(&client, kind, customer);
        let mut altered = original.clone();
        altered["encrypted"] = foreign.clone();
        tables(&client).insert(kind.table, &[altered]);
        let refused = caller.get(&row_path(kind, &row)).await;
        assert_eq!(refused.refusal(), (503, "SERVICE_UNAVAILABLE".into()), "{}", kind.route);
        let listed = caller.get(&collection_path(kind)).await.ok();
        assert_eq!(listed["result"][0]["id"], row["id"], "a list needs no secret");
        tables(&client).insert(kind.table, &[original]);
        assert_eq!(caller.get(&row_path(kind, &row)).await.ok()["password"], "dial tone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ciphertext_of_another_row_of_the_same_account_and_kind_is_not_decrypted() {
    let client = Client::start().await;
    let (ann_id, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for name in ["one", "two"] {
        let body = json!({ "domain_name": name, "username": name, "password": "dial tone" });
        create(&ann, &TRUNKS, body).await;
    }
    let rows = tables(&client).query(TRUNKS.table, "customer_id", &ann_id);
    let mut altered = rows[0].clone();
    altered["encrypted"] = rows[1]["encrypted"].clone();
    tables(&client).insert(TRUNKS.table, &[altered]);
    let read = async |row: &Value| {
        ann.get(&format!("{}/{}", collection_path(&TRUNKS), row["id"]["S"].as_str().unwrap())).await
    };
    assert_eq!(read(&rows[0]).await.refusal(), (503, "SERVICE_UNAVAILABLE".into()));
    assert_eq!(read(&rows[1]).await.ok()["password"], "dial tone");
}

/// No kind has two encrypted fields, so the keys themselves show that a ciphertext is bound to its field.
#[tokio::test(flavor = "multi_thread")]
async fn a_ciphertext_is_bound_to_each_part_of_its_place() {
    let app = TestApp::default();
    let [own, other] = [1, 2].map(Uuid::from_u128);
    let place = FieldLocation { customer: CustomerId(own), table: "trunks", id: own, field: "password" };
    let ciphertext = app.cx.keys.encrypt_field(&place, &"dial tone", [7; 12]).unwrap();
    let decrypt = |place: &FieldLocation| app.cx.keys.decrypt_field::<String>(place, &ciphertext);
    assert_eq!(decrypt(&place).unwrap(), "dial tone");
    for elsewhere in [
        FieldLocation { customer: CustomerId(other), ..place },
        FieldLocation { table: "extensions", ..place },
        FieldLocation { id: other, ..place },
        FieldLocation { field: "username", ..place },
    ] {
        assert!(decrypt(&elsewhere).is_err(), "{elsewhere:?}");
    }
}

/// Stores the row as an earlier release did: every value in plain text.
fn store_as_earlier_revision(client: &Client, kind: &Kind, customer: &str, plain: &Value) {
    let mut row = stored_row(client, kind, customer);
    row.as_object_mut().unwrap().remove("encrypted");
    for field in kind.fields.iter().filter(|field| field.encrypted) {
        let value = &plain[field.name];
        let text =
            if field.field_type.is_nested() { value.to_string() } else { value.as_str().unwrap().into() };
        row[field.name] = json!({ "S": text });
    }
    tables(client).insert(kind.table, &[row]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_earlier_revisions_are_read_and_encrypted_at_their_next_write() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for kind in [&TRUNKS, &EXTENSIONS, &FLOWS, &FILES] {
        let created = create(&ann, kind, Value::Object(full_body(kind, 1, true))).await;
        store_as_earlier_revision(&client, kind, &customer, &created);
        let path = row_path(kind, &created);
        assert_eq!(ann.get(&path).await.ok(), created, "{}", kind.route);
        client.idle().await;
        let events = client.published_events(&customer).await.len();
        ann.put(&path, created.clone()).await.ok();
        client.idle().await;
        assert_eq!(client.published_events(&customer).await.len(), events, "the values are the same");
        let row = stored_row(&client, kind, &customer);
        for field in kind.fields.iter().filter(|field| field.encrypted) {
            let is_encrypted = row["encrypted"]["M"][field.name]["S"].is_string();
            assert!(is_encrypted && row.get(field.name).is_none(), "{} {}", kind.route, field.name);
        }
        // A function of the earlier release that still runs during a deployment writes a newer value in plain text.
        if kind.field("password").is_some() {
            let mut row = row;
            row["password"] = json!({ "S": "set by the earlier release" });
            tables(&client).insert(kind.table, &[row]);
            assert_eq!(ann.get(&path).await.ok()["password"], "set by the earlier release");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_names_the_password_only_if_its_plain_value_changed() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let extension = create(&ann, &EXTENSIONS, json!({ "extension": "100", "password": "dial tone" })).await;
    let path = row_path(&EXTENSIONS, &extension);
    client.idle().await;
    let before = client.published_events(&customer).await.len();
    for password in ["dial tone", "another tone", "another tone"] {
        ann.put(&path, json!({ "password": password })).await.ok();
    }
    client.idle().await;
    let events = client.published_events(&customer).await;
    let changed: Vec<_> = events[before..].iter().map(|event| event["changed"].clone()).collect();
    assert_eq!(changed, [json!(["password"])]);
}
