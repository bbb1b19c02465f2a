//! Acts that the audit log records leave one entry each, with who did it. A refused act leaves none.

use custodian_tests::{Client, PASSWORD, Response, Tables};
use serde_json::{Value, json};

/// The audit log of an account, of which a test has seen the first entries.
pub(crate) struct AuditLog {
    platform_admin: Client,
    path: String,
    seen: usize,
}

impl AuditLog {
    pub(crate) async fn of(client: &Client, account: &str) -> Self {
        let path = format!("/v1.0/customers/{account}/audit");
        let mut log = Self { platform_admin: client.platform_admin().await, path, seen: 0 };
        log.unseen().await;
        log
    }

    /// The entries since the last call, the oldest first.
    pub(crate) async fn unseen(&mut self) -> Vec<Value> {
        let pages = self.platform_admin.pages(&self.path, 100).await;
        let mut entries: Vec<_> = pages.iter().flat_map(Response::rows).collect();
        entries.reverse();
        let unseen = entries.split_off(self.seen);
        self.seen += unseen.len();
        unseen
    }

    /// Requires that the act that just succeeded left one entry.
    async fn expect(&mut self, entry_type: &str, who: &str, id: &Value) -> Value {
        let mut entries = self.unseen().await;
        assert_eq!(entries.len(), 1, "{entry_type} by {who}: {entries:?}");
        let entry = entries.remove(0);
        assert_eq!((&entry["type"], &entry["who"]), (&json!(entry_type), &json!({ "type": who, "id": id })));
        entry
    }

