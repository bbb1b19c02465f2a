//! DynamoDB's wire protocol onto the engine's calls.

use dynoxide::{Database, DynoxideError, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs an operation; answers the HTTP status and the body.
pub(crate) fn dispatch(database: &Database, operation: &str, body: &[u8]) -> (u16, String) {
    match run(database, operation, body) {
        Ok(text) => (200, text),
        Err(error) => (error.status_code(), error.to_json()),
    }
}

fn run(database: &Database, operation: &str, body: &[u8]) -> Result<String> {
    match operation {
        "CreateTable" => write(database.create_table(read(body)?)),
        "DescribeTable" => write(database.describe_table(read(body)?)),
        "ListTables" => write(database.list_tables(read(body)?)),
        "UpdateTimeToLive" => write(database.update_time_to_live(read(body)?)),
        "PutItem" => write(database.put_item(read(body)?)),
        "GetItem" => write(database.get_item(read(body)?)),
        "UpdateItem" => write(database.update_item(read(body)?)),
        "DeleteItem" => write(database.delete_item(read(body)?)),
        "Query" => write(database.query(read(body)?)),
        "Scan" => write(database.scan(read(body)?)),
        "BatchGetItem" => write(database.batch_get_item(read(body)?)),
        "BatchWriteItem" => write(database.batch_write_item(read(body)?)),
        "TransactWriteItems" => write(database.transact_write_items(read(body)?)),
        "DescribeStream" => write(database.describe_stream(read(body)?)),
        "GetShardIterator" => write(database.get_shard_iterator(read(body)?)),
        "GetRecords" => write(database.get_records(read(body)?)),
        "ListStreams" => write(database.list_streams(read(body)?)),
        other => Err(DynoxideError::ValidationException(format!("{other} is not used by this product"))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|cause| DynoxideError::SerializationException(cause.to_string()))
}

fn write(answer: Result<impl Serialize>) -> Result<String> {
    serde_json::to_string(&answer?).map_err(|cause| DynoxideError::InternalServerError(cause.to_string()))
}
