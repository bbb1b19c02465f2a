//! `customers audit`: who did what to an account.

use serde_json::Value;
use uuid::Uuid;

use super::account;
use crate::client::Client;
use crate::exit::Failure;
use crate::output::{Output, field, table};
use crate::pages::List;

pub(super) fn run(client: &Client, output: Output, id: Uuid, limit: usize) -> Result<(), Failure> {
    let path = format!("{}/audit", account::path(id));
    List { path: &path, query: &[], limit }.print(client, output, text)
}

fn text(entries: &Value) -> String {
    let row = |entry: &Value| {
        let part = |object: &str, name: &str| {
            entry.get(object).map_or_else(|| "-".to_owned(), |object| field(object, name))
        };
        vec![
            field(entry, "tm_create"),
            field(entry, "type"),
            part("who", "type"),
            part("who", "id"),
            field(entry, "ip_address"),
            part("detail", "reason"),
        ]
    };
    let rows: Vec<_> = entries.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        "There are no entries.".to_owned()
    } else {
        table(&["Time", "What", "Who", "Id", "Address", "Reason"], &rows)
    }
}
