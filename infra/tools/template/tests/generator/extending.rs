//! The worked examples of docs/extending.md: the template with one more kind and one more route, and one more event.

#[allow(unreachable_pub, reason = "the example's own crates export these items")]
#[path = "example/event.rs"]
mod event;
#[allow(unreachable_pub, reason = "the example's own crates export these items")]
#[path = "example/kind.rs"]
mod kind;
#[allow(unreachable_pub, reason = "the example's own crates export these items")]
#[path = "example/route.rs"]
mod route;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use custodian_app::resources::stopped_transcription;
use custodian_domain::{CustomerId, Resource, Timestamp};
use custodian_events::{StreamChange, of_stream_change};
use custodian_http::caller::Caller;
use custodian_http::{Endpoint, Route};
use custodian_local::DeployedRoute;
use custodian_store::Store;
use custodian_store::schema::Table;
use custodian_template::deployed::parse;
use custodian_template::handler::Handler;
use custodian_template::{Inputs, generate, root};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use event::transcribe_done;
use kind::RECORDINGS;
use route::ShowSummary;

const EVENT: &str = include_str!("example/event.rs");
const KIND: &str = include_str!("example/kind.rs");
const ROUTE: &str = include_str!("example/route.rs");
const DOCUMENT: &str = "docs/extending.md";

fn resources(inputs: &Inputs) -> BTreeMap<String, Value> {
    let template = parse(&generate(inputs).unwrap());
    template["Resources"].as_object().unwrap().clone().into_iter().collect()
}

/// The resources that the inputs add to the project's template, and the names of the resources that they change.
fn difference(inputs: &Inputs) -> (BTreeMap<String, Value>, BTreeSet<String>) {
    let (before, after) = (resources(&Inputs::of_project().unwrap()), resources(inputs));
    assert!(before.keys().all(|name| after.contains_key(name)), "a resource is missing in the new template");
    let changed = before.iter().filter(|(name, resource)| after[*name] != **resource);
    let changed = changed.map(|(name, _)| name.clone()).collect();
    (after.into_iter().filter(|(name, _)| !before.contains_key(name)).collect(), changed)
}

