//! `customers delete`: shows the plan, asks for a confirmation, and deletes the account.

use serde_json::Value;

use super::customers::{path, profile};
use super::deletion::tables;
use crate::args::Deletion;
use crate::client::{Call, Client};
use crate::console::{ask, note};
use crate::exit::{Failure, FailureKind};
use crate::output::{Output, field};

pub(super) fn run(client: &Client, output: Output, arguments: &Deletion) -> Result<(), Failure> {
    let path = path(arguments.id);
    let account = client.get(&path)?;
    if field(&account.body, "status") == "deleted" {
        note("The account is deleted already.");
        return output.result(&account.body, profile);
    }
    let plan = plan(client, &path, &account.body)?;
    if arguments.dry_run {
        return output.result(&account.body, |_| plan);
    }
    if !arguments.yes {
        note(&plan);
        confirm(&account.body)?;
    }
    // What was confirmed is what was shown: an account that changed meanwhile is not deleted.
    let deleted = client.send(&Call::delete(&path).if_match(account.etag.as_deref()))?.body;
    output.result(&deleted, |_| {
        format!("The account is deleted. Its rows are being removed.\nFollow it with `custodianctl deletion show {} --watch`.", arguments.id)
    })
}

/// The account, and its rows in each table as far as they are known.
fn plan(client: &Client, path: &str, account: &Value) -> Result<String, Failure> {
    let rows = match client.get(&format!("{path}/deletion")) {
        Ok(reply) => tables(&reply.body),
        // Rows are counted only once the account is frozen.
        Err(failure) if failure.kind == FailureKind::NotFound => {
            "Rows are counted once the account is frozen: `custodianctl customers freeze` shows them.\n"
                .to_owned()
        }
        Err(failure) => return Err(failure),
    };
    Ok(format!(
        "This deletes the account at once, with everything that it owns. It cannot be undone.\n\n{}\n{rows}",
        profile(account)
    ))
}

fn confirm(account: &Value) -> Result<(), Failure> {
    let typed = ask("Type the account's name or id to delete it:")?;
    let is = |name: &str| {
        account
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|value| !value.is_empty() && value == typed.trim())
    };
    if is("id") || is("name") {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::NotConfirmed,
        "That is neither the account's name nor its id, so nothing was deleted.",
    ))
}
