//! Callers that are revoked while their request is under way. The request leaves no credential behind.

use std::time::Duration;

use custodian_app::access_keys::{self, delete as delete_key};
use custodian_app::agent_credentials::{set_password, set_permission};
use custodian_app::agents;
use custodian_app::platform::set_up;
use custodian_app::ports::{ReadAgents, ReadCustomers};
use custodian_domain::access_key::{KeyPatch, MadeKeys};
use custodian_domain::agent_fields::NewAgent;
use custodian_domain::ids::PLATFORM;
use custodian_domain::{Agent, CustomerId, Permission, Principal, Reason, Secret};
use custodian_tests::{PASSWORD, TestApp};
use serde_json::{Value, json};

const ADMIN: u32 = 0x20;

/// An account with its owner, and an administrator, an access key and an agent without rights that the owner made.
struct World {
    app: TestApp,
    account: CustomerId,
    owner: Principal,
    admin: Agent,
    key: Principal,
    target: Agent,
}

fn new_agent(username: &str, permission: u32) -> NewAgent {
    let body = json!({ "username": username, "password": PASSWORD, "permission": permission });
    NewAgent::read(body.as_object().expect("an object")).expect("a valid body")
}

impl World {
    async fn new() -> Self {
        let app = TestApp::default();
        let account = app.active_account("ann").await;
        let rows = app.cx.store.agents(account, None, 10).await.expect("the agents").rows;
        let owner =
            Principal::agent(rows.into_iter().find(|agent| agent.username == "ann").expect("the owner"));
        let admin =
            agents::create(&app.cx, account, &owner, new_agent("bob", ADMIN)).await.expect("an admin");
        let target = agents::create(&app.cx, account, &owner, new_agent("cy", 0x10)).await.expect("an agent");
        let key =
            access_keys::create(&app.cx, account, &owner, KeyPatch::default()).await.expect("a key").key;
        Self { app, account, owner, admin, key: Principal::Key(key), target }
    }

    /// Every request that makes a credential is refused to this caller, and changes no agent and no key.
    async fn assert_makes_no_credential(&self, caller: &Principal) {
        let (cx, before) = (&self.app.cx, self.credentials().await);
        let created = agents::create(cx, self.account, caller, new_agent("dee", ADMIN)).await;
        let password = Secret::new("a password set later");
        let set = set_password(cx, caller, self.target.clone(), password, None, "192.0.2.1").await;
        let granted = Permission::from_bits(ADMIN).expect("a permission");
        let promoted = set_permission(cx, caller, self.target.clone(), granted, MadeKeys::Revoke).await;
        let key = access_keys::create(cx, self.account, caller, KeyPatch::default()).await;
        let outcomes = [created.map(drop), set.map(drop), promoted.map(drop), key.map(drop)];
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let failure = outcome.expect_err("a revoked caller");
            assert!(failure.is(Reason::InvalidCredentials), "request {number}: {failure}");
        }
        assert_eq!(self.credentials().await, before);
    }

    /// The agents and the rows of the keys.
    async fn credentials(&self) -> (Vec<Agent>, Vec<Value>) {
        let agents = self.app.cx.store.agents(self.account, None, 100).await.expect("the agents").rows;
        (agents, self.app.tables.query("accesskeys", "customer_id", &self.account.to_string()))
    }
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_or_demoted_administrator_makes_no_credential_with_a_request_that_is_under_way() {
    for demote in [false, true] {
        let world = World::new().await;
        let caller = Principal::agent(world.admin.clone());
        let (cx, admin) = (&world.app.cx, world.admin.clone());
        if demote {
            let manager = Permission::from_bits(0x40).expect("a permission");
            set_permission(cx, &world.owner, admin, manager, MadeKeys::Revoke).await.expect("a demotion");
        } else {
            agents::delete(cx, &world.owner, admin, MadeKeys::Revoke).await.expect("a deletion");
        }
        world.assert_makes_no_credential(&caller).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_or_expired_key_makes_no_credential_with_a_request_that_is_under_way() {
    for expire in [false, true] {
        let world = World::new().await;
        let Principal::Key(key) = world.key.clone() else { unreachable!("a key") };
        if expire {
            world.app.clock.advance(Duration::from_secs(366 * 86_400));
        } else {
            delete_key(&world.app.cx, key, MadeKeys::Revoke).await.expect("a deletion");
        }
        world.assert_makes_no_credential(&world.key).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_or_demoted_operator_makes_no_credential_as_a_delegate_with_a_request_that_is_under_way() {
    for demote in [false, true] {
        let world = World::new().await;
        let (cx, store) = (&world.app.cx, &world.app.cx.store);
        set_up(cx, "root@localhost".to_owned(), Secret::new(PASSWORD)).await.expect("a set-up platform");
        let rows = store.agents(PLATFORM, None, 10).await.expect("the operators").rows;
        let root = rows.into_iter().find(|agent| !agent.guest).expect("the first operator");
        let other = Principal::agent(root);
        let operator = agents::create(cx, PLATFORM, &other, new_agent("op", 1)).await.expect("an operator");
        let guest_id = store.customer(world.account).await.expect("a read").expect("the account").guest_id;
        let guest = store.agent(world.account, guest_id).await.expect("a read").expect("the guest");
        let caller = Principal::Delegate { guest, operator: (&operator).into() };
        if demote {
            let admin = Permission::from_bits(ADMIN).expect("a permission");
            set_permission(cx, &other, operator, admin, MadeKeys::Revoke).await.expect("a demotion");
        } else {
            agents::delete(cx, &other, operator, MadeKeys::Revoke).await.expect("a deletion");
        }
        world.assert_makes_no_credential(&caller).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_deletion_or_demotion_of_the_last_administrator_revokes_no_key() {
    let world = World::new().await;
    let (cx, owner) = (&world.app.cx, world.owner.clone());
    agents::delete(cx, &owner, world.admin.clone(), MadeKeys::Revoke).await.expect("a deletion");
    for _ in 0..48 {
        access_keys::create(cx, world.account, &owner, KeyPatch::default()).await.expect("a key");
    }
    let Principal::Agent { agent, .. } = owner.clone() else { unreachable!("an agent") };
    let keys = || world.app.tables.query("accesskeys", "customer_id", &world.account.to_string()).len();
    assert_eq!(keys(), 49);
    let deleted = agents::delete(cx, &owner, agent.clone(), MadeKeys::Revoke).await;
    let manager = Permission::from_bits(0x40).expect("a permission");
    let demoted = set_permission(cx, &owner, agent, manager, MadeKeys::Revoke).await;
    for failure in
        [deleted.expect_err("the last administrator"), demoted.expect_err("the last administrator")]
    {
        assert!(failure.is(Reason::LastAdmin), "{failure}");
    }
    assert_eq!(keys(), 49);
}
