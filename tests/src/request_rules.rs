//! The rules that every database request of a `TestApp` or a `Client` must follow.

use std::sync::{Arc, Mutex, PoisonError};

use custodian_engine::{Fault, RequestObserver};
use serde_json::Value;

use crate::tables::PREFIX;
use crate::write_rules::{
    conditional, entries, no_resurrection, no_whole_replacement, only_deletions, transaction,
};

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

/// Panics if a request breaks a rule. Otherwise passes the request on to the next observer. A local service turns the panic into
/// an error response or a line in its log. So the request is also recorded, and `ServiceCheck` fails the test at its end.
pub struct RequestRules {
    next: Arc<dyn RequestObserver>,
    broken: Mutex<Vec<String>>,
}

impl RequestRules {
    /// Checks every request before `next` observes it.
    pub fn before(next: Arc<dyn RequestObserver>) -> Self {
        Self { next, broken: Mutex::default() }
    }

    /// The requests that broke a rule.
    pub fn broken(&self) -> Vec<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Default for RequestRules {
    fn default() -> Self {
        Self::before(Arc::new(()))
    }
}

impl RequestObserver for RequestRules {
    fn on_request(&self, operation: &str, body: &Value) -> Fault {
        let violations = violations(operation, body);
        if !violations.is_empty() {
            let broken = format!("{operation} breaks rules: {violations:?}\n{body}");
            self.broken.lock().unwrap_or_else(PoisonError::into_inner).push(broken.clone());
            panic!("{broken}");
        }
        self.next.on_request(operation, body)
    }

    fn wants_consumed_capacity(&self) -> bool {
        self.next.wants_consumed_capacity()
    }

    fn on_consumed_capacity(&self, operation: &str, consumed: &Value) {
        self.next.on_consumed_capacity(operation, consumed);
    }

    fn on_call_start(&self) {
        self.next.on_call_start();
    }

    fn on_call_end(&self) {
        self.next.on_call_end();
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

fn consistent(read: &Value) -> Option<String> {
    (read["ConsistentRead"] != true).then(|| "a read without ConsistentRead".to_owned())
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

    /// Invariant I3: no owned row is written after its account is deleted or expired, and no update brings back a deleted row.
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
