//! The roles of the Scheduler, of deletions and of webhooks permit exactly the functions that jobs invoke, and the tables that the
//! code reads and empties.

use std::collections::{BTreeMap, BTreeSet};

use custodian_cascade::STEPS;
use custodian_domain::CustomerId;
use custodian_domain::kinds::ALL;
use custodian_domain::scheduled_job::Job;
use custodian_template::deployed::{list, resources, template, text};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::PREFIX;

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
    // A new job does not compile until it has an arm here. The last arm before it must lead to it.
    let next = |job: &Job| match job {
        Job::Purge { .. } => Some(Job::Expire { customer_id }),
        Job::Expire { .. } => Some(Job::Remind { customer_id, freeze: 1, days: 7 }),
        Job::Remind { .. } => None,
    };
    let jobs = std::iter::successors(Some(Job::Purge { customer_id, freeze: 1 }), next);
    let targets: BTreeSet<String> = jobs.map(|job| format!("{begin}{}", job.target())).collect();
    assert_eq!(may_invoke, targets, "the functions that ScheduleRole may invoke, and the targets of jobs");
}

/// Lambda's recursive loop detection stops a chain of 16 invocations that are caused by each other's messages.
#[test]
fn every_function_that_may_send_to_a_queue_that_triggers_it_allows_the_loop() {
    for (id, function) in resources("AWS::Serverless::Function") {
        let events = function["Events"].as_object().into_iter().flat_map(Map::values);
        let queues: Vec<Value> = events.map(|event| event["Properties"]["Queue"].clone()).collect();
        let role = text(&function["Role"]["GetAtt"]).replace(".Arn", "");
        let sends = statements(&role).into_iter().any(|statement| {
            list(&statement["Action"]).contains(&json!("sqs:SendMessage"))
                && list(&statement["Resource"]).iter().any(|queue| queues.contains(queue))
        });
        assert_eq!(sends, function["RecursiveLoop"] == "Allow", "{id}");
    }
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

/// The statements of a role's inline policy.
fn statements(role: &str) -> Vec<Value> {
    list(&resources("AWS::IAM::Role")[role]["Policies"][0]["PolicyDocument"]["Statement"])
}
