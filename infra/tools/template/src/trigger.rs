//! The triggers of functions without a route, and the permissions that each trigger needs.

use custodian_store::schema::{CUSTOMERS, DELETIONS, OUTBOX};

use crate::grant::Target::{OwnQueues, OwnStreams, Queues, Yaml};
use crate::grant::{Grant, grant};
use crate::services::{ENCRYPTED_QUEUES, VIA_S3, VIA_SQS, data_key};
use crate::yaml::{comment, logical_id};

#[derive(Clone, Copy, Debug)]
pub enum Trigger {
    Queue {
        /// The name of the event, which is part of the mapping's logical id.
        event: &'static str,
        queue: &'static str,
        batch: u16,
        concurrency: u16,
        /// A comment for the template.
        about: &'static str,
    },
    Stream {
        event: &'static str,
        table: &'static str,
        /// The pattern of the records that the function gets; `None` for all records.
        pattern: Option<&'static str>,
    },
    Schedule {
        event: &'static str,
        name: &'static str,
        rate: &'static str,
    },
}

/// How often Lambda retries a failed asynchronous invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    Default,
    Never,
    /// Two retries, for one-off jobs. After that, Lambda sends the invocation to the dead-letter queue.
    Job,
}

/// How long Lambda retries a record, in seconds: until a quarter of an hour before the stream deletes it after 24 hours. So only
/// a fault that lasts almost a day moves records to the bucket, and the rest of the time suffices to move them there.
const MAX_RECORD_AGE: u32 = 86_400 - 900;

const READ_STREAM: &[&str] =
    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// The permissions that Lambda needs to poll a function's queues and streams. Lambda writes stream records to a bucket when
/// their retries are exhausted.
pub fn grants(triggers: &[Trigger]) -> Vec<Grant> {
    let mut grants = Vec::new();
    if triggers.iter().any(|trigger| trigger.queue().is_some()) {
        let receive = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
        grants.push(grant(receive, OwnQueues));
    }
    if triggers.iter().filter_map(Trigger::queue).any(|queue| ENCRYPTED_QUEUES.contains(&queue)) {
        grants.push(data_key(&["kms:Decrypt"], VIA_SQS));
    }
    if triggers.iter().any(|trigger| trigger.stream().is_some()) {
        grants.push(grant(READ_STREAM, OwnStreams));
        grants.push(grant(&["s3:ListBucket"], Yaml(&["!GetAtt FailedStreamRecords.Arn"])));
        grants.push(grant(&["s3:PutObject"], Yaml(&[r#"!Sub "${FailedStreamRecords.Arn}/*""#])));
        grants.push(data_key(&["kms:GenerateDataKey"], VIA_S3));
    }
    grants
}

impl Trigger {
    pub fn queue(&self) -> Option<&'static str> {
        match self {
            Self::Queue { queue, .. } => Some(queue),
            _ => None,
        }
    }

    /// The table of the stream.
    pub fn stream(&self) -> Option<&'static str> {
        match self {
            Self::Stream { table, .. } => Some(table),
            _ => None,
        }
    }

    /// The event of the function, as YAML.
    pub fn yaml(&self) -> String {
        match *self {
            Self::Queue { event, queue, batch, concurrency, about } => {
                let comment = comment("        ", about);
                format!(
                    "{comment}        {event}:
          Type: SQS
          Properties:
            Queue: !GetAtt {queue}.Arn
            BatchSize: {batch}
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {{MaximumConcurrency: {concurrency}}}\n"
                )
            }
            Self::Stream { event, table, pattern } => {
                let filter = pattern.map_or_else(String::new, |pattern| {
                    format!(
                        "            FilterCriteria:\n              Filters:\n                - Pattern: '{pattern}'\n"
                    )
                });
                format!(
                    "        {event}:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt {table}Table.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 100
{filter}            ParallelizationFactor: 4
            FunctionResponseTypes: [ReportBatchItemFailures]
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: -1
            MaximumRecordAgeInSeconds: {MAX_RECORD_AGE}
            DestinationConfig: {{OnFailure: {{Type: S3, Destination: !GetAtt FailedStreamRecords.Arn}}}}
            MetricsConfig: {{Metrics: [EventCount]}}\n",
                    table = logical_id(table),
                )
            }
            Self::Schedule { event, name, rate } => format!(
                "        {event}:
          Type: ScheduleV2
          Properties: {{Name: !Sub \"${{AWS::StackName}}-{name}\", ScheduleExpression: {rate}}}\n"
            ),
        }
    }
}

/// The streams that events are derived from. The function gets only the insertions into the outbox, and only completed ledgers.
pub const STREAMS: &[Trigger] = &[
    Trigger::Stream { event: "Changes", table: CUSTOMERS, pattern: None },
    Trigger::Stream { event: "OutboxRecords", table: OUTBOX, pattern: Some(r#"{"eventName":["INSERT"]}"#) },
    Trigger::Stream {
        event: "CompletedDeletions",
        table: DELETIONS,
        pattern: Some(
            r#"{"eventName":["MODIFY"],"dynamodb":{"NewImage":{"tm_sealed":{"N":[{"exists":true}]}}}}"#,
        ),
    },
];

impl Retries {
    pub fn grants(self) -> Vec<Grant> {
        let job = (self == Self::Job).then(|| grant(&["sqs:SendMessage"], Queues(&["JobsDlq"])));
        job.into_iter().collect()
    }

    pub const fn yaml(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::Never => "      EventInvokeConfig: {MaximumRetryAttempts: 0}\n",
            Self::Job => {
                "      EventInvokeConfig:
        MaximumRetryAttempts: 2
        DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt JobsDlq.Arn}}\n"
            }
        }
    }
}
