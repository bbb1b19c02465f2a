//! The tables, created as the template declares them.

use custodian_store::schema::{Index, Key, Table};
use serde_json::{Value, json};

use crate::{Engine, EngineError};

impl Engine {
    /// Creates the tables that are not there yet.
    pub fn create_tables(&self, tables: &[(String, &'static Table)]) -> Result<(), EngineError> {
        for (name, table) in tables {
            if self.call("DescribeTable", &json!({ "TableName": name })).is_ok() {
                continue;
            }
            self.call("CreateTable", &definition(name, table))?;
            if let Some(attribute) = table.ttl {
                let ttl = json!({ "AttributeName": attribute, "Enabled": true });
                self.call("UpdateTimeToLive", &json!({ "TableName": name, "TimeToLiveSpecification": ttl }))?;
            }
        }
        Ok(())
    }
}

fn definition(name: &str, table: &Table) -> Value {
    let mut attributes = vec![(table.hash, "S")];
    attributes.extend(table.range.map(|range| (range, "S")));
    for index in table.indexes {
        attributes.push((index.hash, "S"));
        attributes.push(match index.range {
            Key::Text(name) => (name, "S"),
            Key::Number(name) => (name, "N"),
        });
    }
    attributes.sort_unstable();
    attributes.dedup();
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
        .collect();
    let mut definition = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": keys(table.hash, table.range),
    });
    if !table.indexes.is_empty() {
        definition["GlobalSecondaryIndexes"] = table.indexes.iter().map(index_definition).collect();
    }
    if table.stream {
        definition["StreamSpecification"] =
            json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" });
    }
    definition
}

fn index_definition(index: &Index) -> Value {
    let (Key::Text(range) | Key::Number(range)) = index.range;
    json!({
        "IndexName": index.name,
        "KeySchema": keys(index.hash, Some(range)),
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    })
}

fn keys(hash: &str, range: Option<&str>) -> Value {
    let mut keys = vec![json!({ "AttributeName": hash, "KeyType": "HASH" })];
    keys.extend(range.map(|range| json!({ "AttributeName": range, "KeyType": "RANGE" })));
    json!(keys)
}
