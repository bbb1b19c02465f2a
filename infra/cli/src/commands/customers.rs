//! `customers`: finding, showing, freezing, recovering and deleting accounts.

use custodian_domain::Timestamp;
use serde_json::{Value, json};

use super::account::{path, profile};
use super::{audit, delete};
use crate::args::{CustomersCommand, Freeze, GlobalOptions, Search};
use crate::client::{ApiRequest, Client};
use crate::connection::connect;
use crate::exit::Failure;
use crate::output::{Output, field, table};
use crate::pages::List;

pub(crate) fn run(
    options: &GlobalOptions,
    output: Output,
    command: &CustomersCommand,
) -> Result<(), Failure> {
    let client = connect(options)?;
    match command {
        CustomersCommand::Search(filter) => search(&client, output, filter),
        CustomersCommand::Show { id } => output.result(&client.get(&path(*id))?.body, profile),
        CustomersCommand::Freeze(arguments) => freeze(&client, output, arguments),
        CustomersCommand::Recover { id } => {
            let path = format!("{}/recover", path(*id));
            let recovered = client.send(&ApiRequest::post(&path, json!({}))?)?.body;
            output.result(&recovered, |customer| {
                format!("The account is {} again.\n\n{}", field(customer, "status"), profile(customer))
            })
        }
        CustomersCommand::Audit { id, limit } => audit::run(&client, output, *id, *limit),
        CustomersCommand::Delete(arguments) => delete::run(&client, output, arguments),
    }
}

fn search(client: &Client, output: Output, filter: &Search) -> Result<(), Failure> {
    let due_before = filter.due_before.map(Timestamp::to_rfc3339);
    let query = [
        ("email", filter.email.as_deref()),
        ("username", filter.username.as_deref()),
        ("status", filter.status.as_deref()),
        ("due_before", due_before.as_deref()),
        ("held", filter.held.then_some("true")),
    ];
    List { path: "/v1.0/customers", query: &query, limit: filter.limit }.print(client, output, list)
}

fn list(customers: &Value) -> String {
    let row = |customer: &Value| {
        ["id", "status", "name", "email", "tm_deletion_scheduled"].map(|name| field(customer, name)).to_vec()
    };
    let rows: Vec<_> = customers.as_array().into_iter().flatten().map(row).collect();
    if rows.is_empty() {
        "No account was found.".to_owned()
    } else {
        table(&["Id", "Status", "Name", "E-mail", "Will be deleted"], &rows)
    }
}

fn freeze(client: &Client, output: Output, arguments: &Freeze) -> Result<(), Failure> {
    let body = arguments
        .until
        .map_or_else(|| json!({}), |until| json!({ "tm_deletion_scheduled": until.to_rfc3339() }));
    let path = format!("{}/freeze", path(arguments.id));
    let frozen = client.send(&ApiRequest::post(&path, body)?)?.body;
    output.result(&frozen, |customer| {
        let due = field(customer, "tm_deletion_scheduled");
        format!(
            "The account is frozen, and it is deleted on {due}. Only an operator can recover it.\n\n{}",
            profile(customer)
        )
    })
}
