//! `customers delete`: shows the plan, asks for a confirmation, and deletes the account.

use serde_json::{Value, json};

use super::account::{path, profile};
use super::deletion::tables;
use crate::args::Deletion;
use crate::client::{ApiRequest, Client, Reply};
use crate::console::{ask, note};
use crate::exit::{Failure, FailureKind};
use crate::output::{Output, clean, field, table};

/// The maximum number of telephone numbers that a plan names.
const MAX_NUMBERS: usize = 100;

pub(super) fn run(client: &Client, output: Output, arguments: &Deletion) -> Result<(), Failure> {
    let path = path(arguments.id);
    let account = client.get(&path)?;
    if is_deleted(&account.body) {
        note("The account is deleted already.");
        return output.result(&account.body, profile);
    }
    let plan = Plan::read(client, &path, &account.body)?;
    if arguments.dry_run {
        return output.result(&plan.to_json(), |_| plan.text());
    }
    if !arguments.yes {
        note(&plan.text());
        confirm(&account.body)?;
    }
    output.result(&delete(client, &path, &account)?, |_| {
        let id = arguments.id;
        format!(
            "The account is deleted. Its rows are being removed.\nFollow it with `custodianctl deletion show {id} --watch`."
        )
    })
}

fn is_deleted(account: &Value) -> bool {
    field(account, "status") == "deleted"
}

/// Deletes the account as it was shown: an account that changed meanwhile is not deleted.
fn delete(client: &Client, path: &str, account: &Reply) -> Result<Value, Failure> {
    match client.send(&ApiRequest::delete(path).if_match(account.etag.as_deref())) {
        Ok(reply) => Ok(reply.body),
        // The response of an earlier attempt may have been lost. Then the account has another version, and it is deleted.
        Err(failure) if failure.kind == FailureKind::Refused => {
            let present = client.get(path)?.body;
            if is_deleted(&present) { Ok(present) } else { Err(failure) }
        }
        Err(failure) => Err(failure),
    }
}

/// What a deletion removes.
struct Plan<'a> {
    account: &'a Value,
    /// The rows of each table and the numbers that are released. An earlier release of the service has the rows of a frozen account
    /// only, as the progress of its deletion.
    deletion: Option<Value>,
}

impl<'a> Plan<'a> {
    fn read(client: &Client, path: &str, account: &'a Value) -> Result<Self, Failure> {
        match client.get(&format!("{path}/deletion?dry_run=true")) {
            Ok(reply) => Ok(Self { account, deletion: Some(reply.body) }),
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(Self { account, deletion: None }),
            Err(failure) => Err(failure),
        }
    }

    fn to_json(&self) -> Value {
        json!({ "customer": self.account, "deletion": self.deletion })
    }

    fn text(&self) -> String {
        let rows = match &self.deletion {
            Some(plan) if plan.get("dry_run").is_some() => rows_and_numbers(plan),
            Some(deletion) => tables(deletion),
            None => "This version of the service counts its rows only once it is frozen.\n".to_owned(),
        };
        let profile = profile(self.account);
        format!(
            "This deletes the account at once, with everything that it owns. It cannot be undone.\n\n{profile}\n{rows}"
        )
    }
}

/// The tables that have rows, and the numbers that the deletion releases.
fn rows_and_numbers(plan: &Value) -> String {
    let list = |name: &str| plan.get(name).and_then(Value::as_array).into_iter().flatten();
    let is_empty = |row: &Value| row.get("rows").and_then(Value::as_u64) == Some(0);
    // The service stops counting at a limit.
    let is_minimum = |row: &Value| row.get("at_least").and_then(Value::as_bool) == Some(true);
    let count = |row: &Value| {
        let rows = field(row, "rows");
        if is_minimum(row) { format!("at least {rows}") } else { rows }
    };
    let rows = list("tables").filter(|row| !is_empty(row) || is_minimum(row));
    let rows: Vec<_> = rows.map(|row| vec![field(row, "name"), count(row)]).collect();
    let numbers: Vec<_> = list("numbers").filter_map(Value::as_str).map(clean).collect();
    let released = match numbers.len() {
        0 => String::new(),
        // The account may have more numbers than a plan names.
        MAX_NUMBERS.. => format!("\nThese numbers are released, and perhaps more: {}\n", numbers.join(", ")),
        _ => format!("\nThese numbers are released: {}\n", numbers.join(", ")),
    };
    format!("{}{released}", table(&["Table", "Rows"], &rows))
}

fn confirm(account: &Value) -> Result<(), Failure> {
    let typed = ask("Type the account's name or id to delete it:")?;
    let is = |name: &str| {
        let value = account.get(name).and_then(Value::as_str);
        value.is_some_and(|value| !value.is_empty() && value == typed.trim())
    };
    if is("id") || is("name") {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::NotConfirmed,
        "That is neither the account's name nor its id, so nothing was deleted.",
    ))
}