/// The permissions of the role, one line each, such as `dynamodb:Query UsageTable`.
fn permitted(role: &Value) -> BTreeSet<String> {
    let texts = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        single => vec![single.clone()],
    };
    let statements = texts(&role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]);
    let pairs = statements.iter().flat_map(|statement| {
        let resources = texts(&statement["Resource"]);
        let actions = texts(&statement["Action"]);
        let pair = |action: &Value, resource: &Value| {
            let resource = resource["GetAtt"].as_str().unwrap().replace(".Arn", "");
            format!("{} {resource}", action.as_str().unwrap())
        };
        actions
            .iter()
            .flat_map(|action| resources.iter().map(|resource| pair(action, resource)).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    pairs.collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// The inputs with another kind in the registry, the schema, the cascade and the routes.
fn with_kind() -> Inputs {
    let mut inputs = Inputs::of_project().unwrap();
    let like = *inputs.tables.iter().find(|table| table.name == "tags").unwrap();
    inputs.kinds.push(&RECORDINGS);
    inputs.tables.push(Table { name: RECORDINGS.table, ..like });
    inputs.emptied.push(RECORDINGS.table);
    let of_tags =
        inputs.routes.iter().filter(|deployed| deployed.kind.is_some_and(|kind| kind.route == "tags"));
    let copies = of_tags.map(|deployed| DeployedRoute {
        kind: Some(&RECORDINGS),
        route: Route::new(deployed.route.method, deployed.route.path.replace("/tags", "/recordings")),
        ..deployed.clone()
    });
    let copies: Vec<_> = copies.collect();
    inputs.routes.extend(copies);
    inputs
}

#[test]
fn a_kind_adds_its_table_its_functions_and_their_roles() {
    let (added, changed) = difference(&with_kind());
    let verbs = ["List", "Create", "Get", "Update", "Delete"];
    let mut expected: BTreeSet<String> = verbs
        .iter()
        .flat_map(|verb| [format!("Recordings{verb}Function"), format!("Recordings{verb}Role")])
        .collect();
    expected.insert("RecordingsTable".to_owned());
    assert_eq!(added.keys().cloned().collect::<BTreeSet<_>>(), expected);
    // These roles have permissions on the tables of all kinds.
    assert_eq!(
        changed,
        names(&[
            "CascadeWorkerRole",
            "ExportWorkerRole",
            "PlatformRestoreRole",
            "ReconcileRole",
            "WebhookDeliverRole"
        ])
    );

    let create = &added["RecordingsCreateFunction"]["Properties"];
    assert_eq!(create["Environment"]["Variables"]["RESOURCE_KIND"], "recordings");
    assert_eq!(create["Events"]["Http"]["Properties"]["Path"], "/v1.0/recordings");
    let permissions = permitted(&added["RecordingsCreateRole"]);
    // The function checks the reference to a tag and counts the row towards the plan's limit. It writes rows of no other kind.
    for permission in ["dynamodb:ConditionCheckItem TagsTable", "dynamodb:UpdateItem UsageTable"] {
        assert!(permissions.contains(permission), "{permission}: {permissions:?}");
    }
    let written: BTreeSet<_> =
        permissions.iter().filter(|permission| permission.starts_with("dynamodb:PutItem")).cloned().collect();
    let tables = ["AuditsTable", "IdempotencyTable", "OutboxTable", "RecordingsTable"]
        .map(|table| format!("dynamodb:PutItem {table}"));
    assert_eq!(written, BTreeSet::from(tables));
}

fn with_route() -> Inputs {
    let mut inputs = Inputs::of_project().unwrap();
    inputs.handlers.insert("customer-summary".to_owned(), Handler::parse(ROUTE).unwrap());
    inputs.routes.push(DeployedRoute {
        function: "customer-summary".to_owned(),
        kind: None,
        route: <ShowSummary as Endpoint<Store, ()>>::route(&ShowSummary),
        audience: <<ShowSummary as Endpoint<Store, ()>>::Caller as Caller<Store, ()>>::AUDIENCE,
    });
    inputs
}

#[test]
fn a_route_adds_its_function_and_a_role_with_the_permissions_of_its_bounds() {
    let (added, changed) = difference(&with_route());
    let expected = names(&["CustomerSummaryFunction", "CustomerSummaryRole"]);
    assert_eq!((added.keys().cloned().collect::<BTreeSet<_>>(), changed), (expected, names(&[])));
    let permissions = permitted(&added["CustomerSummaryRole"]);
    let expected = names(&[
        "dynamodb:BatchGetItem AccesskeysTable",
        "dynamodb:BatchGetItem AgentsTable",
        "dynamodb:BatchGetItem CustomersTable",
        "dynamodb:Query UsageTable",
        "dynamodb:UpdateItem AccesskeysTable",
    ]);
    assert_eq!(permissions, expected);
}

const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

fn transcription() -> Resource {
    let fields = [("name", "call 7"), ("status", "progressing")];
    Resource {
        customer_id: CustomerId(Uuid::from_u128(1)),
        id: Uuid::from_u128(2),
        version: 1,
        tm_create: NOW,
        tm_update: NOW,
        fields: fields.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect(),
    }
}

#[test]
fn an_event_follows_from_the_row_before_and_after_the_change() {
    let before = transcription();
    let after = stopped_transcription(&before, NOW).unwrap();
    let record = transcribe_done(&before, &after).unwrap();
    assert_eq!(
        transcribe_done(&before, &after),
        Some(record.clone()),
        "the same change gives the same record"
    );
    let event = of_stream_change(&StreamChange::OutboxRecord(record)).unwrap();
    let event = serde_json::to_value(&event).unwrap();
    assert_eq!((&event["type"], &event["version"]), (&json!("transcribe_done"), &json!(2)));
    assert_eq!(event["changed"], json!(["status"]));
    assert!(!event.to_string().contains("call 7"), "an event contains no values: {event}");

    let renamed = before.with_fields(Map::from_iter([("name".to_owned(), json!("call 8"))]), NOW);
    assert_eq!(transcribe_done(&before, &renamed), None, "a new name does not stop the transcription");
}

#[test]
fn webhooks_get_every_event_that_their_rule_does_not_name() {
    let types = &resources(&Inputs::of_project().unwrap())["WebhookEventsRule"]["Properties"]["EventPattern"]
        ["detail-type"];
    let refused = types[0]["anything-but"].as_array().unwrap();
    assert!(!refused.is_empty() && !refused.contains(&json!("transcribe_done")), "{types}");
}

/// The document with the example's code between its markers.
fn with_code(document: &str) -> String {
    let mut document = document.to_owned();
    for (name, code) in [("event", EVENT), ("kind", KIND), ("route", ROUTE)] {
        let (begin, end) = (format!("<!-- {name}.rs -->\n"), format!("<!-- end of {name}.rs -->"));
        let (before, rest) = document.split_once(&begin).expect("the beginning of the code");
        let (_, after) = rest.split_once(&end).expect("the end of the code");
        document = format!("{before}{begin}```rust\n{code}```\n{end}{after}");
    }
    document
}

#[test]
fn the_document_shows_the_code_that_is_compiled_here() {
    let document = fs::read_to_string(root().join(DOCUMENT)).unwrap();
    assert_eq!(document, with_code(&document), "update the document with `{}`", custodian_template::COMMAND);
}

#[test]
#[ignore = "writes docs/extending.md"]
fn write_the_example_into_the_document() {
    let path = root().join(DOCUMENT);
    let document = fs::read_to_string(&path).unwrap();
    fs::write(path, with_code(&document)).unwrap();
}
