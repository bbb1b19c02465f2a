//! Ending an agent or a key revokes the keys that it made. Interrupted at any call and repeated, it leaves none of them.

use custodian_app::ports::{AccessKeys, ReadAgents};
use custodian_app::{Failure, access_keys, agent_credentials, agents};
use custodian_domain::access_key::{KeyPatch, MadeKeys};
use custodian_domain::{Agent, AgentId, CustomerId, Permission, Principal, Reason};
use custodian_tests::{Interruption, TestApp};
use uuid::Uuid;

/// What ends the maker of the keys.
#[derive(Clone, Copy, Debug)]
enum End {
    DeleteAgent,
    DemoteAgent,
    DeleteKey,
}

/// An account with an administrator that made keys, directly and through its first key.
struct World {
    app: TestApp,
    account: CustomerId,
    owner: Principal,
    admin: AgentId,
    first_key: Uuid,
}

impl World {
    async fn with_keys(keys: usize) -> Self {
        let app = TestApp::default();
        let account = app.active_account("ann").await;
        let agents = app.cx.store.agents(account, None, 10).await.expect("the agents").rows;
        let owner = agents.into_iter().find(|agent| agent.username == "ann").expect("the owner");
        let owner = Principal::agent(owner);
        let now = app.cx.now();
        let admin = AgentId(app.cx.providers.id_seed(now).uuid());
        let agent = Agent::new(account, admin, "bob", now);
        custodian_app::ports::CreateAgents::create_agent(&app.cx.store, &agent, &owner)
            .await
            .expect("the agent");
        let maker = Principal::agent(agent);
        let made = access_keys::create(&app.cx, account, &maker, KeyPatch::default()).await;
        let first_key = made.expect("the first key").key;
        for number in 1..keys {
            let by_key = Principal::Key(first_key.clone());
            let maker = if number % 2 == 0 { &maker } else { &by_key };
            access_keys::create(&app.cx, account, maker, KeyPatch::default()).await.expect("a key");
        }
        access_keys::create(&app.cx, account, &owner, KeyPatch::default()).await.expect("the owner's key");
        Self { app, account, owner, admin, first_key: first_key.id }
    }

    fn fork(&self) -> Self {
        Self { app: self.app.fork(), owner: self.owner.clone(), ..*self }
    }

    async fn end(&self, end: End) -> Result<(), Failure> {
        let (cx, actor) = (&self.app.cx, &self.owner);
        let agent = async || {
            let agent = cx.store.agent(self.account, self.admin).await?;
            agent.ok_or_else(|| Failure::from(Reason::AgentNotFound))
        };
        match end {
            End::DeleteAgent => agents::delete(cx, actor, agent().await?, MadeKeys::Revoke).await.map(|_| ()),
            End::DemoteAgent => {
                let (agent, permission) = (agent().await?, Permission::MANAGER);
                let set = agent_credentials::set_permission(cx, actor, agent, permission, MadeKeys::Revoke);
                set.await.map(|_| ())
            }
            End::DeleteKey => {
                let key = cx.store.access_key(self.account, self.first_key).await?;
                let key = key.ok_or(Reason::AccessKeyNotFound)?;
                access_keys::delete(cx, key, MadeKeys::Revoke).await.map(|_| ())
            }
        }
    }

    /// The number of keys, and whether the maker is still there.
    async fn state(&self, end: End) -> (usize, bool) {
        let store = &self.app.cx.store;
        let keys = store.access_keys(self.account, None, 100).await.expect("the keys").rows;
        let agent = store.agent(self.account, self.admin).await.expect("the agent");
        let is_there = match end {
            End::DeleteKey => keys.iter().any(|key| key.id == self.first_key),
            _ => agent.is_some_and(|agent| agent.permission.is_admin()),
        };
        (keys.len(), is_there)
    }

    /// Asserts that the stored number of keys is right.
    fn assert_counted(&self, keys: usize, case: &str) {
        let rows = self.app.tables.scan("usage");
        let own = |row: &&serde_json::Value| {
            row["customer_id"]["S"] == self.account.to_string() && row["key"]["S"] == "count#accesskeys"
        };
        let counter = rows.iter().find(own).expect("the counter");
        assert_eq!(counter["n"]["N"], keys.to_string(), "{case}: the count of keys");
    }
}

async fn interrupt_everywhere(keys: usize, ends: &[End]) {
    let prepared = World::with_keys(keys).await;
    for end in ends {
        let uninterrupted = prepared.fork();
        uninterrupted.app.fault_injector.reset();
        uninterrupted.end(*end).await.expect("it ends");
        let (calls, left) = (uninterrupted.app.fault_injector.calls(), uninterrupted.state(*end).await);
        assert!(calls > 3 && !left.1, "{end:?}: {calls} calls");
        for (at, interruption) in (0..calls).flat_map(|at| Interruption::ALL.map(|kind| (at, kind))) {
            let case = format!("{end:?}, {interruption:?} at call {at} of {calls}");
            let world = prepared.fork();
            world.app.fault_injector.interrupt(at, interruption);
            let first = world.end(*end).await;
            world.app.fault_injector.reset();
            let (keys, is_there) = world.state(*end).await;
            world.assert_counted(keys, &case);
            assert!(is_there || keys == left.0, "{case}: a key is left without its maker");
            assert!(first.is_err() || !is_there, "{case}");
            match world.end(*end).await {
                Ok(()) => {}
                Err(failure) => assert!(
                    failure.is(Reason::AgentNotFound) || failure.is(Reason::AccessKeyNotFound),
                    "{case}: {failure}"
                ),
            }
            assert_eq!(world.state(*end).await, left, "{case}");
            world.assert_counted(left.0, &case);
        }
    }
}

/// Invariant I10: every step can be repeated and interrupted.
#[tokio::test(flavor = "multi_thread")]
async fn ending_a_maker_of_keys_can_be_interrupted_and_repeated() {
    interrupt_everywhere(5, &[End::DeleteAgent, End::DemoteAgent, End::DeleteKey]).await;
}

/// Invariant I10: every step can be repeated and interrupted.
#[tokio::test(flavor = "multi_thread")]
async fn ending_a_maker_of_more_keys_than_fit_into_a_transaction_can_be_interrupted_and_repeated() {
    interrupt_everywhere(48, &[End::DemoteAgent]).await;
}
