//! One-off jobs on EventBridge Scheduler.

use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use custodian_app::Failure;
use custodian_app::ports::Scheduler;
use custodian_domain::Timestamp;
use custodian_domain::scheduled_job::{Job, ScheduledJob};
use custodian_store::{Store, aws_failure};
use serde::Serialize;

use crate::aws::AwsConfig;
use crate::config::required;
use crate::from_env::FromEnv;

pub struct EventBridgeScheduler {
    client: aws_sdk_scheduler::Client,
    group: String,
    role: String,
    /// The start of the ARN of every target function, without the name of the job's target.
    target_prefix: String,
    dead_letter_arn: String,
}

impl FromEnv for EventBridgeScheduler {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(Self {
            client: aws_sdk_scheduler::Client::new(&aws.sdk),
            group: required("SCHEDULE_GROUP")?,
            role: required("SCHEDULE_ROLE_ARN")?,
            target_prefix: required("SCHEDULE_TARGET_PREFIX")?,
            dead_letter_arn: required("SCHEDULE_DLQ_ARN")?,
        })
    }
}

impl EventBridgeScheduler {
    /// Creates a job that sends `input` to a function or a queue. Succeeds if a job with this name already exists.
    pub(crate) async fn create(
        &self,
        name: &str,
        due: Timestamp,
        target: String,
        input: &impl Serialize,
    ) -> Result<(), Failure> {
        let unavailable = |cause: String| Failure::unavailable("the scheduler", cause);
        let input = serde_json::to_string(input).map_err(|cause| unavailable(cause.to_string()))?;
        let dead_letters = DeadLetterConfig::builder().arn(&self.dead_letter_arn).build();
        let target = Target::builder()
            .arn(target)
            .role_arn(&self.role)
            .dead_letter_config(dead_letters)
            .input(input)
            .build()
            .map_err(|cause| unavailable(cause.to_string()))?;
        let exact_time = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
        let request = self.client.create_schedule().name(name).group_name(&self.group);
        let request = request
            .schedule_expression(format!("at({})", due.to_whole_seconds()))
            .schedule_expression_timezone("UTC")
            .action_after_completion(ActionAfterCompletion::Delete)
            .flexible_time_window(exact_time.map_err(|cause| unavailable(cause.to_string()))?)
            .target(target);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conflict_exception()) => Ok(()),
            Err(error) => Err(aws_failure("the scheduler", &error)),
        }
    }
}

impl Scheduler for EventBridgeScheduler {
    async fn schedule(&self, scheduled_job: &ScheduledJob) -> Result<(), Failure> {
        let target = format!("{}{}", self.target_prefix, scheduled_job.job.target());
        self.create(&scheduled_job.job.name(), scheduled_job.due, target, &scheduled_job.job).await
    }

    async fn cancel(&self, job: &Job) -> Result<(), Failure> {
        match self.client.delete_schedule().name(job.name()).group_name(&self.group).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
                Ok(())
            }
            Err(error) => Err(aws_failure("the scheduler", &error)),
        }
    }
}
