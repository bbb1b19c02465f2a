//! The messages about an account's deletion. Their destinations are kept for a while, because the deletion clears them in the
//! customer's row.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::webhook_endpoints::EndpointId;
use crate::{Customer, EventType, Status, Timestamp};

/// The encrypted destination of a message about an account's deletion: the URL of the deletion notice, or the recipient of a
/// mail. The deletion clears both in the customer's row. `until` says how long the store keeps it: an hour for the deletion notice
/// and the first mail, seven days for the last mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedDestination {
    #[serde(rename = "sealed")]
    pub ciphertext: String,
    pub until: Timestamp,
}

/// The destination of the deletion notice in plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeDestination {
    pub uri: String,
    pub method: String,
}

/// The encrypted destination of the deletion notice to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionNotice {
    pub endpoint: EndpointId,
    pub destination: EncryptedDestination,
}

impl EncryptedDestination {
    /// How long the workers retry the deletion notice and the first mail.
    pub const LIFETIME: Duration = Duration::from_secs(3600);
}

impl NoticeDestination {
    /// The encryption purpose of the deletion notice's destination.
    pub const ENCRYPTION_PURPOSE: &'static str = "farewell";

    /// The destinations of the deletion notices of an account. An account that never verified its e-mail address gets no notice,
    /// because its URI could belong to a stranger.
    pub fn all_of(before: &Customer) -> Vec<(EndpointId, Self)> {
        if before.status() == Status::Initial {
            return Vec::new();
        }
        let endpoints = before.endpoints().into_iter();
        endpoints
            .filter(|endpoint| {
                !endpoint.webhook_uri.is_empty() && endpoint.receives(&EventType::CustomerDeleted)
            })
            .map(|endpoint| {
                let id = endpoint.id_of(before.id);
                (id, Self { uri: endpoint.webhook_uri, method: endpoint.webhook_method })
            })
            .collect()
    }
}
