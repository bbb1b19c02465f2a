//! Who reads secret fields such as SIP passwords: administrators and access keys, and only in responses about a single row.

use std::collections::BTreeSet;

use custodian_domain::kinds::{EXTENSIONS, Kind, TRUNKS, routed};
use custodian_domain::sip_digest::ha1;
use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

use crate::sample_values::{collection_path, create, row_path, tenant_on_plan};

/// An account with the four kinds of callers that may work on rows.
struct Callers {
    customer: String,
    admin: Client,
    manager: Client,
    key: Client,
    delegate: Client,
}

impl Callers {
    async fn new(client: &Client) -> Self {
        let (customer, admin) = tenant_on_plan(client, "ann", "unlimited").await;
        let manager = json!({ "username": "max", "password": PASSWORD, "permission": 64 });
        admin.post("/v1.0/agents", manager).await.ok();
        let request = json!({ "customer_id": customer, "reason": "ticket 4711: no calls" });
        let delegated = client.platform_admin().await.post("/auth/delegate", request).await.ok();
        Self {
            manager: client.login("max", PASSWORD).await,
            key: admin.with_access_key().await,
            delegate: client.with_token(delegated["token"].as_str().unwrap()),
            customer,
            admin,
        }
    }
}

/// The value of every secret in the bodies.
const SECRET: &str = "dial tone";

fn kinds_with_secrets() -> impl Iterator<Item = &'static Kind> {
    routed().filter(|kind| kind.fields.iter().any(|field| field.secret))
}

/// The names of the fields that only administrators and access keys read.
fn secrets(kind: &Kind) -> Vec<&'static str> {
    kind.fields.iter().filter(|field| field.secret).map(|field| field.name).collect()
}

/// The names of those that a body may set.
fn writable_secrets(kind: &Kind) -> Vec<&'static str> {
    let fields = kind.fields.iter().filter(|field| field.secret && field.is_writable(false));
    fields.map(|field| field.name).collect()
}

fn with_secrets(kind: &Kind, value: &str) -> Value {
    Value::Object(writable_secrets(kind).into_iter().map(|name| (name.to_owned(), json!(value))).collect())
}

/// Whether a response shows the secrets, all of them or none.
fn has_secrets(kind: &Kind, row: &Value) -> bool {
    let shown: BTreeSet<bool> = secrets(kind).into_iter().map(|name| row.get(name).is_some()).collect();
    assert_eq!(shown.len(), 1, "some secrets are shown: {row}");
    shown.contains(&true)
}

fn body(kind: &Kind, number: usize) -> Value {
    let name = format!("name-{number}");
    match kind.noun {
        "trunk" => json!({ "domain_name": name, "username": "acme", "password": SECRET }),
        "extension" => json!({ "extension": name, "password": SECRET }),
        noun => panic!(
            "add a body of a {noun} here, with {SECRET:?} in each of {:?}. Name its secrets in docs/webhooks.md, docs/api.md and \
             SECURITY.md.",
            writable_secrets(kind)
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_and_access_keys_read_passwords_and_no_list_shows_them() {
    let client = Client::start().await;
    let callers = Callers::new(&client).await;
    let readers = [
        ("admin", &callers.admin, true),
        ("key", &callers.key, true),
        ("manager", &callers.manager, false),
        ("delegate", &callers.delegate, false),
    ];
    for kind in kinds_with_secrets() {
        for (number, (name, caller, reads)) in readers.into_iter().enumerate() {
            let case = format!("{} {name}", kind.route);
            let created = create(caller, kind, body(kind, number)).await;
            assert_eq!(has_secrets(kind, &created), reads, "{case}");
            let path = row_path(kind, &created);
            assert_eq!(caller.get(&path).await.ok(), created, "{case}");
            let updated = caller.put(&path, json!({ "name": "new" })).await.ok();
            assert_eq!(has_secrets(kind, &updated), reads, "{case}");
            let shown = callers.admin.get(&path).await.ok();
            for secret in writable_secrets(kind) {
                assert_eq!(shown[secret], SECRET, "{case}: everyone may set {secret}");
            }
            let listed = caller.get(&collection_path(kind)).await.ok();
            let rows = listed["result"].as_array().unwrap();
            assert!(rows.len() == 1 && !has_secrets(kind, &rows[0]), "{case}");
            assert!(!has_secrets(kind, &caller.delete(&path).await.ok()), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_back_what_it_read_changes_no_password() {
    let client = Client::start().await;
    let callers = Callers::new(&client).await;
    for kind in kinds_with_secrets() {
        let created = create(&callers.admin, kind, body(kind, 1)).await;
        let path = row_path(kind, &created);
        let listed = callers.admin.get(&collection_path(kind)).await.ok()["result"][0].clone();
        callers.admin.put(&path, listed).await.ok();
        callers.admin.put(&path, callers.admin.get(&path).await.ok()).await.ok();
        for caller in [&callers.manager, &callers.delegate] {
            let read = caller.get(&path).await.ok();
            caller.put(&path, read.clone()).await.ok();
            // A client with typed fields sends an empty text for the missing one.
            let mut typed = read;
            for secret in secrets(kind) {
                typed[secret] = json!("");
            }
            caller.put(&path, typed).await.ok();
        }
        let after = callers.admin.get(&path).await.ok();
        for secret in secrets(kind) {
            assert_eq!(after[secret], created[secret], "{} {secret}", kind.route);
        }
        callers.manager.put(&path, with_secrets(kind, "set by a manager")).await.ok();
        let set = callers.admin.get(&path).await.ok();
        for secret in writable_secrets(kind) {
            assert_eq!(set[secret], "set by a manager", "{} {secret}", kind.route);
        }
    }
    let trunk = create(&callers.admin, &TRUNKS, body(&TRUNKS, 2)).await;
    let cleared = callers.admin.put(&row_path(&TRUNKS, &trunk), json!({ "password": "" })).await.ok();
    assert_eq!(
        [&cleared["password"], &cleared["ha1"]],
        [&json!(""), &json!("")],
        "an administrator clears it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ha1_is_the_digest_of_username_domain_name_and_password_and_cannot_be_set() {
    let client = Client::start().await;
    let callers = Callers::new(&client).await;
    let trunk = json!({ "domain_name": "acme.example.com", "username": "acme", "password": "dial tone 1", "ha1": "x" });
    let trunk = create(&callers.admin, &TRUNKS, trunk).await;
    // printf 'acme:acme.example.com:dial tone 1' | md5sum
    assert_eq!(trunk["ha1"], "4171a6ba6f5c47741a9188cee52314c0");
    let extension = json!({ "extension": "100", "password": "dial tone 1" });
    let extension = create(&callers.admin, &EXTENSIONS, extension).await;
    assert_eq!(extension["domain_name"], callers.customer.as_str());
    assert_eq!(extension["ha1"], ha1("100", &callers.customer, "dial tone 1"));
    let path = row_path(&EXTENSIONS, &extension);
    let changed = callers.admin.put(&path, json!({ "password": "dial tone 2", "ha1": "x" })).await.ok();
    assert_eq!(changed["ha1"], ha1("100", &callers.customer, "dial tone 2"));
    let open = create(&callers.admin, &TRUNKS, json!({ "domain_name": "open.example.com" })).await;
    assert_eq!(open["ha1"], "", "without a password there are no credentials");
}
