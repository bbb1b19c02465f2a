//! The event bus on EventBridge.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use custodian_app::Failure;
use custodian_events::{Event, EventBus, SOURCE};
use custodian_store::{Store, aws_failure};

use crate::aws::AwsConfig;
use crate::config::required;
use crate::from_env::FromEnv;

pub struct EventBridgeBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl FromEnv for EventBridgeBus {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_eventbridge::Client::new(&aws.sdk), name: required("EVENT_BUS")? })
    }
}

impl EventBus for EventBridgeBus {
    async fn publish(&self, events: &[Event]) -> Result<(), Failure> {
        for event in events {
            let detail = serde_json::to_string(event)
                .map_err(|cause| Failure::unavailable("the encoding of an event", cause))?;
            let entry = PutEventsRequestEntry::builder().event_bus_name(&self.name).source(SOURCE);
            let entry = entry.detail_type(event.event_type.to_string()).detail(detail).build();
            let output = self.client.put_events().entries(entry).send().await;
            let output = output.map_err(|error| aws_failure("the event bus", &error))?;
            if output.failed_entry_count() > 0 {
                let code = output.entries().iter().find_map(|entry| entry.error_code());
                return Err(Failure::unavailable("the event bus", code.unwrap_or("it rejected the event")));
            }
        }
        Ok(())
    }
}
