//! `template.yaml` matches the code in tables, functions, routes, environment variables, events and permissions.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use custodian_cascade::STEPS;
use custodian_domain::kinds::{AGENTS, ALL, routed};
use custodian_domain::outbox_record::ADMINISTRATOR;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{CustomerId, EventType, RowChange, access_key};
use custodian_events::SOURCE;
use custodian_store::schema::{KeyAttribute, TABLES, Table};
use custodian_template::deployed::{list, read, resources, template, text};
use custodian_template::root;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The prefix of every function's name.
const PREFIX: &str = "${AWS::StackName}-";

#[test]
fn the_tables_match_the_schema() {
    let deployed = resources("AWS::DynamoDB::Table").into_values().map(|table| {
        let name = text(&table["TableName"]["Sub"]).replace("${TablePrefix}", "");
        (name, deployed_table(&table))
    });
    let declared = TABLES.iter().map(|table| (table.name.to_owned(), declared_table(table)));
    compare("table", deployed.collect(), declared.collect());
}

#[test]
fn each_folder_of_functions_is_deployed_with_its_routes() {
    let deployed = resources("AWS::Serverless::Function").into_iter().map(|(id, function)| {
        let name = text(&function["FunctionName"]["Sub"]).replace(PREFIX, "");
        (name, deployed_function(&id, &function))
    });
    compare("function", deployed.collect(), declared_functions());
}

#[test]
fn the_scheduler_may_invoke_the_target_of_every_job() {
    let customer_id = CustomerId(Uuid::nil());
    let environment = &template()["Globals"]["Function"]["Environment"]["Variables"];
    let begin = text(&environment["SCHEDULE_TARGET_PREFIX"]["Sub"]);
    assert!(begin.ends_with(&format!(":function:{PREFIX}")), "SCHEDULE_TARGET_PREFIX is {begin}");

    let may_invoke: BTreeSet<String> = statements("ScheduleRole")
        .into_iter()
        .filter(|statement| statement["Action"] == "lambda:InvokeFunction")
        .flat_map(|statement| list(&statement["Resource"]))
        .map(|arn| text(&arn["Sub"]))
        .collect();
    let targets = [
        Job::Purge { customer_id, freeze: 1 },
        Job::Expire { customer_id },
        Job::Remind { customer_id, freeze: 1, days: 7 },
    ];
    let targets: BTreeSet<String> = targets.iter().map(|job| format!("{begin}{}", job.target())).collect();
    assert_eq!(may_invoke, targets, "the functions that ScheduleRole may invoke, and the targets of jobs");
}

#[test]
fn rules_match_the_events_that_the_code_publishes() {
    let deployed = resources("AWS::Events::Rule").into_iter();
    let deployed = deployed.map(|(name, rule)| (name, rule["EventPattern"].clone())).collect();
    let pattern = |types: &[EventType]| json!({ "source": [SOURCE], "detail-type": types });
    let without_webhook = [
        EventType::CustomerExpired,
        EventType::CustomerErased,
        EventType::OperationsTerminate,
        EventType::WebhookDisabled,
    ];
    let of_agents = RowChange::ALL.map(|change| EventType::row(AGENTS.noun, change));
    let with_mail = [
        EventType::CustomerCreated,
        EventType::CustomerVerified,
        EventType::CustomerUpdated,
        EventType::CustomerFrozen,
        EventType::CustomerRecovered,
        EventType::CustomerDeletionReminder,
        EventType::CustomerDeleted,
        EventType::row(access_key::NOUN, RowChange::Created),
        EventType::WebhookDisabled,
    ];
    let expected = BTreeMap::from([
        ("CascadeRule".to_owned(), pattern(&[EventType::CustomerDeleted, EventType::CustomerExpired])),
        (
            "AgentMailRule".to_owned(),
            json!({
                "source": [SOURCE], "detail-type": of_agents,
                "detail": { "changed": [ADMINISTRATOR, "password", "username"] },
            }),
        ),
        ("CreatedRule".to_owned(), pattern(&with_mail)),
        ("StoppedRule".to_owned(), pattern(&[EventType::CustomerFrozen, EventType::CustomerDeleted])),
        (
            "WebhookEventsRule".to_owned(),
            json!({ "source": [SOURCE], "detail-type": [{ "anything-but": without_webhook }] }),
        ),
    ]);
    compare("rule", deployed, expected);
}

#[test]
fn the_cascade_worker_may_empty_the_tables_of_its_steps_and_no_other() {
    let steps: BTreeSet<String> = STEPS.iter().map(|step| step.table.to_owned()).collect();
    let emptied = tables_of("CascadeWorkerRole", "BatchWriteItem");
    assert_eq!(emptied, steps, "the tables that CascadeWorkerRole may empty, and those of the steps");
}

#[test]
fn reconcile_may_query_exactly_the_tables_that_it_recounts_or_verifies() {
    // reconcile also queries the ledgers.
    let mut read = tables_of("ReconcileRole", "Query");
    assert!(read.remove("deletions"));
    let recounted = kinds_and("accesskeys").into_iter().chain(["usage".to_owned()]);
    let erased = STEPS.iter().map(|step| step.table.to_owned());
    let expected: BTreeSet<String> = recounted.chain(erased).collect();
    assert_eq!(
        read, expected,
        "the tables that ReconcileRole may query, and the tables that reconcile reads"
    );
}

