//! Maps DynamoDB's wire protocol to the engine's functions.

use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs an operation and returns the HTTP status and the body of the response.
pub(crate) fn execute(database: &Database, operation: &str, body: &[u8]) -> (u16, String) {
    match run_operation(database, operation, body) {
        Ok(text) => (200, text),
        Err(error) => (error.status_code(), error.to_json()),
    }
}

fn run_operation(database: &Database, operation: &str, body: &[u8]) -> Result<String> {
    match operation {
        "CreateTable" => serialize(database.create_table(deserialize(body)?)),
        "DescribeTable" => serialize(database.describe_table(deserialize(body)?)),
        "ListTables" => serialize(database.list_tables(deserialize(body)?)),
        "UpdateTimeToLive" => serialize(database.update_time_to_live(deserialize(body)?)),
        "PutItem" => serialize(database.put_item(deserialize(body)?)),
        "GetItem" => serialize(database.get_item(deserialize(body)?)),
        "UpdateItem" => serialize(database.update_item(deserialize(body)?)),
        "DeleteItem" => serialize(database.delete_item(deserialize(body)?)),
        "Query" => serialize(database.query(deserialize(body)?)),
        "Scan" => serialize(database.scan(deserialize(body)?)),
        "BatchGetItem" => serialize(database.batch_get_item(deserialize(body)?)),
        "BatchWriteItem" => serialize(database.batch_write_item(deserialize(body)?)),
        "TransactWriteItems" => serialize(database.transact_write_items(deserialize(body)?)),
        "DescribeStream" => serialize(database.describe_stream(deserialize(body)?)),
        "GetShardIterator" => serialize(database.get_shard_iterator(deserialize(body)?)),
        "GetRecords" => serialize(database.get_records(deserialize(body)?)),
        "ListStreams" => serialize(database.list_streams(deserialize(body)?)),
        other => {
            Err(DynoxideError::ValidationException(format!("the local engine does not support {other}")))
        }
    }
}

fn deserialize<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|cause| DynoxideError::SerializationException(cause.to_string()))
}

fn serialize(output: Result<impl Serialize>) -> Result<String> {
    serde_json::to_string(&output?).map_err(|cause| DynoxideError::InternalServerError(cause.to_string()))
}
