//! A flow that is ready to run, and the state that it leaves.

use std::collections::{BTreeMap, BTreeSet};

use custodian_app::create::{AccountRequest, create};
use custodian_app::ports::NoticeRows;
use custodian_app::{Failure, verify};
use custodian_cascade::{CascadeTask, EmptyTables, FindRows, Ledgers, STEPS};
use custodian_domain::Initiator;
use custodian_domain::destination::DestinationRules;
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{AgentId, CustomerId, Reason, ScheduledJob, Secret, Timestamp};
use custodian_tests::{PASSWORD, TestApp};
use custodian_webhooks::WebhookStore;
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
    /// From the stream to the event bus.
    Publish,
    /// From the deletion event to the messages of the workers.
    Start,
    /// The last open step of a cascade, from its message to the completed ledger.
    Step(&'static str),
}

/// An app in which a flow is ready to run, and the flow's inputs.
pub(crate) struct Fixture {
    pub(crate) app: TestApp,
    flow: Flow,
    id: CustomerId,
    link: String,
}

/// The state after a flow: all rows (without the counts of deletions), events, waiting messages of cascades, and the rows whose
/// scheduled job is missing. New ids and secrets are masked.
pub(crate) struct FinalState {
    pub(crate) rows: Vec<(String, Vec<String>)>,
    pub(crate) events: BTreeSet<String>,
    pub(crate) messages: BTreeSet<String>,
    pub(crate) missing_jobs: Vec<String>,
}

impl Fixture {
    pub(crate) async fn of(flow: Flow) -> Self {
        let app = TestApp::default();
        let mut link = String::new();
        let id = match flow {
            Flow::Create => CustomerId(uuid::Uuid::nil()),
            Flow::Mail | Flow::Verify | Flow::Expire => app.initial_account("ada").await,
            _ => app.active_account("ada").await,
        };
        app.publish().await.unwrap();
        match flow {
            Flow::Verify => {
                verify::send_verification(&app.cx, id, app.cause()).await.unwrap();
                link = app.newest_token().expose().to_owned();
            }
            Flow::Recover => drop(app.change(id, app.freeze_command()).await),
            Flow::Purge | Flow::Reconcile => {
                let deadline = app.change(id, app.freeze_command()).await.due().unwrap();
                app.clock.set(deadline);
            }
            Flow::Expire => app.clock.set(app.customer(id).await.due().unwrap()),
            Flow::Publish | Flow::Start => {
                app.change(id, app.freeze_command()).await;
                app.change(id, Command::Delete(Initiator::Owner)).await;
            }
            Flow::Step(table) => last_step(&app, id, table).await,
            _ => {}
        }
        if flow == Flow::Start {
            app.publish().await.unwrap();
        }
        app.fault_injector.reset();
        Self { app, flow, id, link }
    }

