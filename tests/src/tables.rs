//! Rows as they are stored, looked at behind the product's back.

use std::collections::BTreeMap;

use custodian_domain::kinds::ALL;
use custodian_engine::Engine;
use serde_json::{Map, Value, json};

/// What the names of the tables begin with.
pub const PREFIX: &str = "custodian-";

/// What comes with an account beside the kinds that it owns.
const OTHERS: [&str; 8] =
    ["identifiers", "accesskeys", "audits", "tokens", "idempotency", "usage", "outbox", "webhooks"];

/// The tables of everything that an account owns: the kinds of the registry, and what comes with them.
pub const EMPTIED: [&str; OTHERS.len() + ALL.len()] = {
    let mut tables = [OTHERS[0]; OTHERS.len() + ALL.len()];
    let mut at = 0;
    while at < tables.len() {
        tables[at] = if at < OTHERS.len() { OTHERS[at] } else { ALL[at - OTHERS.len()].table };
        at += 1;
    }
    tables
};

/// Every row of every table, as JSON with sorted keys, sorted.
pub type Dump = BTreeMap<String, Vec<String>>;

/// The embedded database with a shorter way to say things.
#[derive(Clone)]
pub struct Tables(pub Engine);

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(Map::from_iter(entries))
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

impl Tables {
    /// Runs one operation; its failure fails the test.
    #[track_caller]
    pub fn call(&self, operation: &str, body: &Value) -> Value {
        self.0.call(operation, body).unwrap()
    }

    /// The names of all tables, without the prefix.
    pub fn names(&self) -> Vec<String> {
        let listed = self.call("ListTables", &json!({}));
        let names = listed["TableNames"].as_array().unwrap().iter();
        names.map(|name| name.as_str().unwrap().trim_start_matches(PREFIX).to_owned()).collect()
    }

    /// All items of an operation that answers in pages.
    fn pages(&self, operation: &str, mut request: Value) -> Vec<Value> {
        let mut rows = Vec::new();
        loop {
            let mut answer = self.call(operation, &request);
            rows.append(answer["Items"].as_array_mut().unwrap());
            match answer.get("LastEvaluatedKey").filter(|key| key.is_object()) {
                Some(next) => request["ExclusiveStartKey"] = next.clone(),
                None => return rows,
            }
        }
    }

    /// Every row of a table.
    pub fn scan(&self, table: &str) -> Vec<Value> {
        self.pages("Scan", json!({ "TableName": format!("{PREFIX}{table}"), "ConsistentRead": true }))
    }

    /// The rows of a partition.
    pub fn query(&self, table: &str, hash: &str, value: &str) -> Vec<Value> {
        let request = json!({
            "TableName": format!("{PREFIX}{table}"), "ConsistentRead": true,
            "KeyConditionExpression": "#hash = :hash",
            "ExpressionAttributeNames": { "#hash": hash },
            "ExpressionAttributeValues": { ":hash": { "S": value } },
        });
        self.pages("Query", request)
    }

    /// The row of a customer.
    #[track_caller]
    pub fn customer(&self, id: &str) -> Value {
        let rows = self.query("customers", "id", id);
        assert_eq!(rows.len(), 1, "one row for {id}");
        rows[0].clone()
    }

    /// The statuses that a customer's gates hold.
    pub fn gates(&self, id: &str) -> Vec<String> {
        let rows = self.query("usage", "customer_id", id);
        let gates = rows.iter().filter(|row| row["key"]["S"].as_str().unwrap().starts_with("gate#"));
        gates.map(|row| row["status"]["S"].as_str().unwrap().to_owned()).collect()
    }

    /// The opening row of a deletion's ledger, if there is one, and its steps.
    pub fn ledger(&self, id: &str) -> (Option<Value>, Vec<Value>) {
        let rows = self.query("deletions", "customer_id", id);
        let (opening, steps): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row["key"]["S"] == "ledger");
        (opening.into_iter().next(), steps)
    }

    /// How many rows a sealed ledger says were removed, table by table; anything but a sealed ledger fails the test.
    #[track_caller]
    pub fn removed(&self, id: &str) -> BTreeMap<String, u64> {
        let (opening, steps) = self.ledger(id);
        let opening = opening.expect("a ledger");
        assert!(
            opening.get("tm_sealed").is_some() && opening.get("open").is_none_or(|open| open["S"] != "open"),
            "sealed: {opening}"
        );
        assert!(steps.iter().all(|step| step["closed"]["BOOL"] == true));
        let number = |value: &Value| value["N"].as_str().unwrap().parse().unwrap();
        steps.iter().map(|s| (s["step"]["S"].as_str().unwrap().to_owned(), number(&s["removed"]))).collect()
    }

    /// Stores rows without asking anybody.
    pub fn insert(&self, table: &str, rows: &[Value]) {
        let table = format!("{PREFIX}{table}");
        for part in rows.chunks(25) {
            let puts: Vec<_> = part.iter().map(|row| json!({ "PutRequest": { "Item": row } })).collect();
            let answer = self.call("BatchWriteItem", &json!({ "RequestItems": { &table: puts } }));
            assert!(answer["UnprocessedItems"].as_object().is_none_or(Map::is_empty));
        }
    }

    /// Everything there is.
    pub fn dump(&self) -> Dump {
        let rows = |table: &String| {
            let mut rows: Vec<_> = self.scan(table).iter().map(|row| sorted(row).to_string()).collect();
            rows.sort();
            rows
        };
        self.names().into_iter().map(|table| (table.clone(), rows(&table))).collect()
    }

    /// What is left of a customer outside its own row and its ledger: every row that has its id anywhere.
    pub fn left_of(&self, id: &str) -> Vec<(String, String)> {
        let tables =
            self.dump().into_iter().filter(|(table, _)| table != "customers" && table != "deletions");
        let rows = tables.flat_map(|(table, rows)| rows.into_iter().map(move |row| (table.clone(), row)));
        rows.filter(|(_, row)| row.contains(id)).collect()
    }
}
