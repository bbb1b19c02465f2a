//! `restore`: repairs the tables after a restore from a backup, request by request, until nothing is left to do. If a request
//! fails, the command still reports what the earlier requests did.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::args::{GlobalOptions, Restore};
use crate::client::{ApiRequest, Client};
use crate::connection::connect;
use crate::exit::{Failure, FailureKind};
use crate::output::{Output, clean, field, fields, table};
use crate::progress_bar::ProgressBar;

const PATH: &str = "/v1.0/platform/restore";

/// The maximum number of accounts without a row that the command lists.
const MAX_LISTED_OWNERS: usize = 1000;

pub(crate) fn run(options: &GlobalOptions, output: Output, arguments: &Restore) -> Result<(), Failure> {
    let client = connect(options)?;
    let (mut report, mut progress) = (Report::new(arguments.start.clone()), ProgressBar::new());
    let stopped = loop {
        match send(&client, arguments, report.next.as_deref()) {
            Err(failure) => break Some(failure),
            Ok(reply) => {
                let start = report.next.take();
                report.add(reply);
                progress.show(report.counts_line());
                if report.next.is_none() {
                    break None;
                }
                if report.next == start {
                    break Some(Failure::unavailable("The repair makes no progress."));
                }
            }
        }
    };
    drop(progress);
    output.result(&report.to_json(), |_| report.text(stopped.is_none()))?;
    let conflicts = report.failure();
    match stopped {
        None => conflicts.map_or(Ok(()), Err),
        Some(failure) => Err(interrupted(failure, conflicts, report.next.as_deref())),
    }
}

fn send(client: &Client, arguments: &Restore, start: Option<&str>) -> Result<Value, Failure> {
    let mut body = json!({ "table": arguments.table, "start": start });
    if arguments.purge_without_owner {
        body["purge_without_owner"] = json!(true);
    }
    Ok(client.send(&ApiRequest::post(PATH, body)?)?.body)
}

/// Tells how to continue instead of beginning again. The exit code says whether there are conflicts, because the next run begins
/// after them and may not report them again.
fn interrupted(failure: Failure, conflicts: Option<Failure>, start: Option<&str>) -> Failure {
    let failure = match conflicts {
        Some(conflicts) => conflicts.hint("The repair has stopped before its end.").hint(&failure.message),
        None => failure,
    };
    match start {
        Some(start) => failure.hint(&format!("Continue with `--start '{}'`.", clean(start))),
        None => failure,
    }
}

/// The sum of all responses. Counters that this version does not know are summed as well.
#[derive(Default)]
struct Report {
    counts: Map<String, Value>,
    conflicts: Vec<Value>,
    /// Accounts without a row. Each request that finds rows of one may report it again.
    owners: BTreeSet<String>,
    /// Where the next request continues; `None` after the last one, and before the first one without `--start`.
    next: Option<String>,
}

impl Report {
    fn new(start: Option<String>) -> Self {
        Self { next: start, ..Self::default() }
    }

    fn add(&mut self, reply: Value) {
        self.next = reply.get("next").and_then(Value::as_str).map(str::to_owned);
        let Value::Object(fields) = reply else { return };
        for (name, value) in fields {
            match value {
                Value::Number(count) => self.count(&name, count.as_u64().unwrap_or(0)),
                Value::Array(conflicts) if name == "conflicts" => {
                    conflicts.into_iter().for_each(|conflict| self.add_conflict(conflict));
                }
                _ => {}
            }
        }
    }

    fn count(&mut self, name: &str, count: u64) {
        let sum = self.counts.get(name).and_then(Value::as_u64).unwrap_or(0);
        self.counts.insert(name.to_owned(), json!(sum.saturating_add(count)));
    }

    fn add_conflict(&mut self, conflict: Value) {
        if conflict["problem"] == "owner_missing" {
            let owner = conflict["customer_id"].as_str().unwrap_or_default();
            if self.owners.contains(owner) {
                return;
            }
            if self.owners.len() == MAX_LISTED_OWNERS {
                self.count("unlisted", 1);
                return;
            }
            self.owners.insert(owner.to_owned());
        }
        self.conflicts.push(conflict);
    }

    /// `None` if there are no conflicts.
    fn failure(&self) -> Option<Failure> {
        let count = self.conflicts.len();
        let message = format!("{count} conflicts are left for you to decide about.");
        let hint = "See \"Restore a table\" in docs/operations.md.";
        (count > 0).then(|| Failure::new(FailureKind::Conflicts, message).hint(hint))
    }

    fn to_json(&self) -> Value {
        let mut report = self.counts.clone();
        report.insert("conflicts".to_owned(), json!(self.conflicts));
        report.insert("next".to_owned(), json!(self.next));
        Value::Object(report)
    }

    fn counts_line(&self) -> String {
        let counts: Vec<_> =
            self.counts.iter().map(|(name, count)| format!("{} {count}", clean(name))).collect();
        format!("Repairing: {}, conflicts {}", counts.join(", "), self.conflicts.len())
    }

    fn text(&self, is_finished: bool) -> String {
        let counts: Vec<_> =
            self.counts.iter().map(|(name, count)| (meaning(name), count.to_string())).collect();
        let row = |conflict: &Value| {
            let problem = field(conflict, "problem");
            let mut row = ["table", "id", "customer_id"].map(|name| field(conflict, name)).to_vec();
            row.extend([problem_text(&problem), field(conflict, "held_by")]);
            row
        };
        let rows: Vec<_> = self.conflicts.iter().map(row).collect();
        let conflicts = if rows.is_empty() {
            "There are no conflicts.\n".to_owned()
        } else {
            table(&["Table", "Row", "Account", "Problem", "Name held by"], &rows)
        };
        let outcome = match (is_finished, rows.is_empty()) {
            (true, true) => "Everything is repaired.",
            (true, false) => "Everything is repaired, except for the conflicts below.",
            (false, _) => "The repair has stopped before its end. Until then it did this:",
        };
        format!("{outcome}\n\n{}\n{conflicts}", fields(&counts))
    }
}

fn meaning(counter: &str) -> &str {
    match counter {
        "ended" => "Accounts ended again",
        "resumed" => "Deletions that run again",
        "purged" => "Rows of ended accounts deleted",
        "without_owner" => "Rows kept, because their account is unknown",
        "unlisted" => "Further finds of unknown accounts",
        "reclaimed" => "Names claimed again",
        "released" => "Names of missing rows released",
        "repaired" => "Accounts repaired",
        "recounted" => "Counters counted again",
        "scheduled" => "Jobs scheduled",
        other => other,
    }
}

/// The name of a problem, as the runbook has it, and its meaning.
fn problem_text(problem: &str) -> String {
    let meaning = match problem {
        "name_taken" => "another account has the name",
        "name_twice" => "another row has the name",
        "owner_missing" => "the account has neither a row nor a ledger",
        "row_missing" => "the row is missing",
        "not_counted" => "the rows could not be counted",
        other => return other.to_owned(),
    };
    format!("{problem}: {meaning}")
}