    /// Runs the flow once. An error that shows that the flow has already run counts as success.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let (app, id) = (&self.app, self.id);
        let result = match self.flow {
            Flow::Create => {
                let body = json!({ "username": "ada", "password": PASSWORD, "email": "ada@example.com" });
                let operator = AgentId(uuid::Uuid::nil());
                let request =
                    AccountRequest::read(body.as_object().unwrap(), &DestinationRules::default(), operator)
                        .unwrap();
                create(&app.cx, request).await.map(|_| ())
            }
            Flow::Mail => verify::send_verification(&app.cx, id, app.cause()).await,
            Flow::Verify => verify::verify(&app.cx, &Secret::new(self.link.as_str())).await.map(|_| ()),
            Flow::Freeze => app.try_change(id, app.freeze_command()).await.map(|_| ()),
            Flow::Recover => app.try_change(id, Command::Recover(Initiator::Owner)).await.map(|_| ()),
            Flow::Delete => app.try_change(id, Command::Delete(Initiator::Owner)).await.map(|_| ()),
            Flow::Purge => app.run_job(Job::Purge { customer_id: id, freeze: 1 }).await,
            Flow::Expire => app.run_job(Job::Expire { customer_id: id }).await,
            Flow::Reconcile => app.reconcile().await,
            Flow::Publish => app.publish().await,
            Flow::Start | Flow::Step(_) => app.run_next().await,
        };
        match result {
            Err(failure) if self.ran_before(&failure) => Ok(()),
            result => result,
        }
    }

    fn ran_before(&self, failure: &Failure) -> bool {
        match self.flow {
            Flow::Create => failure.is(Reason::EmailAlreadyExists),
            Flow::Verify => failure.is(Reason::InvalidToken),
            _ => false,
        }
    }

    /// Publishes the streams and returns the final state.
    pub(crate) async fn final_state(&self) -> FinalState {
        self.app.fault_injector.reset();
        self.app.publish().await.unwrap();
        let state = self.app.cx.services.state().clone();
        let rows = self.app.tables.dump().into_iter();
        let rows: Vec<_> = rows
            .map(|(table, mut rows)| {
                // A crash may lose or repeat the count of a deletion, which only the brake reads.
                rows.retain(|row| !row.contains("deletions#"));
                let mut rows: Vec<_> = rows.iter().map(|row| masked(row)).collect();
                rows.sort();
                (table, rows)
            })
            .collect();
        let events =
            state.events.iter().map(|event| masked(&serde_json::to_string(event).unwrap())).collect();
        let starts = state.cascade_starts.iter().map(|start| format!("start {}", start.detail.customer_id));
        let tasks = state.cascade_tasks.iter().map(|task| format!("task {} {}", task.step, task.customer_id));
        let messages = starts.chain(tasks).map(|message| masked(&message)).collect();
        FinalState { rows, events, messages, missing_jobs: self.missing_jobs(&state.jobs) }
    }

    /// The customers that have a deadline but no job for it.
    fn missing_jobs(&self, jobs: &BTreeMap<String, ScheduledJob>) -> Vec<String> {
        let rows = self.app.tables.scan("customers");
        let due = rows.iter().filter_map(|row| {
            let due = Timestamp::from_micros(row.get("due_at")?["N"].as_str()?.parse().ok()?);
            Some((row["id"]["S"].as_str()?.to_owned(), due))
        });
        let scheduled = |id: &str, due| {
            jobs.iter().any(|(name, scheduled_job)| name.contains(id) && scheduled_job.due == due)
        };
        due.filter(|(id, due)| !scheduled(id, *due)).map(|(id, _)| id).collect()
    }
}

/// A deletion with one open step, and the message for its worker.
async fn last_step(app: &TestApp, id: CustomerId, table: &str) {
    let tag = |n| json!({ "customer_id": { "S": id.to_string() }, "id": { "S": format!("tag {n}") } });
    app.tables.insert("tags", &(0..30).map(tag).collect::<Vec<_>>());
    let now = app.change(id, Command::Delete(Initiator::Owner)).await.tm_update;
    app.publish().await.unwrap();
    app.cx.services.state().cascade_starts.clear();
    // The deletion notice was delivered.
    app.cx.services.state().delivery_jobs.clear();
    app.cx
        .store
        .remove_deletion_notice(custodian_domain::webhook_endpoints::EndpointId::first(id))
        .await
        .unwrap();
    // The first mail about the deletion was sent.
    app.cx.services.state().mail_events.clear();
    app.cx.store.remove_first_mail_recipient(id).await.unwrap();
    app.cx.store.open_steps(id, STEPS, now).await.unwrap();
    for step in STEPS.iter().filter(|step| step.table != table) {
        let rows = app.cx.store.find_keys(id, step, None).await.unwrap();
        app.cx.store.remove(id, step, &rows).await.unwrap();
        app.cx.store.close(id, step, now).await.unwrap();
    }
    app.cx.services.state().cascade_tasks.push(CascadeTask {
        customer_id: id,
        step: table.to_owned(),
        hop: 0,
    });
}

/// Masks ids, hashes and salts, which differ from run to run.
fn masked(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !"-$+/=,_".contains(c));
    words
        .map(|word| {
            let ciphertext = word.len() > 100;
            if word.starts_with("vb_") || ciphertext {
                // A key's prefix or a ciphertext may end in `_`, `-` or `=`. The trimming below would keep that character,
                // which differs from run to run.
                return format!("*{}", &word[word.len() - 1..]);
            }
            let trimmed = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let hash = trimmed.len() == 64 && trimmed.bytes().all(|b| b.is_ascii_hexdigit());
            let id = uuid::Uuid::try_parse(trimmed.trim_start_matches("guest-")).is_ok();
            if hash || id || trimmed.starts_with("$argon2") {
                word.replace(trimmed, "*")
            } else {
                word.to_owned()
            }
        })
        .collect()
}
