//! The event types of the bus, the webhooks and the outbox.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::access_key;
use crate::kinds::ALL;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    CustomerCreated,
    CustomerVerified,
    CustomerUpdated,
    CustomerFrozen,
    /// A frozen account will be deleted soon.
    CustomerDeletionReminder,
    CustomerRecovered,
    CustomerExpired,
    CustomerDeleted,
    /// The cascade has deleted every row of the account, and its ledger is complete.
    CustomerErased,
    /// The call plane must end the account's running calls.
    OperationsTerminate,
    /// An administrator requested a test webhook.
    WebhookTest,
    /// The webhook endpoint is disabled, so it gets only tests and requested redeliveries.
    WebhookDisabled,
    /// A row of a customer changed. `noun` is the noun of its kind, or that of access keys.
    Row {
        noun: &'static str,
        change: RowChange,
    },
    /// A type that a newer version of this service wrote.
    Other(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowChange {
    Created,
    Updated,
    Deleted,
}

const FIXED: [(EventType, &str); 12] = [
    (EventType::CustomerCreated, "customer_created"),
    (EventType::CustomerVerified, "customer_verified"),
    (EventType::CustomerUpdated, "customer_updated"),
    (EventType::CustomerFrozen, "customer_frozen"),
    (EventType::CustomerDeletionReminder, "customer_deletion_reminder"),
    (EventType::CustomerRecovered, "customer_recovered"),
    (EventType::CustomerExpired, "customer_expired"),
    (EventType::CustomerDeleted, "customer_deleted"),
    (EventType::CustomerErased, "customer_erased"),
    (EventType::OperationsTerminate, "operations_terminate"),
    (EventType::WebhookTest, "webhook_test"),
    (EventType::WebhookDisabled, "webhook_disabled"),
];

/// Access keys have events but are not a kind.
fn nouns() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|kind| kind.noun).chain([access_key::NOUN])
}

impl RowChange {
    pub const ALL: [Self; 3] = [Self::Created, Self::Updated, Self::Deleted];

    const fn verb(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

impl EventType {
    pub const fn row(noun: &'static str, change: RowChange) -> Self {
        Self::Row { noun, change }
    }

    pub fn parse(text: &str) -> Self {
        if let Some((fixed, _)) = FIXED.iter().find(|(_, name)| *name == text) {
            return fixed.clone();
        }
        let row = text.rsplit_once('_').and_then(|(noun, verb)| {
            let noun = nouns().find(|candidate| *candidate == noun)?;
            Some(Self::row(noun, RowChange::ALL.into_iter().find(|change| change.verb() == verb)?))
        });
        row.unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// The event types of which webhooks are sent, apart from tests. The others are on the bus only: those for the operator's
    /// systems, those of accounts that are not verified, to which no webhooks are sent, and `webhook_disabled`, which causes a
    /// mail.
    pub fn sent_as_webhooks() -> impl Iterator<Item = Self> {
        let customer = FIXED.into_iter().map(|(fixed, _)| fixed).filter(|fixed| !fixed.is_internal());
        customer.chain(nouns().flat_map(|noun| RowChange::ALL.map(|change| Self::row(noun, change))))
    }

    /// Whether an account cannot choose this type for its endpoints.
    const fn is_internal(&self) -> bool {
        matches!(
            self,
            Self::CustomerCreated
                | Self::CustomerExpired
                | Self::CustomerErased
                | Self::OperationsTerminate
                | Self::WebhookTest
                | Self::WebhookDisabled
        )
    }

    /// What happened, in one sentence.
    pub fn description(&self) -> Cow<'static, str> {
        Cow::from(match self {
            Self::CustomerCreated => "The account was created.",
            Self::CustomerVerified => "The account's e-mail address was verified, so the account is active.",
            Self::CustomerUpdated => "The profile or the settings of the account changed.",
            Self::CustomerFrozen => "The account was frozen. It will be deleted.",
            Self::CustomerDeletionReminder => "The frozen account will be deleted soon.",
            Self::CustomerRecovered => "The frozen account was recovered. It will not be deleted.",
            Self::CustomerExpired => "The account was not verified in time, and expired.",
            Self::CustomerDeleted => "The account was deleted. This is its last webhook.",
            Self::CustomerErased => "Every row of the deleted account is gone.",
            Self::OperationsTerminate => "The running calls of the account must end.",
            Self::WebhookTest => "An administrator requested a test webhook.",
            Self::WebhookDisabled => "A webhook endpoint responded with 410, so it is disabled.",
            Self::Row { noun, change } => return Cow::from(describe_row_change(noun, *change)),
            Self::Other(_) => "",
        })
    }

    pub fn is_deletion(&self) -> bool {
        match self {
            Self::CustomerDeleted | Self::Row { change: RowChange::Deleted, .. } => true,
            Self::Other(text) => text.ends_with("_deleted"),
            _ => false,
        }
    }
}

fn describe_row_change(noun: &str, change: RowChange) -> String {
    let noun = if noun == access_key::NOUN { "access key".to_owned() } else { noun.replace('_', " ") };
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "An" } else { "A" };
    format!("{article} {noun} was {}.", change.verb())
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { noun, change } => write!(f, "{noun}_{}", change.verb()),
            Self::Other(text) => f.write_str(text),
            fixed => {
                let name =
                    FIXED.iter().find(|(event_type, _)| event_type == fixed).map_or("", |(_, name)| name);
                f.write_str(name)
            }
        }
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_parses_from_its_own_text() {
        let rows = nouns().flat_map(|noun| RowChange::ALL.map(|change| EventType::row(noun, change)));
        let fixed = FIXED.into_iter().map(|(fixed, _)| fixed);
        for event_type in fixed.chain(rows).chain([EventType::Other("planet_created".to_owned())]) {
            assert_eq!(EventType::parse(&event_type.to_string()), event_type);
        }
    }

    #[test]
    fn an_account_chooses_among_the_types_that_are_sent_to_it() {
        let chosen: Vec<_> = EventType::sent_as_webhooks().map(|known| known.to_string()).collect();
        assert_eq!(chosen.len(), 6 + 3 * (ALL.len() + 1));
        for internal in [
            "customer_created",
            "customer_expired",
            "customer_erased",
            "operations_terminate",
            "webhook_test",
            "webhook_disabled",
        ] {
            assert!(!chosen.iter().any(|name| name == internal), "{internal}");
        }
        assert_eq!(EventType::parse("agent_created").description(), "An agent was created.");
        assert_eq!(EventType::parse("accesskey_deleted").description(), "An access key was deleted.");
    }
}
