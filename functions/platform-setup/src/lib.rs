//! Sets a deployed platform up: keys, the platform's own customer, the first admin. An operator invokes it once; to
//! repeat it changes nothing.

use std::borrow::Cow;

use custodian_app::platform::{SetUp, set_up};
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

impl Subject for FirstAdmin {
    fn customer(&self) -> Option<CustomerId> {
        None
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from("set_up")
    }
}

impl<S: SigningKeys + ReadCustomers + CreateCustomers, E: Send + Sync> Consumer<S, E> for PlatformSetup {
    type Message = FirstAdmin;

    async fn consume(&self, cx: &Context<S, E>, admin: FirstAdmin, _: Timestamp) -> Result<(), Failure> {
        let came_to = set_up(cx, admin.username, admin.password).await?;
        tracing::info!(new = came_to == SetUp::Done, "the platform is set up");
        Ok(())
    }
}
