//! The rules that every request to the database keeps, whatever asked for it.

use std::sync::Arc;

use custodian_engine::{Fate, Watch};
use serde_json::Value;

use crate::tables::{EMPTIED, PREFIX};

/// The words of expressions that are not attributes.
const WORDS: [&str; 16] = [
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
];

/// What the engine takes in one transaction.
const MOST_ACTIONS: usize = 100;

/// Fails the test in which a request breaks a rule; else hands it on to another watch.
#[derive(Clone)]
pub struct Rules(Arc<dyn Watch>);

impl Rules {
    /// Looks at every request before `next` does.
    pub fn before(next: Arc<dyn Watch>) -> Self {
        Self(next)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self(Arc::new(()))
    }
}

impl Watch for Rules {
    fn request(&self, operation: &str, body: &Value) -> Fate {
        let broken = broken(operation, body);
        assert!(broken.is_empty(), "{operation} breaks rules: {broken:?}\n{body}");
        self.0.request(operation, body)
    }

    fn meters(&self) -> bool {
        self.0.meters()
    }

    fn cost(&self, operation: &str, consumed: &Value) {
        self.0.cost(operation, consumed);
    }

    fn begins(&self) {
        self.0.begins();
    }

    fn ends(&self) {
        self.0.ends();
    }
}

/// The rules that a request breaks.
pub fn broken(operation: &str, body: &Value) -> Vec<String> {
    let mut broken = expressions(body);
    match operation {
        "GetItem" | "Scan" => broken.extend(consistent(body)),
        "Query" if body.get("IndexName").is_none() => broken.extend(consistent(body)),
        "Query" => {}
        "BatchGetItem" => {
            broken.extend(entries(&body["RequestItems"]).flat_map(|(_, part)| consistent(part)));
        }
        "BatchWriteItem" => broken.extend(only_deletions(body)),
        "PutItem" | "DeleteItem" => broken.extend(conditional(body)),
        "UpdateItem" => broken.extend(conditional(body).into_iter().chain(no_resurrection(body))),
        "TransactWriteItems" => broken.extend(transaction(body)),
        other => broken.push(format!("{other} is no operation of the product")),
    }
    if operation == "Scan" && body["TableName"] != format!("{PREFIX}verifying_keys") {
        broken.push("a scan of a table that grows".to_owned());
    }
    broken
}

fn entries(map: &Value) -> impl Iterator<Item = (&String, &Value)> {
    map.as_object().into_iter().flatten()
}

fn consistent(read: &Value) -> Option<String> {
    (read["ConsistentRead"] != true).then(|| "a read that is not consistent".to_owned())
}

fn conditional(write: &Value) -> Option<String> {
    write.get("ConditionExpression").is_none().then(|| "a write without a condition".to_owned())
}

/// An update's condition must not hold for an item that is not there, or the update would create it.
fn no_resurrection(update: &Value) -> Option<String> {
    let condition = update["ConditionExpression"].as_str().unwrap_or_default();
    let implies = |term: &str| {
        let term = term.trim().trim_start_matches('(');
        term.starts_with("attribute_exists(") || (term.starts_with('#') && term.contains(" = :"))
    };
    let safe = condition.split(" OR ").all(|choice| choice.split(" AND ").any(implies));
    (!safe).then(|| format!("an update that can create a row: {condition}"))
}

/// The one unconditional write is the removal of rows that only a cascade can see.
fn only_deletions(body: &Value) -> Option<String> {
    let mut requests =
        entries(&body["RequestItems"]).flat_map(|(_, list)| list.as_array().into_iter().flatten());
    requests
        .any(|request| request.get("DeleteRequest").is_none())
        .then(|| "a batch that writes rows".to_owned())
}

