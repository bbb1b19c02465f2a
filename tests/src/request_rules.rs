//! The rules that every database request of every test must follow.

use std::sync::Arc;

use custodian_engine::{Fault, RequestObserver};
use serde_json::Value;

use crate::tables::{CASCADE_TABLES, PREFIX};

/// The keywords and functions of expressions, which are not attributes.
const KEYWORDS: [&str; 17] = [
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "attribute_exists",
    "attribute_not_exists",
    "attribute_type",
    "begins_with",
    "contains",
    "size",
    "if_not_exists",
    "list_append",
];

/// DynamoDB's limit for one transaction.
const MAX_ACTIONS: usize = 100;

/// Fails the test if a request breaks a rule. Otherwise passes the request on to the next observer.
#[derive(Clone)]
pub struct RequestRules(Arc<dyn RequestObserver>);

impl RequestRules {
    /// Checks every request before `next` observes it.
    pub fn before(next: Arc<dyn RequestObserver>) -> Self {
        Self(next)
    }
}

impl Default for RequestRules {
    fn default() -> Self {
        Self(Arc::new(()))
    }
}

impl RequestObserver for RequestRules {
    fn on_request(&self, operation: &str, body: &Value) -> Fault {
        let violations = violations(operation, body);
        assert!(violations.is_empty(), "{operation} breaks rules: {violations:?}\n{body}");
        self.0.on_request(operation, body)
    }

    fn wants_consumed_capacity(&self) -> bool {
        self.0.wants_consumed_capacity()
    }

    fn on_consumed_capacity(&self, operation: &str, consumed: &Value) {
        self.0.on_consumed_capacity(operation, consumed);
    }

    fn on_call_start(&self) {
        self.0.on_call_start();
    }

    fn on_call_end(&self) {
        self.0.on_call_end();
    }
}

/// The rules that a request breaks.
pub fn violations(operation: &str, body: &Value) -> Vec<String> {
    let mut violations = expressions(body);
    match operation {
        "GetItem" | "Scan" => violations.extend(consistent(body)),
        "Query" if body.get("IndexName").is_none() => violations.extend(consistent(body)),
        "Query" => {}
        "BatchGetItem" => {
            violations.extend(entries(&body["RequestItems"]).flat_map(|(_, part)| consistent(part)));
        }
        "BatchWriteItem" => violations.extend(only_deletions(body)),
        "PutItem" => violations.extend(conditional(body).into_iter().chain(no_whole_replacement(body))),
        "DeleteItem" => violations.extend(conditional(body)),
        "UpdateItem" => violations.extend(conditional(body).into_iter().chain(no_resurrection(body))),
        "TransactWriteItems" => violations.extend(transaction(body)),
        other => violations.push(format!("{other} is not used by the product")),
    }
    // Only a restore run scans tables that grow, page by page.
    let is_page = body.get("Limit").is_some();
    if operation == "Scan" && !is_page && body["TableName"] != format!("{PREFIX}verifying_keys") {
        violations.push("a scan of a table that grows".to_owned());
    }
    violations
}

fn entries(map: &Value) -> impl Iterator<Item = (&String, &Value)> {
    map.as_object().into_iter().flatten()
}

fn consistent(read: &Value) -> Option<String> {
    (read["ConsistentRead"] != true).then(|| "a read without ConsistentRead".to_owned())
}

fn conditional(write: &Value) -> Option<String> {
    write.get("ConditionExpression").is_none().then(|| "a write without a condition".to_owned())
}

