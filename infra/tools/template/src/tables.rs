//! The tables as YAML.

use std::collections::BTreeMap;

use custodian_store::schema::{KeyAttribute, Table};

use crate::yaml::logical_id;

/// The tables of the schema. They outlive the stack.
pub fn tables(tables: &[Table]) -> String {
    tables.iter().map(|table| format!("{}\n", yaml(table))).collect()
}

fn yaml(table: &Table) -> String {
    let mut text = format!(
        "  {id}Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: !Sub ${{TablePrefix}}{name}
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: true
      PointInTimeRecoverySpecification: {{PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: !Ref RecoveryDays}}
      SSESpecification: {{SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !GetAtt DataKey.Arn}}\n",
        id = logical_id(table.name),
        name = table.name,
    );
    if table.stream {
        text += "      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}\n";
    }
    if let Some(ttl) = table.ttl {
        text += &format!("      TimeToLiveSpecification: {{Enabled: true, AttributeName: {ttl}}}\n");
    }
    text += "      AttributeDefinitions:\n";
    for (name, of) in attributes(table) {
        text += &format!("        - {{AttributeName: {name}, AttributeType: {of}}}\n");
    }
    text += &format!("      KeySchema: {}\n", key_schema(table.hash, table.range));
    if !table.indexes.is_empty() {
        text += "      GlobalSecondaryIndexes:\n";
    }
    for index in table.indexes {
        let (range, _) = key(index.range);
        text += &format!(
            "        - IndexName: {name}
          KeySchema: {keys}
          Projection: {{ProjectionType: KEYS_ONLY}}\n",
            name = index.name,
            keys = key_schema(index.hash, Some(range)),
        );
    }
    text
}

fn key(key: KeyAttribute) -> (&'static str, &'static str) {
    match key {
        KeyAttribute::Text(name) => (name, "S"),
        KeyAttribute::Number(name) => (name, "N"),
    }
}

/// The attributes of all keys, in the order of their first use.
fn attributes(table: &Table) -> Vec<(&'static str, &'static str)> {
    let own = std::iter::once(table.hash).chain(table.range).map(|name| (name, "S"));
    let of_indexes = table.indexes.iter().flat_map(|index| [(index.hash, "S"), key(index.range)]);
    let mut known = BTreeMap::new();
    own.chain(of_indexes).filter(|(name, of)| known.insert(*name, *of).is_none()).collect()
}

fn key_schema(hash: &str, range: Option<&str>) -> String {
    let key = |name: &str, of: &str| format!("{{AttributeName: {name}, KeyType: {of}}}");
    let keys: Vec<_> =
        std::iter::once(key(hash, "HASH")).chain(range.map(|range| key(range, "RANGE"))).collect();
    format!("[{}]", keys.join(", "))
}
