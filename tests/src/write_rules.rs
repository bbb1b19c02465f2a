//! The rules for writes. Each write but the batch deletions has a condition expression; a write that needs no condition has one
//! that always holds (`Expr::unconditional`). No write creates an owned row of a deleted account, and none replaces a row that
//! stays in use as a whole.

use serde_json::Value;

use crate::tables::{CASCADE_TABLES, PREFIX};

/// DynamoDB's limit for one transaction.
const MAX_ACTIONS: usize = 100;

pub(crate) fn entries(map: &Value) -> impl Iterator<Item = (&String, &Value)> {
    map.as_object().into_iter().flatten()
}

pub(crate) fn conditional(write: &Value) -> Option<String> {
    write.get("ConditionExpression").is_none().then(|| "a write without a condition".to_owned())
}

/// Invariant I3. An update's condition must fail for a missing item, because the update would create it. The counters of limits
/// belong to no account, and their TTL deletes them.
pub(crate) fn no_resurrection(update: &Value) -> Option<String> {
    if update["TableName"].as_str().is_some_and(|table| table.ends_with("-throttle")) {
        return None;
    }
    let condition = update["ConditionExpression"].as_str().unwrap_or_default();
    let implies = |term: &str| {
        let term = term.trim().trim_start_matches('(');
        term.starts_with("attribute_exists(") || (term.starts_with('#') && term.contains(" = :"))
    };
    let safe = condition.split(" OR ").all(|choice| choice.split(" AND ").any(implies));
    (!safe).then(|| format!("an update that can create a row: {condition}"))
}

/// A row that stays in use is never put whole, because it would lose the attributes of a newer version. So a put needs a condition
/// that fails for an existing row. Exceptions are an anonymised customer, and the tables whose rows are replaced on purpose: those
/// of identifiers, idempotency records, windows of limits, and records of the outbox.
pub(crate) fn no_whole_replacement(put: &Value) -> Option<String> {
    let table = put["TableName"].as_str().unwrap_or_default().trim_start_matches(PREFIX);
    let is_anonymised = ["deleted", "expired"].iter().any(|status| put["Item"]["status"]["S"] == *status);
    let replaces_an_ended_row = match table {
        "customers" => is_anonymised,
        other => ["identifiers", "idempotency", "throttle", "outbox"].contains(&other),
    };
    let condition = put["ConditionExpression"].as_str().unwrap_or_default();
    let is_new = |choice: &str| {
        ["#id", "#key"].iter().any(|key| choice.contains(&format!("attribute_not_exists({key})")))
    };
    (!replaces_an_ended_row && !condition.split(" OR ").all(is_new))
        .then(|| format!("a put that can replace a row whole: {table} {condition}"))
}

/// The only writes without a condition expression are the batch deletions of a cascade.
pub(crate) fn only_deletions(body: &Value) -> Option<String> {
    let mut requests =
        entries(&body["RequestItems"]).flat_map(|(_, list)| list.as_array().into_iter().flatten());
    requests
        .any(|request| request.get("DeleteRequest").is_none())
        .then(|| "a batch that writes rows".to_owned())
}

pub(crate) fn transaction(body: &Value) -> Vec<String> {
    let mut violations = Vec::new();
    let (mut writes_owned_row, mut checks_gate, mut checks_customer) = (false, false, false);
    if body.get("ClientRequestToken").is_none() {
        violations.push("a transaction without a token".to_owned());
    }
    let count = body["TransactItems"].as_array().map_or(0, Vec::len);
    if count > MAX_ACTIONS {
        violations.push(format!("a transaction of {count} actions"));
    }
    let actions = body["TransactItems"].as_array().into_iter().flatten();
    let (mut creating_updates, mut creates_without_gate) = (Vec::new(), false);
    for (kind, action) in actions.flat_map(entries) {
        violations.extend(conditional(action));
        if kind == "Put" {
            violations.extend(no_whole_replacement(action));
        }
        let creating_update = (kind == "Update").then(|| no_resurrection(action)).flatten();
        let table = action["TableName"].as_str().unwrap_or_default().trim_start_matches(PREFIX);
        // The tables that are keyed by customer, except `usage`, which has the gates themselves and the counters. Identifiers and
        // tokens are found by their row under the owner instead.
        let by_customer =
            CASCADE_TABLES.contains(&table) && !["identifiers", "tokens", "usage"].contains(&table);
        creates_without_gate |= creating_update.is_some() && !by_customer;
        creating_updates.extend(creating_update);
        writes_owned_row |= by_customer && kind != "ConditionCheck";
        let key = action.get("Key").or(action.get("Item")).map(|row| &row["key"]["S"]);
        let is_gate =
            table == "usage" && key.and_then(Value::as_str).is_some_and(|key| key.starts_with("gate#"));
        checks_gate |= is_gate && checks_status(action);
        // A transaction that creates an account or changes its status writes the gates. Its condition is on the customer row.
        checks_customer |= table == "customers" && (checks_status(action) || is_new(action));
    }
    // With a gate, an update may create a row, as a put may.
    if creates_without_gate || !checks_gate {
        violations.extend(creating_updates);
    }
    if writes_owned_row && !checks_gate && !checks_customer {
        violations.push("a write to an owned row without a status condition on a gate".to_owned());
    }
    violations
}

/// Whether the condition of a write names the statuses that permit it.
fn checks_status(action: &Value) -> bool {
    let condition = action["ConditionExpression"].as_str().unwrap_or_default();
    let named = entries(&action["ExpressionAttributeNames"]).any(|(_, name)| name == "status");
    named
        && !condition.contains(" OR ")
        && ["#status = :", "#status IN (:"].iter().any(|is| condition.contains(is))
}

fn is_new(action: &Value) -> bool {
    action["ConditionExpression"] == "attribute_not_exists(#id)"
}
