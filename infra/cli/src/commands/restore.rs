//! `restore`: repairs the tables after a restore from a backup, call by call, until nothing is left to do.

use serde_json::{Map, Value, json};

use crate::args::{GlobalOptions, Restore};
use crate::client::Call;
use crate::connection::connect;
use crate::exit::{Failure, FailureKind};
use crate::output::{Output, clean, field, fields, table};
use crate::progress_bar::ProgressBar;

const PATH: &str = "/v1.0/platform/restore";

pub(crate) fn run(options: &GlobalOptions, output: Output, arguments: &Restore) -> Result<(), Failure> {
    let client = connect(options)?;
    let (mut report, mut start, mut progress) =
        (Report::default(), arguments.start.clone(), ProgressBar::new());
    loop {
        let body = json!({ "table": arguments.table, "start": start });
        let reply = Call::post(PATH, body)
            .and_then(|call| client.send(&call))
            .map_err(|failure| interrupted(failure, start.as_deref()))?;
        let next = reply.body.get("next").and_then(Value::as_str).map(str::to_owned);
        report.add(reply.body);
        progress.show(report.counts_line());
        if next.is_none() {
            break;
        }
        if next == start {
            return Err(interrupted(Failure::unavailable("The repair makes no progress."), next.as_deref()));
        }
        start = next;
    }
    drop(progress);
    output.result(&report.to_json(), |_| report.text())?;
    match report.conflicts.len() {
        0 => Ok(()),
        count => Err(Failure::new(
            FailureKind::Conflicts,
            format!("{count} conflicts are left for you to decide about."),
        )
        .hint("See \"Restore a table\" in docs/operations.md.")),
    }
}

/// Tells how to continue instead of beginning again.
fn interrupted(failure: Failure, start: Option<&str>) -> Failure {
    match start {
        Some(start) => failure.hint(&format!("Continue with `--start '{}'`.", clean(start))),
        None => failure,
    }
}

/// The sum of all calls. Counters that this version does not know are summed as well.
#[derive(Default)]
struct Report {
    counts: Map<String, Value>,
    conflicts: Vec<Value>,
}

impl Report {
    fn add(&mut self, reply: Value) {
        let Value::Object(fields) = reply else { return };
        for (name, value) in fields {
            match value {
                Value::Number(count) => {
                    let sum = self.counts.get(&name).and_then(Value::as_u64).unwrap_or(0);
                    self.counts.insert(name, json!(sum.saturating_add(count.as_u64().unwrap_or(0))));
                }
                Value::Array(conflicts) if name == "conflicts" => self.conflicts.extend(conflicts),
                _ => {}
            }
        }
    }

    fn to_json(&self) -> Value {
        let mut report = self.counts.clone();
        report.insert("conflicts".to_owned(), json!(self.conflicts));
        report.insert("next".to_owned(), Value::Null);
        Value::Object(report)
    }

    fn counts_line(&self) -> String {
        let counts: Vec<_> =
            self.counts.iter().map(|(name, count)| format!("{} {count}", clean(name))).collect();
        format!("Repairing: {}, conflicts {}", counts.join(", "), self.conflicts.len())
    }

    fn text(&self) -> String {
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
        format!("Everything is repaired.\n\n{}\n{conflicts}", fields(&counts))
    }
}

fn meaning(counter: &str) -> &str {
    match counter {
        "ended" => "Accounts ended again",
        "resumed" => "Deletions that run again",
        "purged" => "Rows of ended accounts deleted",
        "reclaimed" => "Names claimed again",
        "released" => "Names of missing rows released",
        "repaired" => "Accounts repaired",
        "recounted" => "Counters counted again",
        "scheduled" => "Deadlines scheduled",
        other => other,
    }
}

/// The name of a problem, as the runbook has it, and its meaning.
fn problem_text(problem: &str) -> String {
    let meaning = match problem {
        "name_taken" => "another account has the name",
        "name_twice" => "another row has the name",
        "row_missing" => "the row is missing",
        "not_counted" => "the rows could not be counted",
        other => return other.to_owned(),
    };
    format!("{problem}: {meaning}")
}
