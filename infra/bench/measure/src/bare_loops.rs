//! Bare loops that empty the tables of the kinds, without a ledger and without counts. The cascade is compared with them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use custodian_domain::kinds::ALL;
use custodian_engine::Engine;
use custodian_tests::tables::PREFIX;
use serde_json::{Value, json};

/// DynamoDB's maximum number of deletions in one BatchWriteItem.
const MAX_BATCH_WRITE: usize = 25;

/// Empties the tables with the real SDK: queries a page of keys, then deletes its rows batch by batch.
pub async fn query_and_delete_with_sdk(engine: &Engine, owner: &str) {
    let client = engine.client();
    for kind in ALL {
        let table = format!("{PREFIX}{}", kind.table);
        loop {
            let query = client.query().table_name(&table).consistent_read(true);
            let page = query
                .key_condition_expression("customer_id = :owner")
                .projection_expression("id")
                .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
                .send()
                .await
                .unwrap();
            let rows = page.items.unwrap_or_default();
            if rows.is_empty() {
                break;
            }
            for rows in rows.chunks(MAX_BATCH_WRITE) {
                let delete = |row: &HashMap<String, AttributeValue>| {
                    let owner = ("customer_id".to_owned(), AttributeValue::S(owner.to_owned()));
                    let key = HashMap::from([owner, ("id".to_owned(), row["id"].clone())]);
                    let delete = DeleteRequest::builder().set_key(Some(key)).build().unwrap();
                    WriteRequest::builder().delete_request(delete).build()
                };
                let deletes = rows.iter().map(delete).collect();
                client.batch_write_item().request_items(&table, deletes).send().await.unwrap();
            }
        }
    }
}

/// Empties the tables in the same way with the engine alone, without the SDK.
pub fn query_and_delete(engine: &Engine, owner: &str) {
    for kind in ALL {
        let query = json!({
            "TableName": format!("{PREFIX}{}", kind.table), "ConsistentRead": true,
            "KeyConditionExpression": "customer_id = :owner",
            "ProjectionExpression": "id",
            "ExpressionAttributeValues": { ":owner": { "S": owner } },
        });
        loop {
            let page = engine.call("Query", &query).unwrap();
            let ids: Vec<&Value> = page["Items"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
            if ids.is_empty() {
                break;
            }
            delete_ids(engine, kind.table, owner, &ids);
        }
    }
}

/// Deletes the rows with these ids with the engine alone. The ids are known, so nothing is read.
pub fn delete_known(engine: &Engine, owner: &str, each: usize) {
    let ids: Vec<Value> = (0..each).map(|number| json!({ "S": row_id(number) })).collect();
    for kind in ALL {
        delete_ids(engine, kind.table, owner, &ids.iter().collect::<Vec<_>>());
    }
}

fn delete_ids(engine: &Engine, table: &str, owner: &str, ids: &[&Value]) {
    for ids in ids.chunks(MAX_BATCH_WRITE) {
        let delete =
            |id: &&Value| json!({ "DeleteRequest": { "Key": { "customer_id": { "S": owner }, "id": id } } });
        let deletes: Vec<_> = ids.iter().map(delete).collect();
        engine
            .call("BatchWriteItem", &json!({ "RequestItems": { format!("{PREFIX}{table}"): deletes } }))
            .unwrap();
    }
}

/// The id of a seeded row. It is as long as the ids of the product.
pub fn row_id(number: usize) -> String {
    format!("{number:08}-0000-7000-8000-000000000000")
}
