//! One client for each type of caller, over one service.

use std::collections::BTreeMap;

use custodian_domain::Timestamp;
use custodian_domain::kinds::routed;
use custodian_tests::tables::Dump;
use custodian_tests::{Client, PASSWORD, Response, Tables};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const CALLERS: [&str; 16] = [
    "anonymous",
    "an agent",
    "a manager",
    "an admin",
    "the admin of another account",
    "a key",
    "an expired key",
    "a delegate",
    "the platform admin",
    "the admin of a frozen account",
    "a token from before the freeze",
    "the admin of an unverified account",
    "a token of a deleted account",
    "a token of an expired account",
    "a key that may only read",
    "a key for agents only",
];

/// A service with a row in each collection but those of deliveries and exports, one client for each type of caller, and one account
/// that only platform admins change.
pub(crate) struct Fixture {
    client: Client,
    callers: Vec<Client>,
    owner: Client,
    /// The account of most callers.
    account: String,
    /// The account that the paths of platform admins name. It has no caller.
    subject: String,
    /// The id of the row that requests address, by collection.
    rows: BTreeMap<String, String>,
}

fn id(created: &Value) -> String {
    created["id"].as_str().unwrap().to_owned()
}

/// The collection of a path, such as `tags`.
fn collection(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or_default()
}

/// Creates an agent and logs it in.
async fn create_agent(admin: &Client, name: &str, permission: u32) -> (String, Client) {
    let body = json!({ "username": name, "password": PASSWORD, "permission": permission });
    let created = admin.post("/v1.0/agents", body).await.ok();
    (id(&created), admin.login(name, PASSWORD).await)
}

