//! `brake`: pausing all deletions of the platform.

use serde_json::{Value, json};

use crate::args::{BrakeCommand, GlobalOptions};
use crate::client::ApiRequest;
use crate::connection::connect;
use crate::exit::Failure;
use crate::output::{Output, field, fields};

const PATH: &str = "/v1.0/platform/deletions";

pub(crate) fn run(options: &GlobalOptions, output: Output, command: &BrakeCommand) -> Result<(), Failure> {
    let client = connect(options)?;
    let brake = match command {
        BrakeCommand::Status => client.get(PATH)?,
        BrakeCommand::On { reason } => {
            client.send(&ApiRequest::put(PATH, json!({ "paused": true, "reason": reason })))?
        }
        BrakeCommand::Off => client.send(&ApiRequest::put(PATH, json!({ "paused": false })))?,
    };
    output.result(&brake.body, text)
}

fn text(brake: &Value) -> String {
    let is_paused = brake.get("paused").and_then(Value::as_bool).unwrap_or_default();
    let (changed, set_by) = (field(brake, "tm_update"), field(brake, "set_by"));
    let by = match (is_paused, set_by.as_str()) {
        (true, "-") => "the hourly limit".to_owned(),
        _ => set_by,
    };
    let limit = match field(brake, "max_deletions_per_hour").as_str() {
        "0" => "none".to_owned(),
        limit => limit.to_owned(),
    };
    let state = if is_paused { "All deletions are paused." } else { "Deletions are permitted." };
    let rows = [
        ("Reason", field(brake, "reason")),
        ("Set by", by),
        ("Since", changed),
        ("Deletions within an hour", field(brake, "deletions_within_an_hour")),
        ("Hourly limit", limit),
    ];
    format!("{state}\n\n{}", fields(&rows))
}
