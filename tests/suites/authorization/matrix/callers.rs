//! One client for each kind of caller, over one service, with what the model needs to know about it.

use std::collections::BTreeMap;

use custodian_tests::tables::Dump;
use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::{Value, json};

use super::model::{Account, Credential, Principal};
use super::rows::{Rows, text};

pub(super) struct Caller {
    pub(super) name: String,
    pub(super) client: Client,
    pub(super) credential: Credential,
    /// The caller's account. [`Fixture`] has its rows, unless it is not verified.
    pub(super) account: Option<Account>,
    /// The id of the calling agent, if the credential is valid and the account active.
    pub(super) agent: Option<String>,
}

/// A service with rows of several accounts, and the callers.
pub(super) struct Fixture {
    client: Client,
    pub(super) callers: Vec<Caller>,
    pub(super) rows: BTreeMap<Account, Rows>,
    /// The rows of an account to which no caller belongs.
    pub(super) foreign: Rows,
}

async fn agent(admin: &Client, username: &str, permission: u32) -> (String, Client) {
    let body = json!({ "username": username, "password": PASSWORD, "permission": permission });
    let created = admin.post("/v1.0/agents", body).await.ok();
    (text(&created["id"]), admin.login(username, PASSWORD).await)
}

/// Creates a key. Its first use of the day writes a row, so it is used at once.
async fn key(maker: &Client, body: Value) -> (String, Client) {
    let created = maker.post("/v1.0/accesskeys", body).await.ok();
    let client = maker.with_token(&text(&created["token"]));
    client.get("/v1.0/numbers").await;
    (text(&created["id"]), client)
}

async fn delegate(operator: &Client, customer: &str) -> Client {
    let body = json!({ "customer_id": customer, "reason": "checking the account" });
    let delegated = operator.post("/auth/delegate", body).await.ok();
    operator.with_token(&text(&delegated["token"]))
}

async fn set_permission(admin: &Client, agent: &str, permission: u32) {
    admin.put(&format!("/v1.0/agents/{agent}/permission"), json!({ "permission": permission })).await.ok();
}

impl Fixture {
    pub(super) async fn new() -> Self {
        let client = Client::start().await;
        // Credentials that expire come first. The account that expires signs in late, so that its token is still within its
        // lifetime.
        client.open_account("exp").await;
        let (main, ann) = client.tenant("ann").await;
        let (_, expired_key) = key(&ann, json!({ "expire": 86_400 })).await;
        client.advance(86_401).await;
        let expired = client.login("exp", PASSWORD).await;
        client.advance(6 * 86_400 + 60).await;
        let late_delegate = delegate(&client.platform_admin().await, &main).await;
        client.advance(8 * 3600 + 1).await;

        let (owner, platform) = (client.login("ann", PASSWORD).await, client.platform_admin().await);
        platform.put(&format!("/v1.0/customers/{main}/plan"), json!({ "plan": "unlimited" })).await.ok();
        let (other, other_owner) = client.tenant("other").await;
        let platform_id = text(&platform.get("/v1.0/customer").await.ok()["id"]);
        let rows = BTreeMap::from([
            (Account::Main, Rows::create(&owner, &main, 0).await),
            (Account::Platform, Rows::create(&platform, &platform_id, 1).await),
        ]);
        let foreign = Rows::create(&other_owner, &other, 2).await;
        let mut fixture = Self { client: client.clone(), callers: Vec::new(), rows, foreign };
        fixture.dead("a token of an expired account", None, expired, false);
        fixture.dead("an expired key", Some(Account::Main), expired_key, true);
        fixture.dead("a delegate after eight hours", Some(Account::Main), late_delegate, false);
        fixture.add("anonymous", None, client.clone(), Credential::None);
        fixture.dead("a malformed token", None, client.with_token("not.a.token"), false);
        fixture.dead("a malformed key", None, client.with_token("vb_not-a-key"), true);
        fixture.add_agents(&owner, &platform).await;
        fixture.add_keys(&owner, &platform).await;
        fixture.add_delegates(&platform, &main).await;
        fixture.add_frozen(&platform).await;
        fixture.add_others(&platform).await;
        fixture.idle().await;
        fixture
    }

    fn add(&mut self, name: &str, account: Option<Account>, client: Client, credential: Credential) {
        self.callers.push(Caller { name: name.to_owned(), client, credential, account, agent: None });
    }

    fn dead(&mut self, name: &str, account: Option<Account>, client: Client, is_key: bool) {
        let credential = if is_key { Credential::DeadKey } else { Credential::DeadToken };
        self.add(name, account, client, credential);
    }

    fn live(&mut self, name: &str, account: Account, client: Client, principal: Principal) {
        self.add(name, Some(account), client, Credential::Live(account, principal));
    }

    fn agent(&mut self, name: &str, account: Account, (id, client): (String, Client), bits: u32) {
        self.live(name, account, client, Principal::Agent(bits));
        self.callers.last_mut().unwrap().agent = Some(id);
    }