/// Invariant I3. An update's condition must fail for a missing item, because the update would create it. The counters of limits
/// belong to no account, and their TTL deletes them.
fn no_resurrection(update: &Value) -> Option<String> {
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
/// that fails for an existing row. Exceptions are rows that replace one that has ended: an anonymised customer, an identifier of
/// another holder, an idempotency record, a window of a limit, and a record of the outbox, which never changes.
fn no_whole_replacement(put: &Value) -> Option<String> {
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
fn only_deletions(body: &Value) -> Option<String> {
    let mut requests =
        entries(&body["RequestItems"]).flat_map(|(_, list)| list.as_array().into_iter().flatten());
    requests
        .any(|request| request.get("DeleteRequest").is_none())
        .then(|| "a batch that writes rows".to_owned())
}

fn transaction(body: &Value) -> Vec<String> {
    let mut violations = Vec::new();
    let (mut writes_owned_row, mut checks_gate, mut changes_status) = (false, false, false);
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
        // The tables that are keyed by customer. Identifiers and tokens have owner entries instead.
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
        changes_status |= table == "customers" && (checks_status(action) || is_new(action));
    }
    // With a gate, an update may create a row, as a put may.
    if creates_without_gate || !checks_gate {
        violations.extend(creating_updates);
    }
    if writes_owned_row && !checks_gate && !changes_status {
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

/// Every attribute in every expression, at any depth, must have an alias.
fn expressions(value: &Value) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, part) in entries(value) {
        // Items and values hold data, not expressions.
        if matches!(name.as_str(), "Item" | "Key" | "ExpressionAttributeValues" | "ExclusiveStartKey") {
            continue;
        }
        match part {
            Value::String(text) if name.ends_with("Expression") => {
                violations.extend(unaliased(text).map(|word| format!("{word} without an alias in {text}")));
            }
            Value::Array(list) => violations.extend(list.iter().flat_map(expressions)),
            Value::Object(_) => violations.extend(expressions(part)),
            _ => {}
        }
    }
    violations
}

fn unaliased(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_#:".contains(c));
    words.filter(|word| !word.is_empty() && !word.starts_with(['#', ':']) && !KEYWORDS.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::violations;

    /// Invariant I3: no row is written after its account is deleted or expired, and no update creates a row.
    #[test]
    fn requests_within_the_rules_pass_and_violations_are_named() {
        let get = json!({ "TableName": "custodian-customers", "ConsistentRead": true });
        assert!(violations("GetItem", &get).is_empty());
        assert!(!violations("GetItem", &json!({ "TableName": "custodian-customers" })).is_empty());
        assert!(!violations("Scan", &get).is_empty());
        let update =
            |condition: &str| json!({ "UpdateExpression": "SET #a = :a", "ConditionExpression": condition });
        for good in ["attribute_exists(#id)", "#status = :s AND attribute_not_exists(#b)"] {
            assert!(violations("UpdateItem", &update(good)).is_empty(), "{good}");
        }
        for bad in
            ["attribute_not_exists(#b)", "#a = :a OR attribute_not_exists(#id)", "status = :s", "#a <> :a"]
        {
            assert!(!violations("UpdateItem", &update(bad)).is_empty(), "{bad}");
        }
        let put = json!({ "Put": {
            "TableName": "custodian-tags", "Item": {}, "ConditionExpression": "attribute_not_exists(#id)",
        } });
        let gate = json!({ "ConditionCheck": {
            "TableName": "custodian-usage", "Key": { "key": { "S": "gate#1" } },
            "ConditionExpression": "#status IN (:s0)", "ExpressionAttributeNames": { "#status": "status" },
        } });
        let mut any_gate = gate.clone();
        any_gate["ConditionCheck"]["ConditionExpression"] = json!("attribute_exists(#key)");
        let transaction =
            |items: &[&serde_json::Value]| json!({ "ClientRequestToken": "t", "TransactItems": items });
        assert!(violations("TransactWriteItems", &transaction(&[&put, &gate])).is_empty());
        let mut whole = put.clone();
        whole["Put"]["ConditionExpression"] = json!("#version = :version");
        assert!(!violations("TransactWriteItems", &transaction(&[&whole, &gate])).is_empty());
        let upsert = json!({ "Update": {
            "TableName": "custodian-webhooks", "UpdateExpression": "SET #a = :a",
            "ConditionExpression": "attribute_not_exists(#key)",
        } });
        assert!(violations("TransactWriteItems", &transaction(&[&upsert, &gate])).is_empty());
        assert!(!violations("TransactWriteItems", &transaction(&[&upsert])).is_empty());
        assert!(!violations("TransactWriteItems", &transaction(&[&put])).is_empty());
        assert!(!violations("TransactWriteItems", &transaction(&[&put, &any_gate])).is_empty());
        assert!(violations("TransactWriteItems", &transaction(&[&gate; 100])).is_empty());
        assert!(!violations("TransactWriteItems", &transaction(&[&gate; 101])).is_empty());
    }
}
