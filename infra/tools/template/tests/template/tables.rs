//! The tables of `template.yaml` match the schema.

use std::collections::BTreeMap;

use custodian_store::schema::{KeyAttribute, TABLES, Table};
use custodian_template::deployed::{list, resources, text};
use serde_json::Value;

use crate::compare;

#[test]
fn the_tables_match_the_schema() {
    let deployed = resources("AWS::DynamoDB::Table").into_values().map(|table| {
        let name = text(&table["TableName"]["Sub"]).replace("${TablePrefix}", "");
        (name, deployed_table(&table))
    });
    let declared = TABLES.iter().map(|table| (table.name.to_owned(), declared_table(table)));
    compare("table", deployed.collect(), declared.collect());
}

/// A table as text: keys with their types, indexes, time to live, stream.
fn deployed_table(table: &Value) -> Vec<String> {
    let types: BTreeMap<String, String> = list(&table["AttributeDefinitions"])
        .iter()
        .map(|attribute| (text(&attribute["AttributeName"]), text(&attribute["AttributeType"])))
        .collect();
    let keys = |schema: &Value| {
        let key = |key: &Value| {
            let name = text(&key["AttributeName"]);
            format!("{} {name} {}", text(&key["KeyType"]), types[&name])
        };
        list(schema).iter().map(key).collect::<Vec<_>>().join(", ")
    };
    let mut words = vec![keys(&table["KeySchema"])];
    for index in list(&table["GlobalSecondaryIndexes"]) {
        let projection = text(&index["Projection"]["ProjectionType"]);
        words.push(format!("{}: {}, {projection}", text(&index["IndexName"]), keys(&index["KeySchema"])));
    }
    if let Some(ttl) = table.get("TimeToLiveSpecification") {
        words.push(format!("ttl {}", text(&ttl["AttributeName"])));
    }
    if let Some(stream) = table.get("StreamSpecification") {
        words.push(format!("stream {}", text(&stream["StreamViewType"])));
    }
    words
}

fn declared_table(table: &Table) -> Vec<String> {
    let range = table.range.map(|range| format!(", RANGE {range} S")).unwrap_or_default();
    let mut words = vec![format!("HASH {} S{range}", table.hash)];
    for index in table.indexes {
        let (range, kind) = match index.range {
            KeyAttribute::Text(name) => (name, "S"),
            KeyAttribute::Number(name) => (name, "N"),
        };
        words.push(format!("{}: HASH {} S, RANGE {range} {kind}, KEYS_ONLY", index.name, index.hash));
    }
    words.extend(table.ttl.map(|ttl| format!("ttl {ttl}")));
    words.extend(table.stream.then(|| "stream NEW_AND_OLD_IMAGES".to_owned()));
    words
}
