//! The mailer on SES v2.

use aws_sdk_sesv2::error::SdkError;
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use custodian_app::Failure;
use custodian_app::mail::HEADERS;
use custodian_app::ports::{Mail, Mailer};
use custodian_domain::CustomerId;
use custodian_domain::email::is_email;
use custodian_store::{Store, aws_failure};

use crate::aws::AwsConfig;
use crate::config::required;
use crate::from_env::FromEnv;

pub(crate) struct SesMailer {
    client: aws_sdk_sesv2::Client,
    /// The configured sender of all mails.
    sender: String,
}

impl FromEnv for SesMailer {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sesv2::Client::new(&aws.sdk), sender: required("MAIL_SENDER")? })
    }
}

impl Mailer for SesMailer {
    async fn send_mail(&self, mail: &Mail, _: Option<CustomerId>) -> Result<(), Failure> {
        let unavailable = |cause: String| Failure::unavailable("the mail service", cause);
        let text = |data: &str| Content::builder().data(data).charset("UTF-8").build();
        let subject = text(&mail.subject).map_err(|cause| unavailable(cause.to_string()))?;
        let body = text(&mail.text).map_err(|cause| unavailable(cause.to_string()))?;
        let html = text(&mail.html).map_err(|cause| unavailable(cause.to_string()))?;
        let body = Body::builder().text(body).html(html).build();
        let mut message = Message::builder().subject(subject).body(body);
        for (name, value) in HEADERS {
            let header = MessageHeader::builder().name(name).value(value).build();
            message = message.headers(header.map_err(|cause| unavailable(cause.to_string()))?);
        }
        let message = message.build();
        let request = self.client.send_email().from_email_address(&mail.from);
        let request = request.destination(Destination::builder().to_addresses(&mail.to).build());
        let output = request.content(EmailContent::builder().simple(message).build()).send().await;
        match output {
            Ok(_) => Ok(()),
            // SES would reject every retry too. A sign-up may contain an address that SES does not
            // accept. If the configured sender is no address, the sender may be the cause, so the mail is kept.
            Err(error) if is_rejected(&error) && is_email(&self.sender) => {
                tracing::warn!("mail dropped: SES rejects the recipient address");
                Ok(())
            }
            Err(error) => Err(aws_failure("the mail service", &error)),
        }
    }
}

fn is_rejected(error: &SdkError<SendEmailError>) -> bool {
    error.as_service_error().is_some_and(SendEmailError::is_bad_request_exception)
}
