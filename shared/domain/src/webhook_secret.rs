//! The signing secrets of a webhook endpoint.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Ciphertext, Secret, Timestamp};

/// The signing secret, and the replaced secrets that still sign.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookSecret {
    pub current: Secret,
    /// Newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<PreviousSecret>,
    /// When the current secret was created or first shown. Every later write is conditional on the time that was read.
    #[serde(rename = "tm_create")]
    pub tm_changed: Timestamp,
    /// Whether a response has shown the current secret. `None` for a secret of an earlier release, which did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_shown: Option<bool>,
}

/// The signing secrets as stored.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum StoredWebhookSecret {
    Encrypted(EncryptedWebhookSecret),
    /// The row of an earlier release. The next rotation encrypts its secrets.
    Plain(WebhookSecret),
}

/// The signing secrets, encrypted together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EncryptedWebhookSecret {
    pub encrypted: Ciphertext,
    #[serde(rename = "tm_create")]
    pub tm_changed: Timestamp,
}

impl StoredWebhookSecret {
    pub const fn tm_changed(&self) -> Timestamp {
        match self {
            Self::Encrypted(stored) => stored.tm_changed,
            Self::Plain(stored) => stored.tm_changed,
        }
    }
}

/// A replaced secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PreviousSecret {
    pub secret: Secret,
    /// The secret still signs until this time.
    pub until: Timestamp,
    /// Whether a response is known to have shown the secret. Otherwise, perhaps nobody can verify what it signs.
    #[serde(default)]
    pub is_shown: bool,
}

impl WebhookSecret {
    /// How long a replaced secret still signs.
    pub const OVERLAP: Duration = Duration::from_secs(86_400);
    /// The maximum number of secrets that sign at once, including the current one.
    pub const MAX_SECRETS: usize = 5;

    /// A first secret that no response has shown yet.
    pub const fn unseen(current: Secret, now: Timestamp) -> Self {
        Self { current, previous: Vec::new(), tm_changed: now, is_shown: Some(false) }
    }

    /// A first secret that a response shows.
    pub fn shown(current: Secret, now: Timestamp) -> Self {
        Self { is_shown: Some(true), ..Self::unseen(current, now) }
    }

    /// Whether the secret signs, but nobody has seen it.
    pub fn is_unseen(&self) -> bool {
        self.is_shown == Some(false)
    }

    /// The same secrets after a response showed the current one.
    #[must_use]
    pub fn seen(&self, now: Timestamp) -> Self {
        Self { tm_changed: now, is_shown: Some(true), ..self.clone() }
    }

    /// Replaces the current secret by one that a response shows. `None` if too many replaced secrets still sign, because dropping
    /// one early would break a receiver.
    #[must_use]
    pub fn rotate(&self, fresh: Secret, now: Timestamp) -> Option<Self> {
        let (secret, until) = (self.current.clone(), now.plus(Self::OVERLAP));
        let replaced = PreviousSecret { secret, until, is_shown: self.is_shown == Some(true) };
        let still_used = self.previous.iter().filter(|previous| now < previous.until).cloned();
        let previous: Vec<_> = std::iter::once(replaced).chain(still_used).collect();
        (previous.len() < Self::MAX_SECRETS).then_some(Self { previous, ..Self::shown(fresh, now) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_secret_signs_for_a_day_and_is_never_dropped_early() {
        let secret = |n: usize| Secret::new(format!("secret {n}"));
        let now = Timestamp::from_micros(1_718_893_355_000_000);
        let mut stored = WebhookSecret::shown(secret(0), now);
        for n in 1..WebhookSecret::MAX_SECRETS {
            stored = stored.rotate(secret(n), now).expect("fewer than MAX_SECRETS secrets sign");
        }
        let signing = |state: &WebhookSecret| {
            state.previous.iter().map(|previous| previous.secret.expose().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(signing(&stored), ["secret 3", "secret 2", "secret 1", "secret 0"]);
        let almost = now.plus(WebhookSecret::OVERLAP).minus(Duration::from_micros(1));
        assert!(stored.rotate(secret(5), almost).is_none());
        let later = stored
            .rotate(secret(5), now.plus(WebhookSecret::OVERLAP))
            .expect("the four replaced secrets have expired");
        assert_eq!(signing(&later), ["secret 4"]);
    }
}