    async fn expect_none(&mut self, case: &str) {
        assert_eq!(self.unseen().await, [json!(null); 0], "{case}");
    }
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

pub(crate) async fn delegate_of(client: &Client, account: &str) -> Client {
    let body = json!({ "customer_id": account, "reason": "ticket 4711: cannot log in" });
    let delegated = client.platform_admin().await.post("/auth/delegate", body).await.ok();
    client.with_token(delegated["token"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_on_credentials_and_status_leave_one_entry_each() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok()["id"].clone();
    let operator = client.platform_admin().await.get("/v1.0/me").await.ok()["id"].clone();
    let mut log = AuditLog { seen: 0, ..AuditLog::of(&client, &account).await };
    let [created, verified] = <[Value; 2]>::try_from(log.unseen().await).unwrap();
    assert_eq!((&created["type"], &created["who"]["id"]), (&json!("customer_created"), &operator));
    assert_eq!(
        (&verified["type"], &verified["who"]),
        (&json!("customer_verified"), &json!({ "type": "agent", "id": me }))
    );
    let detail = &verified["detail"];
    assert_eq!(
        (&detail["from"], &detail["to"], &detail["by_link"]),
        (&json!("initial"), &json!("active"), &json!(true))
    );
    assert_eq!(detail["accesskeys"].as_array().unwrap().len(), 1);

    let key = ann.post("/v1.0/accesskeys", json!({ "name": "secret name" })).await.ok();
    log.expect("accesskey_created", "agent", &me).await;
    let (with_key, key_path) =
        (client.with_token(key["token"].as_str().unwrap()), format!("/v1.0/accesskeys/{}", id(&key)));
    with_key.put(&key_path, json!({ "name": "other name" })).await.ok();
    let updated = log.expect("accesskey_updated", "accesskey", &key["id"]).await;
    assert_eq!(updated["detail"]["changed"], json!(["name"]));
    assert_eq!(updated["resource"], json!({ "type": "accesskey", "id": key["id"] }));
    let made = with_key.post("/v1.0/accesskeys", json!({})).await.ok();
    log.expect("accesskey_created", "accesskey", &key["id"]).await;
    ann.delete(&key_path).await.ok();
    let deleted = log.expect("accesskey_deleted", "agent", &me).await;
    assert_eq!(deleted["detail"]["accesskeys"], json!([made["id"]]), "the key that it made went with it");

    let bob = json!({ "username": "bob", "password": PASSWORD, "permission": 0x40 });
    let bob = ann.post("/v1.0/agents", bob).await.ok();
    let bob_path = format!("/v1.0/agents/{}", id(&bob));
    log.expect("agent_created", "agent", &me).await;
    ann.put(&format!("{bob_path}/password"), json!({ "password": "a third battery" })).await.ok();
    assert_eq!(
        log.expect("agent_password_changed", "agent", &me).await["detail"]["changed"],
        json!(["password"])
    );
    let as_bob = client.login("bob", "a third battery").await;
    let own = json!({ "password": PASSWORD, "current_password": "a third battery" });
    as_bob.put(&format!("{bob_path}/password"), own).await.ok();
    log.expect("agent_password_changed", "agent", &bob["id"]).await;
    ann.put(&format!("{bob_path}/permission"), json!({ "permission": 0x10 })).await.ok();
    log.expect("agent_permission_changed", "agent", &me).await;
    client.login("bob", PASSWORD).await.post("/auth/logout", json!({})).await.ok();
    log.expect("agent_signed_out", "agent", &bob["id"]).await;
    ann.delete(&bob_path).await.ok();
    log.expect("agent_deleted", "agent", &me).await;

    ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    log.expect("webhook_secret_created", "agent", &me).await;
    ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    log.expect("webhook_secret_rotated", "agent", &me).await;

    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let token = client.mailed_token("new@example.com").await;
    log.expect_none("a request for another address").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let changed = log.expect("customer_email_changed", "agent", &me).await;
    assert_eq!(changed["detail"]["changed"], json!(["email", "pending_email"]));
    client.post("/auth/password-forgot", json!({ "username": "new@example.com" })).await;
    let token = client.mailed_token("new@example.com").await;
    client.post("/auth/password-reset", json!({ "token": token, "password": PASSWORD })).await.ok();
    assert_eq!(log.expect("agent_password_changed", "agent", &me).await["detail"]["by_link"], json!(true));

    let ann = client.login("ann", PASSWORD).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let frozen = log.expect("customer_frozen", "agent", &me).await;
    assert_eq!((&frozen["detail"]["from"], &frozen["detail"]["to"]), (&json!("active"), &json!("frozen")));
    let ann = client.login("ann", PASSWORD).await;
    ann.delete("/auth/unregister").await.ok();
    log.expect("customer_recovered", "agent", &me).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_of_a_platform_admin_leave_one_entry_each() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let operator = platform_admin.get("/v1.0/me").await.ok()["id"].clone();
    let me = ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let key_path = format!("/v1.0/accesskeys/{}", id(&key));
    let billing = ann.get("/v1.0/billing_account").await.ok();
    let customer = format!("/v1.0/customers/{account}");
    let mut log = AuditLog::of(&client, &account).await;

    platform_admin.put(&customer, json!({ "name": "Ann Inc.", "detail": "a customer" })).await.ok();
    let entry = log.expect("customer_updated", "operator", &operator).await;
    assert_eq!(entry["detail"]["changed"], json!(["name", "detail"]));
    platform_admin.put(&format!("{customer}/plan"), json!({ "plan": "basic" })).await.ok();
    let entry = log.expect("customer_updated", "operator", &operator).await;
    assert_eq!(entry["detail"]["changed"], json!(["plan"]));
    platform_admin.post(&format!("{customer}/balance"), json!({ "balance_credit": 1 })).await.ok();
    log.expect("billing_account_updated", "operator", &operator).await;
    platform_admin.post(&format!("{customer}/freeze"), json!({})).await.ok();
    log.expect("customer_frozen", "operator", &operator).await;
    platform_admin.post(&format!("{customer}/recover"), json!({})).await.ok();
    log.expect("customer_recovered", "operator", &operator).await;

    let delegate = delegate_of(&client, &account).await;
    let entry = log.expect("delegation", "operator", &operator).await;
    assert_eq!(entry["detail"]["reason"], "ticket 4711: cannot log in");
    let tag = delegate.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    log.expect("tag_created", "delegate", &operator).await;
    let tag_path = format!("/v1.0/tags/{}", id(&tag));
    delegate.put(&tag_path, json!({ "name": "regular" })).await.ok();
    let entry = log.expect("tag_updated", "delegate", &operator).await;
    assert_eq!((&entry["detail"]["changed"], &entry["resource"]["id"]), (&json!(["name"]), &tag["id"]));
    for (path, body) in [
        ("", json!({ "name": "Ann" })),
        ("/status", json!({ "status": "busy" })),
        ("/tag_ids", json!({ "tag_ids": [tag["id"]] })),
        ("/addresses", json!({ "addresses": [] })),
    ] {
        let response = delegate.put(&format!("/v1.0/agents/{me}{path}"), body).await;
        response.ok();
        log.expect("agent_updated", "delegate", &operator).await;
    }
    delegate.delete(&tag_path).await.ok();
    log.expect("tag_deleted", "delegate", &operator).await;
    delegate.put("/v1.0/customer", json!({ "detail": "by a delegate" })).await.ok();
    log.expect("customer_updated", "delegate", &operator).await;
    // An account has one billing account today, so setting it changes nothing unless the row names another one.
    let tables = Tables(client.engine().clone());
    let mut row = tables.query("customers", "id", &account).remove(0);
    row["billing_account_id"]["S"] = tag["id"].clone();
    tables.insert("customers", &[row]);
    let body = json!({ "billing_account_id": billing["id"] });
    delegate.put("/v1.0/customer/billing_account_id", body).await.ok();
    log.expect("customer_updated", "delegate", &operator).await;
    delegate.put(&key_path, json!({ "name": "kept" })).await.ok();
    log.expect("accesskey_updated", "delegate", &operator).await;
    delegate.delete(&key_path).await.ok();
    log.expect("accesskey_deleted", "delegate", &operator).await;
    delegate.post("/auth/logout", json!({})).await.ok();
    log.expect("agent_signed_out", "delegate", &operator).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_acts_and_everyday_writes_leave_no_entry() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    let agent = format!("/v1.0/agents/{me}");
    let platform_admin = client.platform_admin().await;
    let recover = format!("/v1.0/customers/{account}/recover");
    let short = json!({ "customer_id": account, "reason": "x" });
    let unknown = "/v1.0/accesskeys/5e4a0680-804e-11ec-8477-2fea5968d85b";
    let mut log = AuditLog::of(&client, &account).await;
    for (case, status, response) in [
        (
            "a taken username",
            409,
            ann.post("/v1.0/agents", json!({ "username": "ANN", "password": PASSWORD })).await,
        ),
        ("the last admin", 409, ann.delete(&agent).await),
        (
            "the last admin's permission",
            409,
            ann.put(&format!("{agent}/permission"), json!({ "permission": 0x10 })).await,
        ),
        (
            "a wrong current password",
            403,
            ann.put(
                &format!("{agent}/password"),
                json!({ "password": PASSWORD, "current_password": "wrong password" }),
            )
            .await,
        ),
        ("an unknown key", 404, ann.delete(unknown).await),
        (
            "a wrong password",
            403,
            ann.post("/auth/unregister", json!({ "password": "wrong password" })).await,
        ),
        ("a dry run", 200, ann.post("/auth/unregister", json!({ "dry_run": true })).await),
        ("a recovery of an active account", 200, ann.delete("/auth/unregister").await),
        ("a recovery by an operator", 200, platform_admin.post(&recover, json!({})).await),
        ("a short reason", 400, platform_admin.post("/auth/delegate", short).await),
        ("one's own name", 200, ann.put(&agent, json!({ "name": "Ann" })).await),
        ("the profile", 200, ann.put("/v1.0/customer", json!({ "name": "Ann" })).await),
        ("a tag", 200, ann.post("/v1.0/tags", json!({ "name": "vip" })).await),
    ] {
        assert_eq!(response.status, status, "{case}: {}", response.text);
        log.expect_none(case).await;
    }
}
