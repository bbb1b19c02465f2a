//! The queues of cascade tasks, of export tasks and of deferred requests on SQS.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use custodian_app::Failure;
use custodian_app::ports::{QueuedRequest, RequestQueue};
use custodian_cascade::{CascadeQueue, CascadeTask};
use custodian_event_sources::Redelivery;
use custodian_exports::{ExportQueue, ExportTask};
use custodian_store::{Store, aws_failure};

use crate::aws::AwsConfig;
use crate::config::required;
use crate::from_env::FromEnv;

/// The maximum number of entries in one SendMessageBatch.
const MAX_BATCH: usize = 10;

pub struct SqsCascadeQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl FromEnv for SqsCascadeQueue {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sqs::Client::new(&aws.sdk), url: required("CASCADE_QUEUE_URL")? })
    }
}

impl SqsCascadeQueue {
    /// Makes failed messages visible again after their delays.
    pub(crate) async fn redeliver(&self, redeliveries: &[Redelivery]) -> Result<(), Failure> {
        for Redelivery { receipt_handle, delay } in redeliveries {
            let seconds = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
            let request = self.client.change_message_visibility().queue_url(&self.url);
            let request = request.receipt_handle(receipt_handle).visibility_timeout(seconds);
            request.send().await.map_err(|error| aws_failure("the cascade queue", &error))?;
        }
        Ok(())
    }
}

impl CascadeQueue for SqsCascadeQueue {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        for batch in tasks.chunks(MAX_BATCH) {
            let mut request = self.client.send_message_batch().queue_url(&self.url);
            for (number, task) in batch.iter().enumerate() {
                let body = serde_json::to_string(task)
                    .map_err(|cause| Failure::unavailable("the encoding of a task", cause))?;
                let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body);
                request = request.entries(
                    entry.build().map_err(|cause| Failure::unavailable("the encoding of a task", cause))?,
                );
            }
            let output = request.send().await.map_err(|error| aws_failure("the cascade queue", &error))?;
            if !output.failed().is_empty() {
                return Err(Failure::unavailable("the cascade queue", "it rejected a task"));
            }
        }
        Ok(())
    }
}

pub struct SqsRequestQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl FromEnv for SqsRequestQueue {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sqs::Client::new(&aws.sdk), url: required("REQUEST_QUEUE_URL")? })
    }
}

impl RequestQueue for SqsRequestQueue {
    async fn enqueue_request(&self, request: &QueuedRequest) -> Result<(), Failure> {
        let body = serde_json::to_string(request)
            .map_err(|cause| Failure::unavailable("the encoding of a request", cause))?;
        let output = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        output.map(|_| ()).map_err(|error| aws_failure("the request queue", &error))
    }
}

pub struct SqsExportQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl FromEnv for SqsExportQueue {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sqs::Client::new(&aws.sdk), url: required("EXPORT_QUEUE_URL")? })
    }
}

impl ExportQueue for SqsExportQueue {
    async fn enqueue_export(&self, task: &ExportTask) -> Result<(), Failure> {
        let body = serde_json::to_string(task)
            .map_err(|cause| Failure::unavailable("the encoding of a task", cause))?;
        let output = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        output.map(|_| ()).map_err(|error| aws_failure("the export queue", &error))
    }
}
