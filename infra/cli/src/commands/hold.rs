//! `hold`: protecting an account from deletion.

use custodian_domain::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::account;
use crate::args::{GlobalOptions, HoldCommand, SetHold};
use crate::client::ApiRequest;
use crate::connection::connect;
use crate::exit::Failure;
use crate::output::{Output, field, fields};

pub(crate) fn run(options: &GlobalOptions, output: Output, command: &HoldCommand) -> Result<(), Failure> {
    let client = connect(options)?;
    match command {
        HoldCommand::Set(hold) => {
            let placed = client.send(&ApiRequest::put(&path(hold.id), body(hold)))?.body;
            output.result(&placed, |hold| {
                format!("The account is on hold: nothing deletes it.\n\n{}", text(hold))
            })
        }
        HoldCommand::Show { id } => output.result(&client.get(&path(*id))?.body, text),
        HoldCommand::Release { id } => {
            let released = client.send(&ApiRequest::delete(&path(*id)))?.body;
            output.result(&released, |hold| {
                format!(
                    "The hold is released. If the account is overdue, it is deleted now.\n\n{}",
                    text(hold)
                )
            })
        }
    }
}

fn path(id: Uuid) -> String {
    format!("{}/hold", account::path(id))
}

fn body(hold: &SetHold) -> Value {
    json!({
        "reason": hold.reason,
        "reference": hold.reference.as_deref().unwrap_or_default(),
        "until": hold.until.map(Timestamp::to_rfc3339),
        "reason_is_visible": hold.reason_visible,
    })
}

fn text(hold: &Value) -> String {
    let until = field(hold, "until");
    fields(&[
        ("Reason", field(hold, "reason")),
        ("Reference", field(hold, "reference")),
        ("Placed by", field(hold, "placed_by")),
        ("Placed", field(hold, "tm_create")),
        ("Until", if until == "-" { "it is released".to_owned() } else { until }),
        ("Owner may read the reason", field(hold, "reason_is_visible")),
    ])
}