fn transaction(body: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    let (mut owned, mut gate, mut moves) = (false, false, false);
    if body.get("ClientRequestToken").is_none() {
        broken.push("a transaction without a token".to_owned());
    }
    let count = body["TransactItems"].as_array().map_or(0, Vec::len);
    if count > MOST_ACTIONS {
        broken.push(format!("a transaction of {count} actions"));
    }
    let actions = body["TransactItems"].as_array().into_iter().flatten();
    for (kind, action) in actions.flat_map(entries) {
        broken.extend(conditional(action));
        if kind == "Update" {
            broken.extend(no_resurrection(action));
        }
        let table = action["TableName"].as_str().unwrap_or_default().trim_start_matches(PREFIX);
        // The rows that belong to a customer by their key; identifiers and tokens have pairs instead.
        let by_customer = EMPTIED.contains(&table) && !["identifiers", "tokens", "usage"].contains(&table);
        owned |= by_customer && kind != "ConditionCheck";
        let key = action.get("Key").or(action.get("Item")).map(|row| &row["key"]["S"]);
        let is_gate =
            table == "usage" && key.and_then(Value::as_str).is_some_and(|key| key.starts_with("gate#"));
        gate |= is_gate && asks_the_status(action);
        // Who opens an account or moves it on writes its gates, on condition of the row.
        moves |= table == "customers" && (asks_the_status(action) || is_new(action));
    }
    if owned && !gate && !moves {
        broken.push("a write to what a customer owns that asks no gate for the status".to_owned());
    }
    broken
}

/// Whether a write holds only in some statuses: those that its condition names.
fn asks_the_status(action: &Value) -> bool {
    let condition = action["ConditionExpression"].as_str().unwrap_or_default();
    let named = entries(&action["ExpressionAttributeNames"]).any(|(_, name)| name == "status");
    named
        && !condition.contains(" OR ")
        && ["#status = :", "#status IN (:"].iter().any(|is| condition.contains(is))
}

fn is_new(action: &Value) -> bool {
    action["ConditionExpression"] == "attribute_not_exists(#id)"
}

/// Every attribute in every expression, at any depth, goes by an alias.
fn expressions(value: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, part) in entries(value) {
        // Items and values are data, not requests.
        if matches!(name.as_str(), "Item" | "Key" | "ExpressionAttributeValues" | "ExclusiveStartKey") {
            continue;
        }
        match part {
            Value::String(text) if name.ends_with("Expression") => {
                broken.extend(bare(text).map(|word| format!("{word} without an alias in {text}")));
            }
            Value::Array(list) => broken.extend(list.iter().flat_map(expressions)),
            Value::Object(_) => broken.extend(expressions(part)),
            _ => {}
        }
    }
    broken
}

fn bare(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_#:".contains(c));
    words.filter(|word| !word.is_empty() && !word.starts_with(['#', ':']) && !WORDS.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::broken;

    #[test]
    fn what_keeps_the_rules_passes_and_what_breaks_one_is_named() {
        let get = json!({ "TableName": "custodian-customers", "ConsistentRead": true });
        assert!(broken("GetItem", &get).is_empty());
        assert!(!broken("GetItem", &json!({ "TableName": "custodian-customers" })).is_empty());
        assert!(!broken("Scan", &get).is_empty());
        let update =
            |condition: &str| json!({ "UpdateExpression": "SET #a = :a", "ConditionExpression": condition });
        for good in ["attribute_exists(#id)", "#status = :s AND attribute_not_exists(#b)"] {
            assert!(broken("UpdateItem", &update(good)).is_empty(), "{good}");
        }
        for bad in
            ["attribute_not_exists(#b)", "#a = :a OR attribute_not_exists(#id)", "status = :s", "#a <> :a"]
        {
            assert!(!broken("UpdateItem", &update(bad)).is_empty(), "{bad}");
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
        assert!(broken("TransactWriteItems", &transaction(&[&put, &gate])).is_empty());
        assert!(!broken("TransactWriteItems", &transaction(&[&put])).is_empty());
        assert!(!broken("TransactWriteItems", &transaction(&[&put, &any_gate])).is_empty());
        assert!(broken("TransactWriteItems", &transaction(&[&gate; 100])).is_empty());
        assert!(!broken("TransactWriteItems", &transaction(&[&gate; 101])).is_empty());
    }
}
