//! Creates the tables as the template declares them.

use custodian_store::schema::{Index, KeyAttribute, Table};
use serde_json::{Value, json};

use crate::engine::{Engine, EngineError};

impl Engine {
    /// Creates the tables that do not exist yet.
    pub fn create_tables(&self, tables: &[(String, &'static Table)]) -> Result<(), EngineError> {
        for (name, table) in tables {
            if self.call("DescribeTable", &json!({ "TableName": name })).is_ok() {
                continue;
            }
            self.call("CreateTable", &table_definition(name, table))?;
            if let Some(attribute) = table.ttl {
                let ttl = json!({ "AttributeName": attribute, "Enabled": true });
                self.call("UpdateTimeToLive", &json!({ "TableName": name, "TimeToLiveSpecification": ttl }))?;
            }
        }
        Ok(())
    }
}

fn table_definition(name: &str, table: &Table) -> Value {
    let mut attributes = vec![(table.hash, "S")];
    attributes.extend(table.range.map(|range| (range, "S")));
    for index in table.indexes {
        attributes.push((index.hash, "S"));
        attributes.push(match index.range {
            KeyAttribute::Text(name) => (name, "S"),
            KeyAttribute::Number(name) => (name, "N"),
        });
    }
    attributes.sort_unstable();
    attributes.dedup();
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, attribute_type)| json!({ "AttributeName": name, "AttributeType": attribute_type }))
        .collect();
    let mut definition = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(table.hash, table.range),
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
    let (KeyAttribute::Text(range) | KeyAttribute::Number(range)) = index.range;
    json!({
        "IndexName": index.name,
        "KeySchema": key_schema(index.hash, Some(range)),
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    })
}

fn key_schema(hash: &str, range: Option<&str>) -> Value {
    let mut schema = vec![json!({ "AttributeName": hash, "KeyType": "HASH" })];
    schema.extend(range.map(|range| json!({ "AttributeName": range, "KeyType": "RANGE" })));
    json!(schema)
}