#[test]
fn the_webhook_worker_may_read_exactly_the_rows_that_webhooks_show() {
    let mut read = tables_of("WebhookDeliverRole", "GetItem");
    for own in ["customers", "webhooks"] {
        assert!(read.remove(own), "{own}");
    }
    assert_eq!(
        read,
        kinds_and("accesskeys"),
        "the tables that WebhookDeliverRole may read, and the tables whose rows webhooks show"
    );
}

/// The tables of all kinds, and another table.
fn kinds_and(other: &str) -> BTreeSet<String> {
    ALL.iter().map(|kind| kind.table).chain([other]).map(str::to_owned).collect()
}

/// The tables on which a role may take this action, without indexes.
fn tables_of(role: &str, action: &str) -> BTreeSet<String> {
    let names: BTreeMap<String, String> = resources("AWS::DynamoDB::Table")
        .into_iter()
        .map(|(logical, table)| {
            (format!("{logical}.Arn"), text(&table["TableName"]["Sub"]).replace("${TablePrefix}", ""))
        })
        .collect();
    statements(role)
        .iter()
        .filter(|statement| list(&statement["Action"]).contains(&json!(format!("dynamodb:{action}"))))
        .flat_map(|statement| list(&statement["Resource"]))
        .filter_map(|arn| arn["GetAtt"].as_str().map(|logical| names[logical].clone()))
        .collect()
}

