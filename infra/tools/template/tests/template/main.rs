//! `template.yaml` matches the code in tables, functions, routes, environment variables, events and permissions.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod functions;
mod local_queues;
mod permissions;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use custodian_domain::kinds::AGENTS;
use custodian_domain::outbox_record::ADMINISTRATOR;
use custodian_domain::{EventType, RowChange, access_key};
use custodian_events::SOURCE;
use custodian_template::deployed::{read, resources, template};
use custodian_template::root;
use serde_json::{Map, Value, json};

/// The prefix of every function's name.
pub(crate) const PREFIX: &str = "${AWS::StackName}-";

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
fn the_template_sets_exactly_the_variables_that_the_code_reads() {
    let template = template();
    let mut set = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    for function in resources("AWS::Serverless::Function").values() {
        set.extend(names(&function["Environment"]["Variables"]));
    }
    // Only the benchmarks and the emulator set `AWS_ENDPOINT_URL`.
    let is_variable = |text: &&str| {
        let is_name = text.contains('_') && text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
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
pub(crate) fn compare<T: Debug + PartialEq>(
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

fn names(variables: &Value) -> BTreeSet<String> {
    variables.as_object().into_iter().flat_map(Map::keys).cloned().collect()
}

pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}
