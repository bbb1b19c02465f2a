//! One-off jobs in AWS.

use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use custodian_app::Failure;
use custodian_app::ports::Alarms;
use custodian_domain::Timestamp;
use custodian_domain::alarm::{Alarm, Job};
use custodian_store::{Store, failed};
use serde::Serialize;

use crate::aws::Aws;
use crate::config::required;
use crate::ends::Connect;

/// One-off jobs by EventBridge Scheduler.
pub struct OneOffJobs {
    client: aws_sdk_scheduler::Client,
    group: String,
    role: String,
    /// The functions' ARNs without the name of the job's target.
    target_prefix: String,
    dead_letters: String,
}

impl Connect for OneOffJobs {
    async fn connect(aws: &Aws, _: &Store) -> Result<Self, Failure> {
        Ok(Self {
            client: aws_sdk_scheduler::Client::new(&aws.sdk),
            group: required("SCHEDULE_GROUP")?,
            role: required("SCHEDULE_ROLE_ARN")?,
            target_prefix: required("SCHEDULE_TARGET_PREFIX")?,
            dead_letters: required("SCHEDULE_DLQ_ARN")?,
        })
    }
}

impl OneOffJobs {
    /// Creates a job that hands `input` to a function or a queue. That it exists already is success.
    pub(crate) async fn create(
        &self,
        name: &str,
        due: Timestamp,
        target: String,
        input: &impl Serialize,
    ) -> Result<(), Failure> {
        let down = |cause: String| Failure::unavailable("the scheduler", cause);
        let input = serde_json::to_string(input).map_err(|cause| down(cause.to_string()))?;
        let dead_letters = DeadLetterConfig::builder().arn(&self.dead_letters).build();
        let target = Target::builder()
            .arn(target)
            .role_arn(&self.role)
            .dead_letter_config(dead_letters)
            .input(input)
            .build()
            .map_err(|cause| down(cause.to_string()))?;
        let exactly = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
        let call = self.client.create_schedule().name(name).group_name(&self.group);
        let call = call
            .schedule_expression(format!("at({})", due.to_whole_seconds()))
            .schedule_expression_timezone("UTC")
            .action_after_completion(ActionAfterCompletion::Delete)
            .flexible_time_window(exactly.map_err(|cause| down(cause.to_string()))?)
            .target(target);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conflict_exception()) => Ok(()),
            Err(error) => Err(failed("the scheduler", &error)),
        }
    }
}

impl Alarms for OneOffJobs {
    async fn arm(&self, alarm: &Alarm) -> Result<(), Failure> {
        let target = format!("{}{}", self.target_prefix, alarm.job.target());
        self.create(&alarm.job.name(), alarm.due, target, &alarm.job).await
    }

    async fn disarm(&self, job: &Job) -> Result<(), Failure> {
        match self.client.delete_schedule().name(job.name()).group_name(&self.group).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
                Ok(())
            }
            Err(error) => Err(failed("the scheduler", &error)),
        }
    }
}
