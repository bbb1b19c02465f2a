//! The kinds of callers, on a stage that they all stand on.

use std::collections::BTreeMap;

use custodian_domain::kinds::routed;
use custodian_tests::tables::Dump;
use custodian_tests::{Answer, Client, PASSWORD, Tables};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const CALLERS: [&str; 14] = [
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
    "a token of an expired account",
];

/// An account with one row of everything, a caller of each kind, and an account that only operators work on.
pub(crate) struct Stage {
    client: Client,
    callers: Vec<Client>,
    owner: Client,
    customer: String,
    /// The row of each collection that requests name.
    rows: BTreeMap<String, String>,
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
        // What has ended comes first, since the clock has to move for it. A token of the account that expires is made
        // late enough to outlive it.
        client.open_account("exp").await;
        let (customer, ann) = client.tenant("ann").await;
        let ended = ann.post("/v1.0/accesskeys", json!({ "expire": 86_400 })).await.ok();
        client.advance(86_401).await;
        let expired = client.login("exp", PASSWORD).await;
        client.advance(6 * 86_400 + 60).await;

        let (_, other) = client.tenant("other").await;
        let (_, before_freeze) = client.tenant("fro").await;
        before_freeze.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
        let (deleted, deleted_token) = client.tenant("del").await;
        client.operator().await.delete(&format!("/v1.0/customers/{deleted}")).await.ok();
        client.open_account("ini").await;

        let ann = client.login("ann", PASSWORD).await;
        let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
        let (_, plain) = agent(&ann, "plain", 0x10).await;
        let (_, manager) = agent(&ann, "max", 0x40).await;
        let operator = client.operator().await;
        let body = json!({ "customer_id": customer, "reason": "to see what it sees" });
        let delegated = operator.post("/auth/delegate", body).await.ok();
        let (subject, _) = client.tenant("subject").await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let callers = vec![
            client.clone(),
            plain,
            manager,
            ann.clone(),
            other,
            client.with_token(&text(&key["token"])),
            client.with_token(&text(&ended["token"])),
            client.with_token(&text(&delegated["token"])),
            operator,
            client.login("fro", PASSWORD).await,
            before_freeze,
            client.login("ini", PASSWORD).await,
            deleted_token,
            expired,
        ];
        // The day on which a key was used is noted once.
        callers[5].get("/v1.0/me").await.ok();
        let mut stage = Self { client, callers, owner: ann, customer: subject, rows: BTreeMap::new() };
        for collection in ["accesskeys", "agents"].into_iter().chain(routed().map(|kind| kind.route)) {
            stage.put_back(collection).await;
        }
        stage.idle().await;
        stage
    }

    /// Makes another row of a collection, to be named by the next requests.
    async fn put_back(&mut self, collection: &str) {
        let last = self.rows.get(collection).cloned().unwrap_or_default();
        let body = match collection {
            "agents" => json!({ "username": format!("target-{last}"), "password": PASSWORD }),
            "numbers" => json!({ "number": "+15551234567" }),
            "extensions" => json!({ "extension": "100" }),
            _ => json!({}),
        };
        let made = if collection == "billing_accounts" {
            self.owner.get("/v1.0/billing_account").await.ok()
        } else {
            let answer = self.owner.post(&format!("/v1.0/{collection}"), body).await;
            assert!(answer.status < 300, "{collection}: {}", answer.text);
            answer.json()
        };
        self.rows.insert(collection.to_owned(), id(&made));
    }

    /// Waits until nothing is left to do behind the requests.
    pub(crate) async fn idle(&self) {
        self.client.idle().await;
    }

    /// Every row of every table but the counts of attempts.
    pub(crate) fn dump(&self) -> Dump {
        let mut dump = Tables(self.client.engine().clone()).dump();
        dump.remove("throttle");
        dump
    }

    /// The same request by each caller: valid where that harms nothing, else one that the handler itself refuses. What it
    /// has removed is put back for the next one.
    pub(crate) async fn ask(&mut self, caller: usize, route: &str) -> Answer {
        let (method, path) = route.split_once(' ').unwrap();
        let collection = path.split('/').nth(2).unwrap_or_default().to_owned();
        let of_account = path.contains("/customers/");
        let named = if of_account { Some(&self.customer) } else { self.rows.get(&collection) };
        // There has been no delivery.
        let nowhere = "5e4a0680-804e-11ec-8477-2fea5968d85b".to_owned();
        let named = named.cloned().unwrap_or(nowhere);
        let client = &self.callers[caller];
        let request =
            client.request(Method::from_bytes(method.as_bytes()).unwrap(), &path.replace("{id}", &named));
        let request = if method == "GET" || method == "DELETE" { request } else { request.json(&json!({})) };
        let answer = client.send(request).await;
        if method == "DELETE" && answer.status == 200 && self.rows.contains_key(&collection) {
            self.put_back(&collection).await;
        }
        answer
    }
}
