//! Sets a deployed platform up: keys, the platform's own customer, the first admin. An operator invokes it once; to
//! repeat it changes nothing. Invoked with `{"rotate": true}` it makes a new key to sign tokens with instead.

use std::borrow::Cow;

use custodian_app::platform::{SetUp, rotate, set_up};
use custodian_app::ports::{CreateCustomers, ReadCustomers, SigningKeys};
use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Secret, Timestamp};
use custodian_events::{Consumer, Subject};
use serde::Deserialize;

pub struct PlatformSetup;

/// The first admin.
#[derive(Debug, Deserialize)]
pub struct FirstAdmin {
    pub username: String,
    pub password: Secret,
}

/// What an operator asks for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Wish {
    SetUp(FirstAdmin),
    Rotate { rotate: bool },
}

impl Subject for Wish {
    fn customer(&self) -> Option<CustomerId> {
        None
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from(match self {
            Self::SetUp(_) => "set_up",
            Self::Rotate { .. } => "rotate",
        })
    }
}

impl<S: SigningKeys + ReadCustomers + CreateCustomers, E: Send + Sync> Consumer<S, E> for PlatformSetup {
    type Message = Wish;

    async fn consume(&self, cx: &Context<S, E>, wish: Wish, _: Timestamp) -> Result<(), Failure> {
        let admin = match wish {
            Wish::SetUp(admin) => admin,
            Wish::Rotate { rotate: true } => return rotate(cx).await,
            Wish::Rotate { rotate: false } => return Ok(()),
        };
        let came_to = set_up(cx, admin.username, admin.password).await?;
        tracing::info!(new = came_to == SetUp::Done, "the platform is set up");
        Ok(())
    }
}
