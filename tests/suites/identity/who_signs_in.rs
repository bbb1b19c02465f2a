//! The account that a text signs in to, after every order of the steps that strangers and owners can make with two addresses.
//!
//! A text signs in the owner of the account that has confirmed it as its address. Otherwise it signs in the agent with this
//! username. The table `who_signs_in.txt` shows the result of every order of up to three steps. The test compares every order of
//! up to six steps with a short model.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::rivals::{ADDRESSES, Step, World};

const STEPS: [Step; 7] = [
    Step::StrangerCreatesAgent(0),
    Step::StrangerCreatesAgent(1),
    Step::OwnerConfirms,
    Step::OwnerChangesAddress,
    Step::OwnerDeletesAccount,
    Step::StrangerDeletesAccount,
    Step::RivalConfirms,
];

/// A model of the rules, without tables and transactions.
#[derive(Clone, Default)]
struct Model {
    /// The account that has confirmed each address.
    confirmed_by: BTreeMap<usize, &'static str>,
    /// For each address, whether the stranger has an agent with this username.
    stranger_has_agent: [bool; 2],
    owner_signed_up: bool,
    owner_deleted: bool,
    stranger_deleted: bool,
}

impl Model {
    /// Applies a step and returns whether it succeeds. `None` if the step is impossible now.
    fn apply(&mut self, step: Step) -> Option<bool> {
        let owner_is_open = self.owner_signed_up && !self.owner_deleted;
        match step {
            Step::StrangerCreatesAgent(_) | Step::StrangerDeletesAccount if self.stranger_deleted => None,
            Step::StrangerCreatesAgent(address) => {
                self.stranger_has_agent[address] = !self.confirmed_by.contains_key(&address);
                Some(self.stranger_has_agent[address])
            }
            Step::OwnerConfirms => {
                let is_free = self.confirm(0, "owner");
                self.owner_signed_up = is_free;
                Some(is_free)
            }
            Step::OwnerChangesAddress if owner_is_open && self.confirmed_by.get(&0) == Some(&"owner") => {
                self.confirmed_by.remove(&0);
                Some(self.confirm(1, "owner"))
            }
            Step::OwnerDeletesAccount if owner_is_open => {
                self.confirmed_by.retain(|_, account| *account != "owner");
                self.owner_deleted = true;
                Some(true)
            }
            Step::OwnerChangesAddress | Step::OwnerDeletesAccount => None,
            Step::StrangerDeletesAccount => {
                (self.stranger_deleted, self.stranger_has_agent) = (true, [false; 2]);
                Some(true)
            }
            Step::RivalConfirms => Some(self.confirm(0, "rival")),
        }
    }

    fn confirm(&mut self, address: usize, account: &'static str) -> bool {
        let is_free = !self.confirmed_by.contains_key(&address);
        if is_free {
            self.confirmed_by.insert(address, account);
            self.stranger_has_agent[address] = false;
        }
        is_free
    }

    fn signs_in(&self, address: usize) -> &'static str {
        let stranger = if self.stranger_has_agent[address] { "the stranger's agent" } else { "nobody" };
        match self.confirmed_by.get(&address) {
            Some(&"owner") => "the owner",
            Some(_) => "the rival",
            None => stranger,
        }
    }
}

/// The number of explored orders of steps, and a line of the table for each order of up to three steps.
#[derive(Default)]
struct Explored {
    orders: usize,
    table: String,
}

/// Makes every order of up to `depth` further steps that begins with `step`.
async fn explore(world: World, model: Model, made: Vec<Step>, step: Step, depth: usize) -> Explored {
    let (mut world, mut model, mut explored) = (world, model, Explored::default());
    let Some(expected) = model.apply(step) else { return explored };
    let made: Vec<Step> = made.into_iter().chain([step]).collect();
    assert_eq!(world.make(step).await, expected, "the last step of {made:?}");
    let signs_in = [world.signs_in(ADDRESSES[0]).await, world.signs_in(ADDRESSES[1]).await];
    assert_eq!(signs_in, [0, 1].map(|address| model.signs_in(address)), "after {made:?}");
    explored.orders += 1;
    if made.len() <= 3 {
        let steps: Vec<_> = made.iter().map(|step| step.text()).collect();
        let order = steps.join(", ") + if expected { "" } else { " (refused)" };
        writeln!(explored.table, "{order:<112} | {:<20} | {}", signs_in[0], signs_in[1])
            .expect("a string grows");
    }
    for next in STEPS.into_iter().filter(|next| depth > 1 && !made.contains(next)) {
        let further = Box::pin(explore(world.fork(), model.clone(), made.clone(), next, depth - 1)).await;
        explored.orders += further.orders;
        explored.table += &further.table;
    }
    explored
}

fn golden() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/identity/who_signs_in.txt")
}

/// Explores every order of up to `depth` steps. Returns the number of orders, and the table.
async fn table(depth: usize) -> (usize, String) {
    let world = World::new().await;
    let tasks =
        STEPS.map(|step| tokio::spawn(explore(world.fork(), Model::default(), Vec::new(), step, depth)));
    let (mut orders, mut table) = (0, String::new());
    writeln!(table, "{:<112} | {:<20} | new@ signs in", "after", "boss@ signs in").expect("a string grows");
    for task in tasks {
        let explored = task.await.expect("every order agrees with the model");
        orders += explored.orders;
        table += &explored.table;
    }
    (orders, table)
}

/// Every order of up to six steps agrees with the model, and the orders of up to three with the table.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_signs_in_the_account_that_confirmed_it_and_otherwise_the_agent_with_that_username() {
    let (orders, table) = table(6).await;
    assert!(orders > 900, "{orders} orders");
    let golden = std::fs::read_to_string(golden()).expect("the table is in the repository");
    assert!(golden == table, "who_signs_in.txt is outdated; run the ignored test write_the_table:\n{table}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes the table"]
async fn write_the_table() {
    std::fs::write(golden(), table(3).await.1).expect("the table is written");
}
