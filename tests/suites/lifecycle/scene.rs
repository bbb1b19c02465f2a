//! A flow about to run, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use custodian_app::create::{Opening, create};
use custodian_app::hooks::KeepHooks;
use custodian_app::{Failure, verify};
use custodian_cascade::{Emptying, Ledgers, STEPS, Task};
use custodian_domain::alarm::Job;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Alarm, CustomerId, Reason, Secret, Timestamp};
use custodian_tests::{Bench, PASSWORD};
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Create,
    Mail,
    Verify,
    Freeze,
    Recover,
    Delete,
    Purge,
    Expire,
    Reconcile,
    /// From the stream to the bus.
    Tell,
    /// From the deletion's event to the messages of the workers.
    Start,
    /// The last open step of a cascade, from its message to the sealed ledger.
    Step(&'static str),
}

/// A bench on which a flow is about to run, and what the flow needs to know.
pub(crate) struct Scene {
    pub(crate) bench: Bench,
    flow: Flow,
    id: CustomerId,
    link: String,
}

/// What a flow came to: all rows, the events, the messages that wait, the jobs that its rows lack. New ids and secrets
/// are masked.
pub(crate) struct End {
    pub(crate) rows: Vec<(String, Vec<String>)>,
    pub(crate) events: BTreeSet<String>,
    pub(crate) messages: BTreeSet<String>,
    pub(crate) lacking: Vec<String>,
}

impl Scene {
    pub(crate) async fn of(flow: Flow) -> Self {
        let bench = Bench::default();
        let mut link = String::new();
        let id = match flow {
            Flow::Create => CustomerId(uuid::Uuid::nil()),
            Flow::Mail | Flow::Verify | Flow::Expire => bench.initial("ada").await,
            _ => bench.active("ada").await,
        };
        bench.tell().await.unwrap();
        match flow {
            Flow::Verify => {
                verify::send_verification(&bench.cx, id, bench.cause()).await.unwrap();
                let mail = bench.cx.ends.held().mails[0].text.clone();
                link = mail.split("token=").nth(1).unwrap().chars().take(64).collect();
            }
            Flow::Recover => drop(bench.changed(id, bench.freezing()).await),
            Flow::Purge | Flow::Reconcile => {
                let deadline = bench.changed(id, bench.freezing()).await.due().unwrap();
                bench.clock.set(deadline);
            }
            Flow::Expire => bench.clock.set(bench.customer(id).await.due().unwrap()),
            Flow::Tell | Flow::Start => {
                bench.changed(id, bench.freezing()).await;
                bench.changed(id, Command::Delete).await;
            }
            Flow::Step(table) => last_step(&bench, id, table).await,
            _ => {}
        }
        if flow == Flow::Start {
            bench.tell().await.unwrap();
        }
        bench.fuse.mend();
        Self { bench, flow, id, link }
    }

