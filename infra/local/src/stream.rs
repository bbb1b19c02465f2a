//! The change stream of a table.

use custodian_engine::{Engine, EngineError};
use serde_json::{Value, json};

/// A stream that is read from a position on.
pub(crate) struct Stream {
    pub(crate) table: String,
    arn: Value,
    shard: Value,
}

impl Stream {
    /// The engine gives a table one stream with one shard, once and for all.
    pub(crate) fn of(engine: &Engine, table: String) -> Result<Self, EngineError> {
        let described = engine.call("DescribeTable", &json!({ "TableName": table }))?;
        let arn = described["Table"]["LatestStreamArn"].clone();
        let stream = engine.call("DescribeStream", &json!({ "StreamArn": arn }))?;
        let shard = stream["StreamDescription"]["Shards"][0]["ShardId"].clone();
        Ok(Self { table, arn, shard })
    }

    /// The next records, as a function gets them.
    pub(crate) fn after(&self, engine: &Engine, position: Option<&str>) -> Result<Vec<Value>, EngineError> {
        let mut wanted =
            json!({ "StreamArn": self.arn, "ShardId": self.shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(position) = position {
            wanted["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
            wanted["SequenceNumber"] = json!(position);
        }
        let iterator = engine.call("GetShardIterator", &wanted)?;
        let wanted = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": 100 });
        let mut answer = engine.call("GetRecords", &wanted)?;
        let mut records = answer["Records"].as_array_mut().map(std::mem::take).unwrap_or_default();
        for record in &mut records {
            record["eventSourceARN"] = self.arn.clone();
        }
        Ok(records)
    }
}
