//! The change stream of a table.

use custodian_engine::{Engine, EngineError};
use serde_json::{Value, json};

pub(crate) struct ChangeStream {
    pub(crate) table: String,
    arn: Value,
    shard_id: Value,
}

impl ChangeStream {
    /// The engine gives a table at most one stream, with one shard, and neither ever changes.
    pub(crate) fn of_table(engine: &Engine, table: String) -> Result<Self, EngineError> {
        let described = engine.call("DescribeTable", &json!({ "TableName": table }))?;
        let arn = described["Table"]["LatestStreamArn"].clone();
        let stream = engine.call("DescribeStream", &json!({ "StreamArn": arn }))?;
        let shard_id = stream["StreamDescription"]["Shards"][0]["ShardId"].clone();
        Ok(Self { table, arn, shard_id })
    }

    /// Returns up to 100 records after a sequence number, or from the start of the stream, as the records of a Lambda event.
    pub(crate) fn read_after(
        &self,
        engine: &Engine,
        sequence_number: Option<&str>,
    ) -> Result<Vec<Value>, EngineError> {
        let mut request =
            json!({ "StreamArn": self.arn, "ShardId": self.shard_id, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(sequence_number) = sequence_number {
            request["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
            request["SequenceNumber"] = json!(sequence_number);
        }
        let iterator = engine.call("GetShardIterator", &request)?;
        let request = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": 100 });
        let mut response = engine.call("GetRecords", &request)?;
        let mut records = response["Records"].as_array_mut().map(std::mem::take).unwrap_or_default();
        for record in &mut records {
            record["eventSourceARN"] = self.arn.clone();
        }
        Ok(records)
    }
}