    /// Runs the flow once. That it was done before is success, in whatever words.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let (bench, id) = (&self.bench, self.id);
        let done = match self.flow {
            Flow::Create => {
                let body = json!({ "username": "ada", "password": PASSWORD, "email": "ada@example.com" });
                let opening = Opening::read(body.as_object().unwrap()).unwrap();
                create(&bench.cx, opening).await.map(|_| ())
            }
            Flow::Mail => verify::send_verification(&bench.cx, id, bench.cause()).await,
            Flow::Verify => verify::verify(&bench.cx, &Secret::new(self.link.as_str())).await.map(|_| ()),
            Flow::Freeze => bench.change(id, bench.freezing()).await.map(|_| ()),
            Flow::Recover => bench.change(id, Command::Recover).await.map(|_| ()),
            Flow::Delete => bench.change(id, Command::Delete).await.map(|_| ()),
            Flow::Purge => bench.fire(Job::Purge { customer_id: id, freeze: 1 }).await,
            Flow::Expire => bench.fire(Job::Expire { customer_id: id }).await,
            Flow::Reconcile => bench.reconcile().await,
            Flow::Tell => bench.tell().await,
            Flow::Start | Flow::Step(_) => bench.settle_one().await,
        };
        match done {
            Err(failure) if self.was_done_before(&failure) => Ok(()),
            done => done,
        }
    }

    fn was_done_before(&self, failure: &Failure) -> bool {
        match self.flow {
            Flow::Create => failure.is(Reason::EmailAlreadyExists),
            Flow::Verify => failure.is(Reason::InvalidToken),
            _ => false,
        }
    }

    /// Lets the stream be told, and looks.
    pub(crate) async fn end(&self) -> End {
        self.bench.fuse.mend();
        self.bench.tell().await.unwrap();
        let held = self.bench.cx.ends.held().clone();
        let rows = self.bench.tables.dump().into_iter();
        let rows: Vec<_> = rows
            .map(|(table, rows)| {
                let mut rows: Vec<_> = rows.iter().map(|row| masked(row)).collect();
                rows.sort();
                (table, rows)
            })
            .collect();
        let events = held.events.iter().map(|event| masked(&serde_json::to_string(event).unwrap())).collect();
        let starts = held.starts.iter().map(|start| format!("start {}", start.detail.customer_id));
        let tasks = held.tasks.iter().map(|task| format!("task {} {}", task.step, task.customer_id));
        let messages = starts.chain(tasks).map(|message| masked(&message)).collect();
        End { rows, events, messages, lacking: self.lacking(&held.jobs) }
    }

    /// The customers that have a deadline and no job for it.
    fn lacking(&self, jobs: &BTreeMap<String, Alarm>) -> Vec<String> {
        let rows = self.bench.tables.scan("customers");
        let due = rows.iter().filter_map(|row| {
            let due = Timestamp::from_micros(row.get("due_at")?["N"].as_str()?.parse().ok()?);
            Some((row["id"]["S"].as_str()?.to_owned(), due))
        });
        let armed = |id: &str, due| jobs.iter().any(|(name, alarm)| name.contains(id) && alarm.due == due);
        due.filter(|(id, due)| !armed(id, *due)).map(|(id, _)| id).collect()
    }
}

/// A deletion of which one step is left, with a message to its worker.
async fn last_step(bench: &Bench, id: CustomerId, table: &str) {
    let tag = |n| json!({ "customer_id": { "S": id.to_string() }, "id": { "S": format!("tag {n}") } });
    bench.tables.insert("tags", &(0..30).map(tag).collect::<Vec<_>>());
    let now = bench.changed(id, Command::Delete).await.tm_update;
    bench.tell().await.unwrap();
    bench.cx.ends.held().starts.clear();
    // The news of the end has been told.
    bench.cx.ends.held().errands.clear();
    bench.cx.store.forget_farewell(id).await.unwrap();
    bench.cx.store.open_steps(id, STEPS, now).await.unwrap();
    for step in STEPS.iter().filter(|step| step.table != table) {
        bench.cx.store.close(id, step, now).await.unwrap();
    }
    bench.cx.ends.held().tasks.push(Task { customer_id: id, step: table.to_owned(), hop: 0 });
}

/// Ids, hashes and salts differ from run to run.
fn masked(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !"-$+/=,_".contains(c));
    words
        .map(|word| {
            let sealed = word.len() > 100;
            if word.starts_with("vb_") || sealed {
                // What is shown of a key, or is encrypted, may end in a letter that looks like punctuation.
                return format!("*{}", &word[word.len() - 1..]);
            }
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let hash = bare.len() == 64 && bare.bytes().all(|b| b.is_ascii_hexdigit());
            let id = uuid::Uuid::try_parse(bare.trim_start_matches("guest-")).is_ok();
            if hash || id || bare.starts_with("$argon2") { word.replace(bare, "*") } else { word.to_owned() }
        })
        .collect()
}
