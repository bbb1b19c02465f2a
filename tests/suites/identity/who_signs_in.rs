//! Who a text signs in, after every order of what strangers and owners can do with two addresses.
//!
//! A text names the owner of the account that has confirmed it as its address. Otherwise it names the agent with this
//! username. The table `who_signs_in.txt` has every order of up to three steps, for people to read. The test compares every
//! order of up to six steps with a model of a few lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use custodian_app::confirm_email::{require_available, send_email_change};
use custodian_app::named_agents::named_agents;
use custodian_app::ports::{AgentCreateOutcome, ChangeCustomers, CreateAgents, CustomerChange};
use custodian_app::sign_up::sign_up;
use custodian_app::verify::{send_verification, verify};
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{
    Agent, AgentId, Cause, CustomerId, Permission, Profile, RequestedBy, Secret, State, Status,
};
use custodian_tests::TestApp;
use serde_json::json;

const ADDRESSES: [&str; 2] = ["boss@victim.example", "new@victim.example"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A stranger creates an agent of an own account with this address as its username.
    StrangerNames(usize),
    /// The owner signs up with the first address and follows the link.
    OwnerProves,
    /// The owner changes the account's address to the second one and follows the link.
    OwnerMoves,
    OwnerEnds,
    StrangerEnds,
    /// A third account changes its address to the first one and follows the link.
    RivalProves,
}

const STEPS: [Step; 7] = [
    Step::StrangerNames(0),
    Step::StrangerNames(1),
    Step::OwnerProves,
    Step::OwnerMoves,
    Step::OwnerEnds,
    Step::StrangerEnds,
    Step::RivalProves,
];

impl Step {
    const fn text(self) -> &'static str {
        match self {
            Self::StrangerNames(0) => "a stranger names an agent boss@",
            Self::StrangerNames(_) => "a stranger names an agent new@",
            Self::OwnerProves => "the owner proves boss@",
            Self::OwnerMoves => "the owner moves to new@",
            Self::OwnerEnds => "the owner's account ends",
            Self::StrangerEnds => "the stranger's account ends",
            Self::RivalProves => "a rival proves boss@",
        }
    }
}

/// What the rules say, without tables and transactions.
#[derive(Clone, Default)]
struct Model {
    /// Who has confirmed an address.
    proven: BTreeMap<usize, &'static str>,
    /// Whether the stranger has an agent with this address as its username.
    named: [bool; 2],
    owner_opened: bool,
    owner_ended: bool,
    stranger_ended: bool,
}

impl Model {
    /// Applies a step. `None` if nobody can make the step now, otherwise whether it succeeds.
    fn apply(&mut self, step: Step) -> Option<bool> {
        let owner_is_open = self.owner_opened && !self.owner_ended;
        match step {
            Step::StrangerNames(_) | Step::StrangerEnds if self.stranger_ended => None,
            Step::StrangerNames(address) => {
                self.named[address] = !self.proven.contains_key(&address);
                Some(self.named[address])
            }
            Step::OwnerProves => {
                let is_free = self.prove(0, "owner");
                self.owner_opened = is_free;
                Some(is_free)
            }
            Step::OwnerMoves if owner_is_open && self.proven.get(&0) == Some(&"owner") => {
                self.proven.remove(&0);
                Some(self.prove(1, "owner"))
            }
            Step::OwnerEnds if owner_is_open => {
                self.proven.retain(|_, account| *account != "owner");
                self.owner_ended = true;
                Some(true)
            }
            Step::OwnerMoves | Step::OwnerEnds => None,
            Step::StrangerEnds => {
                (self.stranger_ended, self.named) = (true, [false; 2]);
                Some(true)
            }
            Step::RivalProves => Some(self.prove(0, "rival")),
        }
    }

    fn prove(&mut self, address: usize, account: &'static str) -> bool {
        let is_free = !self.proven.contains_key(&address);
        if is_free {
            self.proven.insert(address, account);
            self.named[address] = false;
        }
        is_free
    }

    fn signs_in(&self, address: usize) -> &'static str {
        let stranger = if self.named[address] { "the stranger's agent" } else { "nobody" };
        match self.proven.get(&address) {
            Some(&"owner") => "the owner",
            Some(_) => "the rival",
            None => stranger,
        }
    }
}