    async fn add_agents(&mut self, owner: &Client, platform: &Client) {
        let of_platform = [0x01, 0x11, 0x20, 0x21, 0x41].map(|bits| (Account::Platform, platform, bits));
        let of_account = (0..8).map(|bits| (Account::Main, owner, bits << 4));
        for (account, admin, bits) in of_account.chain(of_platform) {
            let name = format!("{account:?}-{bits:#04x}").to_lowercase();
            let created = agent(admin, &name, bits).await;
            self.agent(&format!("an agent {bits:#04x} ({account:?})"), account, created, bits);
        }
        let (_, signed_out) = agent(owner, "signed-out", 0x20).await;
        signed_out.post("/auth/logout", json!({})).await.ok();
        self.dead("a token after the sign-out", Some(Account::Main), signed_out, false);
    }

    async fn add_keys(&mut self, owner: &Client, platform: &Client) {
        let (_, full) = key(owner, json!({})).await;
        self.live("a key", Account::Main, full.clone(), Principal::Key(&[]));
        const SCOPES: [(&str, &[&str]); 4] = [
            ("a key to read", &["read"]),
            ("a key for numbers", &["numbers"]),
            ("a key to read numbers", &["numbers:read"]),
            ("a key for agents", &["agents"]),
        ];
        for (name, scopes) in SCOPES {
            let (_, limited) = key(owner, json!({ "scopes": scopes })).await;
            self.live(name, Account::Main, limited, Principal::Key(scopes));
        }
        let (_, of_platform) = key(platform, json!({})).await;
        self.live("a key of the platform's account", Account::Platform, of_platform, Principal::Key(&[]));
        self.agent("an admin made by a key", Account::Main, agent(&full, "by-key", 0x20).await, 0x20);

        let (id, deleted) = key(owner, json!({})).await;
        let (_, dependent) = agent(&deleted, "by-deleted-key", 0x20).await;
        owner.delete(&format!("/v1.0/accesskeys/{id}")).await.ok();
        self.dead("a deleted key", Some(Account::Main), deleted, true);
        self.dead("an admin made by a deleted key", Some(Account::Main), dependent, false);

        let (demoted_id, demoted) = agent(owner, "demoted", 0x20).await;
        let (_, of_demoted) = key(&demoted, json!({})).await;
        set_permission(owner, &demoted_id, 0x10).await;
        self.dead("a token from before a demotion", Some(Account::Main), demoted, false);
        self.dead("a key of a demoted maker", Some(Account::Main), of_demoted, true);
        let (leaving_id, leaving) = agent(owner, "leaving", 0x20).await;
        let (_, of_leaving) = key(&leaving, json!({})).await;
        owner.delete(&format!("/v1.0/agents/{leaving_id}")).await.ok();
        self.dead("a token of a deleted agent", Some(Account::Main), leaving, false);
        self.dead("a key of a deleted maker", Some(Account::Main), of_leaving, true);
    }

    async fn add_delegates(&mut self, platform: &Client, main: &str) {
        self.live("a delegate", Account::Main, delegate(platform, main).await, Principal::Delegate);
        let (id, operator) = agent(platform, "demoted-operator", 0x01).await;
        let of_demoted = delegate(&operator, main).await;
        set_permission(platform, &id, 0x20).await;
        self.dead("a delegate of a demoted operator", Some(Account::Main), of_demoted, false);
    }

    async fn add_frozen(&mut self, platform: &Client) {
        let (id, before) = self.client.tenant("fro").await;
        self.rows.insert(Account::Frozen, Rows::create(&before, &id, 3).await);
        let (_, full) = key(&before, json!({})).await;
        let (_, limited) = key(&before, json!({ "scopes": ["read"] })).await;
        agent(&before, "fro-agent", 0x10).await;
        before.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
        let delegated = delegate(platform, &id).await;
        let signed_in = [("fro", 0x20), ("fro-agent", 0x10)];
        for (username, bits) in signed_in {
            let session = self.client.login(username, PASSWORD).await;
            self.live(
                &format!("{bits:#04x} of a frozen account"),
                Account::Frozen,
                session,
                Principal::Agent(bits),
            );
        }
        self.dead("a token from before the freeze", Some(Account::Frozen), before, false);
        self.live("a key of a frozen account", Account::Frozen, full, Principal::Key(&[]));
        self.live("a key to read of a frozen account", Account::Frozen, limited, Principal::Key(&["read"]));
        self.live("a delegate of a frozen account", Account::Frozen, delegated, Principal::Delegate);
    }

    async fn add_others(&mut self, platform: &Client) {
        let unverified = self.client.open_account("ini").await;
        let session = self.client.login("ini", PASSWORD).await;
        self.live("the admin of an unverified account", Account::Unverified, session, Principal::Agent(0x20));
        let delegated = delegate(platform, &unverified).await;
        self.live("a delegate of an unverified account", Account::Unverified, delegated, Principal::Delegate);
        let (id, deleted) = self.client.tenant("del").await;
        let (_, deleted_key) = key(&deleted, json!({})).await;
        platform.delete(&format!("/v1.0/customers/{id}")).await.ok();
        self.dead("a token of a deleted account", None, deleted, false);
        self.dead("a key of a deleted account", None, deleted_key, true);
    }

    /// Waits until all background work is done.
    pub(super) async fn idle(&self) {
        self.client.idle().await;
    }

    /// Every row of every table except the throttle counters.
    pub(super) fn dump(&self) -> Dump {
        let mut dump = Tables(self.client.engine().clone()).dump();
        dump.remove("throttle");
        dump
    }
}
