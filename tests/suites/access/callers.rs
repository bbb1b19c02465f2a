//! The kinds of callers, on a stage that they all stand on.

use custodian_tests::{Answer, Client, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const CALLERS: [&str; 13] = [
    "nobody",
    "an agent",
    "a manager",
    "an admin",
    "the admin of another account",
    "a key",
    "a key that has ended",
    "a delegate",
    "the platform admin",
    "the admin of a frozen account",
    "a token from before the freeze",
    "the admin of an account not verified",
    "a token of a deleted account",
];

/// An account with one row of everything, and a caller of each kind.
pub(crate) struct Stage {
    callers: Vec<Client>,
    customer: String,
    tag: String,
    key: String,
    agent: String,
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

/// Makes an agent and logs it in.
async fn agent(admin: &Client, name: &str, permission: u32) -> (String, Client) {
    let body = json!({ "username": name, "password": PASSWORD, "permission": permission });
    let made = admin.post("/v1.0/agents", body).await.ok();
    (id(&made), admin.login(name, PASSWORD).await)
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let client = Client::start().await;
        // The ended key first, since the clock has to move for it.
        let (customer, ann) = client.tenant("ann").await;
        let ended = ann.post("/v1.0/accesskeys", json!({ "expire": 86_400 })).await.ok();
        client.advance(86_401).await;
        let (_, other) = client.tenant("other").await;
        let (_, before_freeze) = client.tenant("fro").await;
        before_freeze.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
        let (deleted, deleted_token) = client.tenant("del").await;
        client.operator().await.delete(&format!("/v1.0/customers/{deleted}")).await.ok();
        client.open_account("ini").await;

        let ann = client.login("ann", PASSWORD).await;
        let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
        let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
        let (_, plain) = agent(&ann, "plain", 0x10).await;
        let (_, manager) = agent(&ann, "max", 0x40).await;
        let (target, _) = agent(&ann, "target", 0x10).await;
        let operator = client.operator().await;
        let body = json!({ "customer_id": customer, "reason": "to see what it sees" });
        let delegated = operator.post("/auth/delegate", body).await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let callers = vec![
            client.clone(),
            plain,
            manager,
            ann,
            other,
            client.with_token(&text(&key["token"])),
            client.with_token(&text(&ended["token"])),
            client.with_token(&text(&delegated["token"])),
            operator,
            client.login("fro", PASSWORD).await,
            before_freeze,
            client.login("ini", PASSWORD).await,
            deleted_token,
        ];
        Self { callers, customer, tag: id(&tag), key: id(&key), agent: target }
    }

    /// After what others would meet, a fresh stage; after everything else this one goes on.
    pub(crate) async fn after(self, route: &str) -> Self {
        let removes = route.starts_with("DELETE") || route.ends_with("/freeze") || route.ends_with("/logout");
        if removes { Self::set().await } else { self }
    }

    /// The same request by each caller: valid where that harms nothing, else one that the handler itself refuses.
    pub(crate) async fn ask(&self, caller: usize, route: &str) -> Answer {
        let (method, path) = route.split_once(' ').unwrap();
        let named = match path {
            path if path.contains("/customers/") => &self.customer,
            path if path.contains("/accesskeys/") => &self.key,
            path if path.contains("/agents/") => &self.agent,
            _ => &self.tag,
        };
        let client = &self.callers[caller];
        let request =
            client.request(Method::from_bytes(method.as_bytes()).unwrap(), &path.replace("{id}", named));
        let request = if method == "GET" || method == "DELETE" { request } else { request.json(&json!({})) };
        client.send(request).await
    }
}