/// The accounts of one order of steps.
#[derive(Clone)]
struct World {
    app: TestApp,
    stranger: CustomerId,
    rival: CustomerId,
    owner: Option<CustomerId>,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::default();
        let (stranger, rival) = (app.active_account("stranger").await, app.active_account("rival").await);
        Self { app, stranger, rival, owner: None }
    }

    fn fork(&self) -> Self {
        Self { app: self.app.fork(), ..self.clone() }
    }

    /// Makes a step. Returns whether it succeeded.
    async fn make(&mut self, step: Step) -> bool {
        match step {
            Step::StrangerNames(address) => self.name(ADDRESSES[address]).await,
            Step::OwnerProves => self.sign_up().await,
            Step::OwnerMoves => self.change_address(self.owner.expect("an owner"), ADDRESSES[1]).await,
            Step::OwnerEnds => self.end(self.owner.expect("an owner")).await,
            Step::StrangerEnds => self.end(self.stranger).await,
            Step::RivalProves => self.change_address(self.rival, ADDRESSES[0]).await,
        }
    }

    fn cause(&self) -> Cause {
        Cause { id: uuid::Uuid::from_bytes(self.app.cx.providers.random()), ..self.app.cause() }
    }

    async fn name(&self, username: &str) -> bool {
        self.app.clock.advance(std::time::Duration::from_secs(1));
        let now = self.app.cx.now();
        let id = AgentId(self.app.cx.providers.id_seed(now).uuid());
        let agent =
            Agent { permission: Permission::AGENT, ..Agent::first_admin(self.stranger, id, username, now) };
        match self.app.cx.store.create_agent(&agent).await.expect("the store answers") {
            AgentCreateOutcome::Done => true,
            AgentCreateOutcome::UsernameTaken => false,
            other => panic!("{other:?}"),
        }
    }

    async fn sign_up(&mut self) -> bool {
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
        self.follow_link().await
    }

    async fn change_address(&self, account: CustomerId, address: &str) -> bool {
        self.app.clock.advance(std::time::Duration::from_secs(1));
        let (cx, before) = (&self.app.cx, self.app.customer(account).await);
        if require_available(cx, &before, Some(address)).await.is_err() {
            return false;
        }
        let body = json!({ "email": address });
        let patch = ProfilePatch::read(
            body.as_object().expect("an object"),
            &custodian_domain::Profile::default(),
            custodian_domain::destination::AllowedAddresses::Public,
        )
        .expect("the address is valid");
        let after = before.with_profile_patch(&patch, RequestedBy::PlatformAdmin, cx.now());
        cx.store.commit(CustomerChange::new(&before, &after)).await.expect("the request is stored");
        send_email_change(cx, account, self.cause()).await.expect("the link is mailed");
        self.follow_link().await
    }

    async fn follow_link(&self) -> bool {
        let token = {
            let state = self.app.cx.services.state();
            let mail = state.mails.last().expect("a mail");
            mail.text.split_once("token=").map(|(_, token)| Secret::new(&token[..64])).expect("a link")
        };
        verify(&self.app.cx, &token).await.is_ok()
    }

    async fn end(&self, account: CustomerId) -> bool {
        self.app.change(account, Command::Delete).await.state != State::Active
    }

    async fn signs_in(&self, text: &str) -> &'static str {
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

/// Makes every order of up to `depth` further steps and adds a line for each of up to three.
async fn explore(world: &World, model: &Model, made: &[Step], depth: usize, table: &mut String) -> usize {
    let mut orders = 0;
    for step in STEPS.into_iter().filter(|step| !made.contains(step)) {
        let (mut world, mut model) = (world.fork(), model.clone());
        let Some(expected) = model.apply(step) else { continue };
        let made: Vec<Step> = made.iter().copied().chain([step]).collect();
        assert_eq!(world.make(step).await, expected, "the last step of {made:?}");
        let signs_in = [world.signs_in(ADDRESSES[0]).await, world.signs_in(ADDRESSES[1]).await];
        assert_eq!(signs_in, [0, 1].map(|address| model.signs_in(address)), "after {made:?}");
        orders += 1;
        if made.len() <= 3 {
            let steps: Vec<_> = made.iter().map(|step| step.text()).collect();
            let refused = if expected { "" } else { " (refused)" };
            let order = steps.join(", ") + refused;
            writeln!(table, "{order:<98} | {:<20} | {}", signs_in[0], signs_in[1]).expect("a string grows");
        }
        if depth > 1 {
            orders += Box::pin(explore(&world, &model, &made, depth - 1, table)).await;
        }
    }
    orders
}

fn golden() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/identity/who_signs_in.txt")
}

async fn table(depth: usize) -> (usize, String) {
    let mut table = String::new();
    writeln!(table, "{:<98} | {:<20} | new@ signs in", "after", "boss@ signs in").expect("a string grows");
    let orders = explore(&World::new().await, &Model::default(), &[], depth, &mut table).await;
    (orders, table)
}

/// Every order of up to six steps agrees with the model, and the orders of up to three with the table.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_signs_in_its_prover_and_otherwise_the_agent_with_that_username() {
    let (orders, table) = table(6).await;
    assert!(orders > 900, "{orders} orders");
    let golden = std::fs::read_to_string(golden()).expect("the table is in the repository");
    assert!(golden == table, "who_signs_in.txt is out of date; regenerate it:\n{table}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes the table"]
async fn write_the_table() {
    std::fs::write(golden(), table(3).await.1).expect("the table is written");
}
