//! Accounts of owners, strangers and rivals that compete for the same addresses, and the steps that they can make.

use custodian_app::confirm_email::{require_available, send_email_change};
use custodian_app::named_agents::named_agents;
use custodian_app::ports::{AgentCreateOutcome, ChangeCustomers, CreateAgents, CustomerChange, ReadAgents};
use custodian_app::sign_up::sign_up;
use custodian_app::verify::{send_verification, verify};
use custodian_domain::Initiator;
use custodian_domain::destination::DestinationRules;
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{
    Agent, AgentId, Cause, CustomerId, Permission, Principal, Profile, RequestedBy, Secret, State, Status,
};
use custodian_tests::TestApp;
use serde_json::json;

pub(crate) const ADDRESSES: [&str; 2] = ["boss@victim.example", "new@victim.example"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A stranger creates an agent in the stranger's own account, with this address as its username.
    StrangerCreatesAgent(usize),
    /// The owner signs up with the first address and follows the link.
    OwnerConfirms,
    /// The owner changes the account's address to the second one and follows the link.
    OwnerChangesAddress,
    OwnerDeletesAccount,
    StrangerDeletesAccount,
    /// A third account changes its address to the first one and follows the link.
    RivalConfirms,
}

impl Step {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::StrangerCreatesAgent(0) => "a stranger creates the agent boss@",
            Self::StrangerCreatesAgent(_) => "a stranger creates the agent new@",
            Self::OwnerConfirms => "the owner confirms boss@",
            Self::OwnerChangesAddress => "the owner changes to new@",
            Self::OwnerDeletesAccount => "the owner's account is deleted",
            Self::StrangerDeletesAccount => "the stranger's account is deleted",
            Self::RivalConfirms => "a rival confirms boss@",
        }
    }
}

/// The accounts of one order of steps.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) app: TestApp,
    stranger: CustomerId,
    rival: CustomerId,
    pub(crate) owner: Option<CustomerId>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let app = TestApp::default();
        let (stranger, rival) = (app.active_account("stranger").await, app.active_account("rival").await);
        Self { app, stranger, rival, owner: None }
    }

    pub(crate) fn fork(&self) -> Self {
        Self { app: self.app.fork(), ..self.clone() }
    }

    /// Makes a step. Returns whether it succeeded.
    pub(crate) async fn make(&mut self, step: Step) -> bool {
        match step {
            Step::StrangerCreatesAgent(address) => self.create_agent(ADDRESSES[address]).await,
            Step::OwnerConfirms => self.sign_up().await,
            Step::OwnerChangesAddress => {
                self.change_address(self.owner.expect("an owner"), ADDRESSES[1]).await
            }
            Step::OwnerDeletesAccount => self.delete(self.owner.expect("an owner")).await,
            Step::StrangerDeletesAccount => self.delete(self.stranger).await,
            Step::RivalConfirms => self.change_address(self.rival, ADDRESSES[0]).await,
        }
    }

    fn cause(&self) -> Cause {
        Cause { id: uuid::Uuid::from_bytes(self.app.cx.providers.random()), ..self.app.cause() }
    }

    async fn create_agent(&self, username: &str) -> bool {
        self.app.clock.advance(std::time::Duration::from_secs(1));
        let now = self.app.cx.now();
        let id = AgentId(self.app.cx.providers.id_seed(now).uuid());
        let agent = Agent { permission: Permission::AGENT, ..Agent::new(self.stranger, id, username, now) };
        let agents = self.app.cx.store.agents(self.stranger, None, 10).await.expect("the agents").rows;
        let maker = Principal::agent(agents.into_iter().find(|agent| agent.guest).expect("the guest agent"));
        match self.app.cx.store.create_agent(&agent, &maker).await.expect("the store answers") {
            AgentCreateOutcome::Done => true,
            AgentCreateOutcome::UsernameTaken => false,
            other => panic!("{other:?}"),
        }
    }

    async fn sign_up(&mut self) -> bool {
        self.request_sign_up().await && self.follow_link(&self.app.newest_token()).await
    }

    /// Signs up and mails the link. Returns false if an account has confirmed the address already.
    pub(crate) async fn request_sign_up(&mut self) -> bool {
        self.app.clock.advance(std::time::Duration::from_secs(1));
        let cx = &self.app.cx;
        let profile = Profile { email: ADDRESSES[0].to_owned(), ..Profile::default() };
        sign_up(cx, profile, self.cause()).await.expect("the signup is handled");
        let holder = self.app.email_holder(ADDRESSES[0]).await.expect("the address is held");
        if self.app.customer(holder).await.status() != Status::Initial {
            return false;
        }
        send_verification(cx, holder, self.cause()).await.expect("the link is mailed");
        self.owner = Some(holder);
        true
    }

    async fn change_address(&self, account: CustomerId, address: &str) -> bool {
        self.request_change(account, address).await && self.follow_link(&self.app.newest_token()).await
    }

    /// Requests a change of address and mails the link. Returns false if another account has confirmed the address.
    pub(crate) async fn request_change(&self, account: CustomerId, address: &str) -> bool {
        self.app.clock.advance(std::time::Duration::from_secs(1));
        let (cx, before) = (&self.app.cx, self.app.customer(account).await);
        if require_available(cx, &before, Some(address)).await.is_err() {
            return false;
        }
        let body = json!({ "email": address });
        let (body, allowed) = (body.as_object().expect("an object"), &DestinationRules::default());
        let patch = ProfilePatch::read(body, &before.profile, allowed).expect("the address is valid");
        let requested_by = RequestedBy::Agent { agent_id: before.guest_id, epoch: 1, key_id: None };
        let after = before.with_profile_patch(&patch, requested_by, cx.now());
        cx.store.commit(CustomerChange::new(&before, &after)).await.expect("the request is stored");
        send_email_change(cx, account, self.cause()).await.expect("the link is mailed");
        true
    }

    pub(crate) async fn follow_link(&self, link: &Secret) -> bool {
        verify(&self.app.cx, link).await.is_ok()
    }

    async fn delete(&self, account: CustomerId) -> bool {
        self.app.change(account, Command::Delete(Initiator::Owner)).await.state != State::Active
    }

    pub(crate) async fn signs_in(&self, text: &str) -> &'static str {
        let named = named_agents(&self.app.cx, text).await.expect("the store answers");
        assert!(named.len() < 2, "{text} names two agents");
        match named.first() {
            None => "nobody",
            Some(named) if named.customer.id == self.stranger => "the stranger's agent",
            Some(named) if named.customer.id == self.rival => "the rival",
            Some(_) => "the owner",
        }
    }
}
