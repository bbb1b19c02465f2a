//! Who a text signs in, after every order of what strangers and owners can do with two addresses.
//!
//! A text names the owner of the account that has confirmed it as its address. Otherwise it names the agent with this
//! username. The table `who_signs_in.txt` has every order of up to three steps, for people to read. The test compares every
//! order of up to six steps with a model of a few lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::rivals::{ADDRESSES, Step, World};

const STEPS: [Step; 7] = [
    Step::StrangerNames(0),
    Step::StrangerNames(1),
    Step::OwnerProves,
    Step::OwnerMoves,
    Step::OwnerEnds,
    Step::StrangerEnds,
    Step::RivalProves,
];

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

/// What a number of orders of steps came to: how many they are, and a line for each of up to three steps.
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
        writeln!(explored.table, "{order:<98} | {:<20} | {}", signs_in[0], signs_in[1])
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

/// Explores the first steps concurrently.
async fn table(depth: usize) -> (usize, String) {
    let world = World::new().await;
    let tasks =
        STEPS.map(|step| tokio::spawn(explore(world.fork(), Model::default(), Vec::new(), step, depth)));
    let (mut orders, mut table) = (0, String::new());
    writeln!(table, "{:<98} | {:<20} | new@ signs in", "after", "boss@ signs in").expect("a string grows");
    for task in tasks {
        let explored = task.await.expect("every order agrees with the model");
        orders += explored.orders;
        table += &explored.table;
    }
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
