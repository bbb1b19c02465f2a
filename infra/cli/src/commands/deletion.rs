//! `deletion show`: how far a deletion is.

use serde_json::Value;
use uuid::Uuid;

use super::account;
use crate::args::{DeletionCommand, GlobalOptions};
use crate::connection::connect;
use crate::exit::Failure;
use crate::output::{Output, field, fields, table};
use crate::poll::poll_until;
use crate::progress_bar::bar;

pub(crate) fn run(options: &GlobalOptions, output: Output, command: &DeletionCommand) -> Result<(), Failure> {
    let client = connect(options)?;
    let DeletionCommand::Show { id, watch } = command;
    let path = path(*id);
    let deletion =
        if *watch { poll_until(&client, &path, is_confirmed, progress)? } else { client.get(&path)?.body };
    output.result(&deletion, text)
}

pub(super) fn path(id: Uuid) -> String {
    format!("{}/deletion", account::path(id))
}

fn is_confirmed(deletion: &Value) -> bool {
    field(deletion, "state") == "confirmed"
}

/// What a state means.
pub(super) fn describe(deletion: &Value) -> String {
    match field(deletion, "state").as_str() {
        "requested" => format!("The account is frozen, and it is deleted on {}.", field(deletion, "tm_due")),
        "held" => "A hold or the brake stops the deletion.".to_owned(),
        "deleting" => "The rows are being deleted.".to_owned(),
        "deleted" => {
            "Every table is empty. Within half an hour, every table is verified again and the receipt is issued."
                .to_owned()
        }
        "confirmed" => "Every table was verified empty twice. The receipt is issued.".to_owned(),
        state => format!("The state of the deletion is {state}."),
    }
}

/// The line that `--watch` shows.
fn progress(deletion: &Value) -> String {
    let count = |name: &str| {
        let rows = deletion.get("tables").and_then(Value::as_array);
        rows.into_iter().flatten().filter_map(|row| row.get(name)?.as_u64()).fold(0, u64::saturating_add)
    };
    let (deleted, remaining) = (count("deleted"), count("remaining"));
    let total = deleted.saturating_add(remaining);
    match field(deletion, "state").as_str() {
        "deleting" => format!("{} {deleted} of {total} rows are deleted", bar(deleted, total)),
        _ => describe(deletion),
    }
}

fn text(deletion: &Value) -> String {
    let state = describe(deletion);
    let times = fields(&[
        ("Account", field(deletion, "id")),
        ("Requested", field(deletion, "tm_requested")),
        ("Due", field(deletion, "tm_due")),
        ("Started", field(deletion, "tm_started")),
        ("Finished", field(deletion, "tm_finished")),
        ("Confirmed", field(deletion, "tm_confirmed")),
        ("Probably finished", field(deletion, "tm_estimated")),
    ]);
    format!("{state}\n\n{times}\n{}", tables(deletion))
}

/// The rows of each table.
pub(super) fn tables(deletion: &Value) -> String {
    let row =
        |row: &Value| ["name", "deleted", "remaining", "tm_verified"].map(|name| field(row, name)).to_vec();
    let rows: Vec<_> =
        deletion.get("tables").and_then(Value::as_array).into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        "No rows are known yet.\n".to_owned()
    } else {
        table(&["Table", "Deleted", "Remaining", "Verified empty"], &rows)
    }
}