/// Moves the clock to the first half of a day, so that no test runs at midnight: the first use of a key on a day writes a row.
async fn advance_to_the_morning(client: &Client) {
    let account = client.open_account("clock").await;
    let row = client.platform_admin().await.get(&format!("/v1.0/customers/{account}")).await.ok();
    let now = Timestamp::parse(row["tm_create"].as_str().unwrap()).unwrap();
    let of_day = now.since(now.start_of_day()).as_secs();
    if of_day >= 43_200 {
        client.advance(86_400 - of_day).await;
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let client = Client::start().await;
        // Expired credentials come first, because they need a later time. The account that expires logs in late, so that
        // its token is still within its lifetime.
        client.open_account("exp").await;
        let (account, ann) = client.tenant("ann").await;
        let expired_key = ann.post("/v1.0/accesskeys", json!({ "expire": 86_400 })).await.ok();
        client.advance(86_401).await;
        let expired = client.login("exp", PASSWORD).await;
        client.advance(6 * 86_400 + 60).await;
        advance_to_the_morning(&client).await;

        let (_, other) = client.tenant("other").await;
        let (_, before_freeze) = client.tenant("fro").await;
        before_freeze.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
        let (deleted, deleted_token) = client.tenant("del").await;
        client.platform_admin().await.delete(&format!("/v1.0/customers/{deleted}")).await.ok();
        client.open_account("ini").await;

        let ann = client.login("ann", PASSWORD).await;
        let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
        let read_key = ann.post("/v1.0/accesskeys", json!({ "scopes": ["read"] })).await.ok();
        let agents_key = ann.post("/v1.0/accesskeys", json!({ "scopes": ["agents"] })).await.ok();
        let (_, plain) = create_agent(&ann, "plain", 0x10).await;
        let (_, manager) = create_agent(&ann, "max", 0x40).await;
        let platform_admin = client.platform_admin().await;
        let body = json!({ "customer_id": &account, "reason": "checking the account" });
        let delegated = platform_admin.post("/auth/delegate", body).await.ok();
        let (subject, _) = client.tenant("subject").await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let callers = vec![
            client.clone(),
            plain,
            manager,
            ann.clone(),
            other,
            client.with_token(&text(&key["token"])),
            client.with_token(&text(&expired_key["token"])),
            client.with_token(&text(&delegated["token"])),
            platform_admin,
            client.login("fro", PASSWORD).await,
            before_freeze,
            client.login("ini", PASSWORD).await,
            deleted_token,
            expired,
            client.with_token(&text(&read_key["token"])),
            client.with_token(&text(&agents_key["token"])),
        ];
        // The first use of a key on a day writes a row, so each valid key of a caller is used here once.
        for key in [5, 14, 15] {
            callers[key].get("/v1.0/agents").await.ok();
        }
        let (owner, rows) = (ann, BTreeMap::new());
        let mut fixture = Self { client, callers, owner, account, subject, rows };
        for collection in ["accesskeys", "agents"].into_iter().chain(routed().map(|kind| kind.route)) {
            fixture.create_row(collection).await;
        }
        fixture.idle().await;
        fixture
    }

    /// Creates a new row in a collection; the billing account exists already. The next requests address it.
    async fn create_row(&mut self, collection: &str) {
        let last = self.rows.get(collection).cloned().unwrap_or_default();
        let body = match collection {
            "agents" => json!({ "username": format!("target-{last}"), "password": PASSWORD }),
            "numbers" => json!({ "number": "+15551234567" }),
            "extensions" => json!({ "extension": "100", "password": "dial tone" }),
            "contacts" => json!({ "addresses": [{ "type": "tel", "target": "+15551234567" }] }),
            _ => json!({}),
        };
        let created = if collection == "billing_accounts" {
            self.owner.get("/v1.0/billing_account").await.ok()
        } else {
            let response = self.owner.post(&format!("/v1.0/{collection}"), body).await;
            assert!(response.status < 300, "{collection}: {}", response.text);
            response.json()
        };
        self.rows.insert(collection.to_owned(), id(&created));
    }

    /// Waits until all background work is done.
    pub(crate) async fn idle(&self) {
        self.client.idle().await;
    }

    /// Every row of every table except the throttle counters.
    pub(crate) fn dump(&self) -> Dump {
        let mut dump = Tables(self.client.engine().clone()).dump();
        dump.remove("throttle");
        dump
    }

    /// The client of a caller.
    pub(crate) fn caller(&self, caller: usize) -> &Client {
        &self.callers[caller]
    }

    /// The method and the path of a request to a route. The path names the row of its collection.
    pub(crate) fn target(&self, route: &str) -> (Method, String) {
        let (method, path) = route.split_once(' ').unwrap();
        let names_customer = path.contains("/customers/");
        let row_id = match path {
            _ if names_customer => Some(&self.subject),
            // The first endpoint has the id of its account.
            _ if path.contains("/webhook/endpoints/") => Some(&self.account),
            _ => self.rows.get(collection(path)),
        };
        // The fixture creates no delivery and no export, so their paths name a row that does not exist.
        let row_id = row_id.map_or("5e4a0680-804e-11ec-8477-2fea5968d85b", String::as_str);
        let query = if path.ends_with("/lookup") { "?phone=%2B15551234567" } else { "" };
        (
            Method::from_bytes(method.as_bytes()).unwrap(),
            path.replace("{id}", row_id).replace("{path+}", "webhooks") + query,
        )
    }

    /// Sends the request of a route as one caller. The body of a POST or PUT is `{}` for every caller; a handler that needs fields
    /// rejects it. A deleted row is created again for the next caller.
    pub(crate) async fn send_as(&mut self, caller: usize, route: &str) -> Response {
        let ((method, path), client) = (self.target(route), &self.callers[caller]);
        let request = client.request(method.clone(), &path);
        let has_body = method != Method::GET && method != Method::DELETE;
        let response = client.send(if has_body { request.json(&json!({})) } else { request }).await;
        let collection = collection(&path).to_owned();
        if method == Method::DELETE && response.status == 200 && self.rows.contains_key(&collection) {
            self.create_row(&collection).await;
        }
        response
    }
}
