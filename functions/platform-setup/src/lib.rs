//! Sets up a deployed platform: keys, the platform's own customer and the first platform admin. A person with access to
//! the AWS account invokes it once; repeating it changes nothing. With `{"rotate": true}` it replaces the signing key instead, and
//! with `{"rotate_receipts": true}` the key of the receipts.

use std::borrow::Cow;

use custodian_app::platform::{SetUpOutcome, rotate_receipt_key, rotate_signing_key, set_up};
use custodian_app::ports::{CreateCustomers, ManageReceiptKeys, ReadCustomers, SigningKeys};
use custodian_app::{Context, Failure, LogSubject};
use custodian_domain::{CustomerId, Secret, Timestamp};
use custodian_event_sources::EventHandler;
use serde::Deserialize;

pub struct PlatformSetup;

/// The first platform admin.
#[derive(Debug, Deserialize)]
pub struct FirstAdmin {
    pub username: String,
    pub password: Secret,
}

/// The input of a direct invocation.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum SetupRequest {
    SetUp(FirstAdmin),
    Rotate { rotate: bool },
    RotateReceipts { rotate_receipts: bool },
}

impl LogSubject for SetupRequest {
    fn customer_id(&self) -> Option<CustomerId> {
        None
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from(match self {
            Self::SetUp(_) => "set_up",
            Self::Rotate { .. } => "rotate",
            Self::RotateReceipts { .. } => "rotate_receipts",
        })
    }
}

impl<S, E: Send + Sync> EventHandler<S, E> for PlatformSetup
where
    S: SigningKeys + ManageReceiptKeys + ReadCustomers + CreateCustomers,
{
    type Message = SetupRequest;

    async fn handle(&self, cx: &Context<S, E>, request: SetupRequest, _: Timestamp) -> Result<(), Failure> {
        let admin = match request {
            SetupRequest::SetUp(admin) => admin,
            SetupRequest::Rotate { rotate: true } => return rotate_signing_key(cx).await,
            SetupRequest::RotateReceipts { rotate_receipts: true } => return rotate_receipt_key(cx).await,
            SetupRequest::Rotate { rotate: false }
            | SetupRequest::RotateReceipts { rotate_receipts: false } => {
                return Ok(());
            }
        };
        let outcome = set_up(cx, admin.username, admin.password).await?;
        tracing::info!(new = outcome == SetUpOutcome::Done, "the platform is set up");
        Ok(())
    }
}
