//! The ends in AWS: each function connects the one that it needs.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sesv2::error::SdkError;
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use custodian_app::Failure;
use custodian_app::ports::{Alarms, Mail, Mailer, Requested, Requests, SigningKeys, Signs};
use custodian_auth::Signer;
use custodian_cascade::{Task, Tasks};
use custodian_domain::alarm::{Alarm, Job};
use custodian_domain::fields::is_email;
use custodian_events::{Bus, Event, SOURCE};
use custodian_store::{Store, failed};

use crate::aws::Aws;
use crate::config::required;
use crate::jobs::OneOffJobs;

/// Connecting an end when a function starts.
pub trait Connect: Sized + Send + Sync + 'static {
    fn connect(aws: &Aws, store: &Store) -> impl Future<Output = Result<Self, Failure>> + Send;
}

impl Connect for () {
    async fn connect(_: &Aws, _: &Store) -> Result<Self, Failure> {
        Ok(())
    }
}

/// The bus that customers' events are put on.
pub struct EventBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl Connect for EventBus {
    async fn connect(aws: &Aws, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_eventbridge::Client::new(&aws.sdk), name: required("EVENT_BUS")? })
    }
}

impl Bus for EventBus {
    async fn publish(&self, events: &[Event]) -> Result<(), Failure> {
        for event in events {
            let detail =
                serde_json::to_string(event).map_err(|cause| Failure::unavailable("an event", cause))?;
            let entry = PutEventsRequestEntry::builder().event_bus_name(&self.name).source(SOURCE);
            let entry = entry.detail_type(&event.kind).detail(detail).build();
            let answer = self.client.put_events().entries(entry).send().await;
            let answer = answer.map_err(|error| failed("the event bus", &error))?;
            if answer.failed_entry_count() > 0 {
                let code = answer.entries().iter().find_map(|entry| entry.error_code());
                return Err(Failure::unavailable(
                    "the event bus",
                    code.unwrap_or("it did not take the event"),
                ));
            }
        }
        Ok(())
    }
}

/// The queue of the cascade's workers.
pub struct CascadeQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Connect for CascadeQueue {
    async fn connect(aws: &Aws, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sqs::Client::new(&aws.sdk), url: required("CASCADE_QUEUE_URL")? })
    }
}

impl Tasks for CascadeQueue {
    async fn hand_out(&self, tasks: &[Task]) -> Result<(), Failure> {
        // What one SendMessageBatch takes.
        for part in tasks.chunks(10) {
            let mut call = self.client.send_message_batch().queue_url(&self.url);
            for (number, task) in part.iter().enumerate() {
                let body =
                    serde_json::to_string(task).map_err(|cause| Failure::unavailable("a task", cause))?;
                let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body);
                call = call.entries(entry.build().map_err(|cause| Failure::unavailable("a task", cause))?);
            }
            let answer = call.send().await.map_err(|error| failed("the cascade's queue", &error))?;
            if !answer.failed().is_empty() {
                return Err(Failure::unavailable("the cascade's queue", "it did not take every task"));
            }
        }
        Ok(())
    }
}

/// The queue of what is done after the answer.
pub struct RequestQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Connect for RequestQueue {
    async fn connect(aws: &Aws, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sqs::Client::new(&aws.sdk), url: required("REQUEST_QUEUE_URL")? })
    }
}

impl Requests for RequestQueue {
    async fn request(&self, request: &Requested) -> Result<(), Failure> {
        let body =
            serde_json::to_string(request).map_err(|cause| Failure::unavailable("a request", cause))?;
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| failed("the queue of requests", &error))
    }
}

/// Mail by SES v2.
pub struct MailService {
    client: aws_sdk_sesv2::Client,
    sender: String,
}

impl Connect for MailService {
    async fn connect(aws: &Aws, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sesv2::Client::new(&aws.sdk), sender: required("MAIL_SENDER")? })
    }
}

impl Mailer for MailService {
    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let down = |cause: String| Failure::unavailable("the mail service", cause);
        let text = |data: &str| Content::builder().data(data).charset("UTF-8").build();
        let subject = text(&mail.subject).map_err(|cause| down(cause.to_string()))?;
        let body = text(&mail.text).map_err(|cause| down(cause.to_string()))?;
        let html = text(&mail.html).map_err(|cause| down(cause.to_string()))?;
        let body = Body::builder().text(body).html(html).build();
        let message = Message::builder().subject(subject).body(body).build();
        let call = self.client.send_email().from_email_address(&self.sender);
        let call = call.destination(Destination::builder().to_addresses(&mail.to).build());
        let sent = call.content(EmailContent::builder().simple(message).build()).send().await;
        match sent {
            Ok(_) => Ok(()),
            // It would refuse it each time, and whoever signs up may name what is no address of anybody.
            Err(error) if is_refused(&error) && is_email(&self.sender) => {
                tracing::warn!("a mail was given up: the mail service does not take its address");
                Ok(())
            }
            Err(error) => Err(failed("the mail service", &error)),
        }
    }
}

/// Whether the mail service found the request itself wrong.
fn is_refused(error: &SdkError<SendEmailError>) -> bool {
    error.as_service_error().is_some_and(SendEmailError::is_bad_request_exception)
}

/// The private key, which login reads once when it starts.
pub struct LoginKey(Signer);

impl Connect for LoginKey {
    async fn connect(_: &Aws, store: &Store) -> Result<Self, Failure> {
        let signer = store.signer().await?;
        signer
            .map(Self)
            .ok_or_else(|| Failure::unavailable("the signing key", "the platform is not set up yet"))
    }
}

impl Signs for LoginKey {
    fn signer(&self) -> &Signer {
        &self.0
    }
}

/// What `reconcile` needs: jobs of rows that it moves on, and the queue of the cascades that it drives.
pub struct Reconciling {
    jobs: OneOffJobs,
    queue: CascadeQueue,
}

impl Connect for Reconciling {
    async fn connect(aws: &Aws, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            jobs: OneOffJobs::connect(aws, store).await?,
            queue: CascadeQueue::connect(aws, store).await?,
        })
    }
}

impl Alarms for Reconciling {
    async fn arm(&self, alarm: &Alarm) -> Result<(), Failure> {
        self.jobs.arm(alarm).await
    }

    async fn disarm(&self, job: &Job) -> Result<(), Failure> {
        self.jobs.disarm(job).await
    }
}

impl Tasks for Reconciling {
    async fn hand_out(&self, tasks: &[Task]) -> Result<(), Failure> {
        self.queue.hand_out(tasks).await
    }
}

/// What doing a request needs: mails, and jobs of accounts that it opens.
pub struct Requesting {
    jobs: OneOffJobs,
    mails: MailService,
}

impl Connect for Requesting {
    async fn connect(aws: &Aws, store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            jobs: OneOffJobs::connect(aws, store).await?,
            mails: MailService::connect(aws, store).await?,
        })
    }
}

impl Alarms for Requesting {
    async fn arm(&self, alarm: &Alarm) -> Result<(), Failure> {
        self.jobs.arm(alarm).await
    }

    async fn disarm(&self, job: &Job) -> Result<(), Failure> {
        self.jobs.disarm(job).await
    }
}

impl Mailer for Requesting {
    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        self.mails.send(mail).await
    }
}
