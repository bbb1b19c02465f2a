//! Direct access to the stored rows, bypassing the product.

use std::collections::BTreeMap;

use custodian_domain::kinds::ALL;
use custodian_engine::Engine;
use serde_json::{Map, Value, json};

/// The prefix of all table names.
pub const PREFIX: &str = "custodian-";

/// The tables of an account's rows, besides those of the kinds.
const OTHERS: [&str; 9] = [
    "identifiers",
    "accesskeys",
    "audits",
    "exports",
    "tokens",
    "idempotency",
    "usage",
    "outbox",
    "webhooks",
];

/// The tables that a cascade empties: those of the registered kinds, and the other tables of an account.
pub const CASCADE_TABLES: [&str; OTHERS.len() + ALL.len()] = {
    let mut tables = [OTHERS[0]; OTHERS.len() + ALL.len()];
    let mut at = 0;
    while at < tables.len() {
        tables[at] = if at < OTHERS.len() { OTHERS[at] } else { ALL[at - OTHERS.len()].table };
        at += 1;
    }
    tables
};

/// Every row of every table, in sorted order. Each row is JSON with sorted keys.
pub type Dump = BTreeMap<String, Vec<String>>;

/// The embedded database, with helpers for reading and writing rows.
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
    /// Runs one operation. A failure fails the test.
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

    /// All items of a paginated operation.
    fn pages(&self, operation: &str, mut request: Value) -> Vec<Value> {
        let mut rows = Vec::new();
        loop {
            let mut response = self.call(operation, &request);
            rows.append(response["Items"].as_array_mut().unwrap());
            match response.get("LastEvaluatedKey").filter(|key| key.is_object()) {
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
        assert_eq!(rows.len(), 1, "{id} has one row");
        rows[0].clone()
    }

    /// The statuses that a customer's gates hold.
    pub fn gates(&self, id: &str) -> Vec<String> {
        let rows = self.query("usage", "customer_id", id);
        let gates = rows.iter().filter(|row| row["key"]["S"].as_str().unwrap().starts_with("gate#"));
        gates.map(|row| row["status"]["S"].as_str().unwrap().to_owned()).collect()
    }

    /// The first row of a deletion's ledger, if there is a ledger, and its steps.
    pub fn ledger(&self, id: &str) -> (Option<Value>, Vec<Value>) {
        let rows = self.query("deletions", "customer_id", id);
        let rows = rows.into_iter().filter(|row| row["key"]["S"] != "recipient");
        let (opening, steps): (Vec<_>, Vec<_>) = rows.partition(|row| row["key"]["S"] == "ledger");
        (opening.into_iter().next(), steps)
    }

    /// The number of deleted rows in a completed ledger, by table. Fails if the ledger is not complete.
    #[track_caller]
    pub fn removed_rows(&self, id: &str) -> BTreeMap<String, u64> {
        let (opening, steps) = self.ledger(id);
        let opening = opening.expect("the account has a ledger");
        assert!(
            opening.get("tm_sealed").is_some() && opening.get("open").is_none_or(|open| open["S"] != "open"),
            "the ledger is not complete: {opening}"
        );
        assert!(steps.iter().all(|step| step["closed"]["BOOL"] == true));
        let number = |value: &Value| value["N"].as_str().unwrap().parse().unwrap();
        steps.iter().map(|s| (s["step"]["S"].as_str().unwrap().to_owned(), number(&s["removed"]))).collect()
    }

    /// All records of a table's stream, as a function receives them.
    pub fn stream_records(&self, table: &str) -> Vec<Value> {
        let table = self.call("DescribeTable", &json!({ "TableName": format!("{PREFIX}{table}") }));
        let arn = &table["Table"]["LatestStreamArn"];
        let stream = self.call("DescribeStream", &json!({ "StreamArn": arn }));
        let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
        let request = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let mut iterator = self.call("GetShardIterator", &request)["ShardIterator"].clone();
        let mut records = Vec::new();
        // The engine always names a next iterator. The page after the last record is empty.
        loop {
            let mut page = self.call("GetRecords", &json!({ "ShardIterator": iterator }));
            let found = page["Records"].as_array_mut().unwrap();
            if found.is_empty() {
                break;
            }
            records.append(found);
            iterator = page["NextShardIterator"].clone();
        }
        records.iter_mut().for_each(|record| record["eventSourceARN"] = arn.clone());
        records
    }

    /// Stores rows unconditionally.
    pub fn insert(&self, table: &str, rows: &[Value]) {
        let table = format!("{PREFIX}{table}");
        for part in rows.chunks(25) {
            let puts: Vec<_> = part.iter().map(|row| json!({ "PutRequest": { "Item": row } })).collect();
            let response = self.call("BatchWriteItem", &json!({ "RequestItems": { &table: puts } }));
            assert!(response["UnprocessedItems"].as_object().is_none_or(Map::is_empty));
        }
    }

    /// Deletes the rows of a table that contain a text, such as a customer's id.
    pub fn delete_rows_with(&self, table: &str, text: &str) {
        let name = format!("{PREFIX}{table}");
        let described = self.call("DescribeTable", &json!({ "TableName": name }));
        let keys = described["Table"]["KeySchema"].as_array().unwrap().clone();
        for row in self.scan(table).iter().filter(|row| row.to_string().contains(text)) {
            let key = |part: &Value| part["AttributeName"].as_str().unwrap().to_owned();
            let key: Map<_, _> =
                keys.iter().map(key).map(|name| (name.clone(), row[&name].clone())).collect();
            self.call("DeleteItem", &json!({ "TableName": name, "Key": key }));
        }
    }

    /// All rows of all tables.
    pub fn dump(&self) -> Dump {
        let rows = |table: &String| {
            let mut rows: Vec<_> = self.scan(table).iter().map(|row| sorted(row).to_string()).collect();
            rows.sort();
            rows
        };
        self.names().into_iter().map(|table| (table.clone(), rows(&table))).collect()
    }

    /// Every row that contains a customer's id, except the customer's own row, its ledger and the links to its deletion.
    pub fn remaining_rows(&self, id: &str) -> Vec<(String, String)> {
        let outlives = |table: &str| ["customers", "deletions", "deletion_links"].contains(&table);
        let tables = self.dump().into_iter().filter(|(table, _)| !outlives(table));
        let rows = tables.flat_map(|(table, rows)| rows.into_iter().map(move |row| (table.clone(), row)));
        rows.filter(|(_, row)| row.contains(id)).collect()
    }
}