#[test]
fn the_template_sets_exactly_the_variables_that_the_code_reads() {
    let template = template();
    let mut set = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    for function in resources("AWS::Serverless::Function").values() {
        set.extend(names(&function["Environment"]["Variables"]));
    }
    // Lambda itself sets the `AWS_` variables of the SDK.
    let is_variable = |text: &&str| {
        let is_name = (text.contains('_') || *text == "SUPPORT")
            && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        is_name && !text.starts_with("AWS_")
    };
    let sources = entries(&root().join("shared/runtime/src")).into_iter().map(|path| read(&path));
    let read: BTreeSet<String> = sources
        .flat_map(|source| {
            source.split('"').skip(1).step_by(2).filter(is_variable).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(set, read, "the variables that the template sets, and those that shared/runtime reads");
}

/// Panics with a list of all differences, if there are any.
fn compare<T: Debug + PartialEq>(
    what: &str,
    mut template: BTreeMap<String, T>,
    mut code: BTreeMap<String, T>,
) {
    let names: BTreeSet<String> = template.keys().chain(code.keys()).cloned().collect();
    let mut differences = String::new();
    for name in names {
        match (template.remove(&name), code.remove(&name)) {
            (Some(here), Some(there)) if here == there => {}
            (Some(here), Some(there)) => {
                differences += &format!("\n{what} {name}: template {here:?}, code {there:?}");
            }
            (Some(_), None) => differences += &format!("\n{what} {name}: in the template, not in the code"),
            (None, _) => differences += &format!("\n{what} {name}: in the code, not in the template"),
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// A table as text: keys with their types, indexes, time to live, stream.
fn deployed_table(table: &Value) -> Vec<String> {
    let types: BTreeMap<String, String> = list(&table["AttributeDefinitions"])
        .iter()
        .map(|attribute| (text(&attribute["AttributeName"]), text(&attribute["AttributeType"])))
        .collect();
    let keys = |schema: &Value| {
        let key = |key: &Value| {
            let name = text(&key["AttributeName"]);
            format!("{} {name} {}", text(&key["KeyType"]), types[&name])
        };
        list(schema).iter().map(key).collect::<Vec<_>>().join(", ")
    };
    let mut words = vec![keys(&table["KeySchema"])];
    for index in list(&table["GlobalSecondaryIndexes"]) {
        let projection = text(&index["Projection"]["ProjectionType"]);
        words.push(format!("{}: {}, {projection}", text(&index["IndexName"]), keys(&index["KeySchema"])));
    }
    if let Some(ttl) = table.get("TimeToLiveSpecification") {
        words.push(format!("ttl {}", text(&ttl["AttributeName"])));
    }
    if let Some(stream) = table.get("StreamSpecification") {
        words.push(format!("stream {}", text(&stream["StreamViewType"])));
    }
    words
}

fn declared_table(table: &Table) -> Vec<String> {
    let range = table.range.map(|range| format!(", RANGE {range} S")).unwrap_or_default();
    let mut words = vec![format!("HASH {} S{range}", table.hash)];
    for index in table.indexes {
        let (range, kind) = match index.range {
            KeyAttribute::Text(name) => (name, "S"),
            KeyAttribute::Number(name) => (name, "N"),
        };
        words.push(format!("{}: HASH {} S, RANGE {range} {kind}, KEYS_ONLY", index.name, index.hash));
    }
    words.extend(table.ttl.map(|ttl| format!("ttl {ttl}")));
    words.extend(table.stream.then(|| "stream NEW_AND_OLD_IMAGES".to_owned()));
    words
}

/// A function as deployed.
#[derive(Debug, PartialEq)]
struct Deployed {
    binary: String,
    folder: String,
    kind: Option<String>,
    routes: BTreeSet<String>,
}

fn deployed_function(id: &str, function: &Value) -> Deployed {
    let events = function["Events"].as_object().into_iter().flat_map(Map::values);
    let http = events.filter(|event| event["Type"] == "HttpApi").map(|event| {
        let properties = &event["Properties"];
        match (&properties["Method"], &properties["Path"]) {
            (Value::Null, Value::Null) => "$default ".to_owned(),
            // A route for reading has any method, so that it also matches HEAD.
            (method, path) => format!("{} {}", text(method).replace("ANY", "GET"), text(path)),
        }
    });
    let kind = &function["Environment"]["Variables"]["RESOURCE_KIND"];
    Deployed {
        binary: text(&function["Metadata"]["BuildProperties"]["Binary"]),
        folder: text(&function["CodeUri"]),
        kind: kind.as_str().map(str::to_owned),
        routes: http.chain(defined_routes(id)).collect(),
    }
}

/// The routes of a function in the API's definition.
fn defined_routes(id: &str) -> Vec<String> {
    let paths = &resources("AWS::Serverless::HttpApi")["Api"]["DefinitionBody"]["paths"];
    let operations = paths.as_object().into_iter().flatten().flat_map(|(path, operations)| {
        let operations = operations.as_object().into_iter().flatten();
        // A route for reading has any method, so that it also matches HEAD.
        let verb = |method: &str| method.replace("x-amazon-apigateway-any-method", "get").to_uppercase();
        operations.map(move |(method, operation)| (format!("{} {path}", verb(method)), operation))
    });
    let uri = |operation: &Value| text(&operation["x-amazon-apigateway-integration"]["uri"]["Sub"]);
    let of_function = operations.filter(|(_, operation)| uri(operation).contains(&format!("${{{id}.Arn}}")));
    of_function.map(|(route, _)| route).collect()
}

/// The functions that the folders declare, by name. A folder that kinds share declares one function for each kind.
fn declared_functions() -> BTreeMap<String, Deployed> {
    let mut functions = BTreeMap::new();
    for folder in entries(&root().join("functions")) {
        let manifest = read(&folder.join("Cargo.toml"));
        let (_, bin) = manifest.split_once("[[bin]]").expect("a binary");
        let binary = literals(bin).next().expect("the binary's name");
        let routes = declared_routes(&read(&folder.join("src/lib.rs")));
        let folder = format!("functions/{}", folder.file_name().and_then(|name| name.to_str()).unwrap());
        let deploy = |kind: Option<&str>, routes: Vec<String>| {
            let (binary, folder) = (binary.to_owned(), folder.clone());
            Deployed { binary, folder, kind: kind.map(str::to_owned), routes: routes.into_iter().collect() }
        };
        let Some(verb) = binary.strip_prefix("resource-") else {
            functions.insert(binary.to_owned(), deploy(None, routes));
            continue;
        };
        for kind in routed().filter(|kind| kind.shared_verbs().contains(&verb)) {
            let route = routes.iter().map(|route| route.replace("{}", kind.route).replace("{{id}}", "{id}"));
            let parts = kind.parts.iter().filter(|_| verb == "update");
            let parts =
                parts.map(|part| format!("{} /v1.0/{}/{{id}}/{}", part.method, kind.route, part.path));
            let routes = route.chain(parts).collect();
            functions
                .insert(format!("{}-{verb}", kind.route).replace('_', "-"), deploy(Some(kind.route), routes));
        }
    }
    functions
}

/// The method and the path in each `Route::new(…)`; the path may be a format string. If it is not a literal, one route for each path
/// in the source.
fn declared_routes(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let paths: Vec<&str> = literals(&code).filter(|literal| literal.starts_with('/')).collect();
    // The routes of parts of kinds come from the registry.
    let written = code.split("Route::new(").skip(1).filter(|arguments| !arguments.starts_with("part."));
    let routes = written.flat_map(|arguments| {
        let mut of_route = arguments.splitn(5, '"').skip(1);
        let (method, between, path) = (of_route.next(), of_route.next(), of_route.next());
        let is_own = |between: &str| !between.contains(')') && !between.contains("match");
        let own = path.filter(|_| between.is_some_and(is_own));
        let paths = own.map_or_else(|| paths.clone(), |path| vec![path]);
        paths.into_iter().map(move |path| format!("{} {path}", method.unwrap_or_default()))
    });
    routes.collect()
}

/// The string literals of a source.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').skip(1).step_by(2)
}

/// The statements of a role's inline policy.
fn statements(role: &str) -> Vec<Value> {
    list(&resources("AWS::IAM::Role")[role]["Policies"][0]["PolicyDocument"]["Statement"])
}

fn names(variables: &Value) -> BTreeSet<String> {
    variables.as_object().into_iter().flat_map(Map::keys).cloned().collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}
