//! Derives events from stream changes.

use std::borrow::Cow;

use custodian_app::LogSubject;
use custodian_cascade::CompletedDeletion;
use custodian_domain::ids::content_id;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{Customer, CustomerId, EventType, State, Status};
use uuid::Uuid;

use crate::event::{Event, PENDING_EMAIL, SIGNUP};
use crate::stream_change::StreamChange;

/// The event of a stream change, if it causes one.
pub fn of_stream_change(change: &StreamChange) -> Option<Event> {
    match change {
        StreamChange::Customer { old, new } => of_customer(old.as_deref(), new.as_deref()),
        StreamChange::OutboxRecord(record) => Some(of_outbox_record(record)),
        StreamChange::CompletedDeletion(deletion) => Some(of_completed_deletion(deletion)),
        StreamChange::Ignored => None,
    }
}

impl LogSubject for StreamChange {
    fn customer_id(&self) -> Option<CustomerId> {
        match self {
            Self::Customer { old, new } => new.as_ref().or(old.as_ref()).map(|row| row.id),
            Self::OutboxRecord(record) => Some(record.customer_id),
            Self::CompletedDeletion(deletion) => Some(deletion.customer_id),
            Self::Ignored => None,
        }
    }

    fn message_type(&self) -> Cow<'_, str> {
        of_stream_change(self).map_or(Cow::from("nothing"), |event| Cow::from(event.event_type.to_string()))
    }
}

/// The id of an event of a customer.
fn event_id(customer: CustomerId, version: u64, event_type: &EventType) -> Uuid {
    content_id(&format!("{customer}:{version}:{event_type}"))
}

fn of_outbox_record(record: &OutboxRecord) -> Event {
    let event = Event::new(
        record.id,
        record.event_type.clone(),
        record.customer_id,
        record.version,
        record.tm_create,
    );
    Event { resource_id: Some(record.resource_id), changed: record.changed.clone(), ..event }
}

/// `customer_erased` follows the customer's last own event, so its version is one higher.
fn of_completed_deletion(deletion: &CompletedDeletion) -> Event {
    let (customer, version) = (deletion.customer_id, deletion.version + 1);
    let id = event_id(customer, version, &EventType::CustomerErased);
    let event = Event::new(id, EventType::CustomerErased, customer, version, deletion.tm_completed);
    Event { status: Some(deletion.terminal_status), removed: Some(deletion.removed.clone()), ..event }
}

/// The event that asks the call plane to end an account's running calls. `cause` is the event of the freeze or deletion.
pub fn operations_terminate(cause: &Event) -> Event {
    let event_type = EventType::OperationsTerminate;
    let id = event_id(cause.customer_id, cause.version, &event_type);
    Event { id, event_type, changed: Vec::new(), ..cause.clone() }
}

/// The event of a customer's change. A write that did not raise the version causes none.
pub(crate) fn of_customer(old: Option<&Customer>, new: Option<&Customer>) -> Option<Event> {
    let new = new?;
    let event_type = match old {
        None => EventType::CustomerCreated,
        Some(old) if old.version >= new.version => return None,
        Some(old) if is_reminder(old, new) => EventType::CustomerDeletionReminder,
        Some(old) => of_transition(old.status(), new.status()),
    };
    let id = event_id(new.id, new.version, &event_type);
    let event = Event::new(id, event_type, new.id, new.version, new.tm_update);
    let changed = old.map(|old| changed_fields(old, new)).unwrap_or_default();
    Some(Event { status: Some(new.status()), changed, ..event })
}

/// Whether the owner of a frozen account is reminded of its deletion.
fn is_reminder(old: &Customer, new: &Customer) -> bool {
    match (old.state, new.state) {
        (State::Frozen { last_reminder: before, .. }, State::Frozen { last_reminder: Some(days), .. }) => {
            before != Some(days)
        }
        _ => false,
    }
}

fn of_transition(old: Status, new: Status) -> EventType {
    match (old, new) {
        (Status::Initial, Status::Active) => EventType::CustomerVerified,
        (Status::Active, Status::Frozen) => EventType::CustomerFrozen,
        (Status::Frozen, Status::Active) => EventType::CustomerRecovered,
        (_, Status::Expired) if old != new => EventType::CustomerExpired,
        (_, Status::Deleted) if old != new => EventType::CustomerDeleted,
        _ => EventType::CustomerUpdated,
    }
}

/// The fields of a customer that an event may name, each with its comparison.
pub(crate) const TRACKED_FIELDS: [(&str, Differs); 18] = [
    ("name", |a, b| a.profile.name != b.profile.name),
    ("detail", |a, b| a.profile.detail != b.profile.detail),
    ("email", |a, b| a.profile.email != b.profile.email),
    ("phone_number", |a, b| a.profile.phone_number != b.profile.phone_number),
    ("address", |a, b| a.profile.address != b.profile.address),
    ("webhook_method", |a, b| a.profile.webhook_method != b.profile.webhook_method),
    ("webhook_uri", |a, b| a.profile.webhook_uri != b.profile.webhook_uri),
    ("webhook_event_types", |a, b| a.webhook_event_types != b.webhook_event_types),
    ("webhook_endpoints", |a, b| a.webhook_endpoints != b.webhook_endpoints),
    (PENDING_EMAIL, |a, b| a.pending_email != b.pending_email),
    // The verification clears the signup. That is no newer signup.
    (SIGNUP, |a, b| b.signup.is_some() && a.signup != b.signup),
    ("plan", |a, b| a.plan != b.plan),
    ("billing_account_id", |a, b| a.billing_account_id != b.billing_account_id),
    ("email_verified", |a, b| a.email_verified != b.email_verified),
    ("status", |a, b| a.status() != b.status()),
    ("suspended", |a, b| a.is_suspended() != b.is_suspended()),
    ("hold", |a, b| a.hold != b.hold),
    ("tm_deletion_scheduled", |a, b| a.tm_deletion_scheduled() != b.tm_deletion_scheduled()),
];
type Differs = fn(&Customer, &Customer) -> bool;

/// The names of the changed fields. The event of a deletion or expiry names only the status.
fn changed_fields(old: &Customer, new: &Customer) -> Vec<String> {
    if new.status().is_terminal() {
        return vec!["status".to_owned()];
    }
    let differing = TRACKED_FIELDS.iter().filter(|(_, differs)| differs(old, new));
    differing.map(|(name, _)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use custodian_domain::Profile;
    use custodian_domain::lifecycle::{Command, Decision, decide};
    use custodian_domain::{AgentId, CustomerId, Initiator, Timestamp};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn new_customer() -> Customer {
        Customer {
            id: CustomerId(Uuid::from_u128(1)),
            version: 1,
            epoch: 1,
            profile: Profile { name: "Acme".into(), email: "ann@example.com".into(), ..Profile::default() },
            pending_email: None,
            signup: None,
            webhook_since: None,
            webhook_event_types: Vec::new(),
            webhook_endpoints: Vec::new(),
            email_trusted_from: None,
            former_email: None,
            billing_account_id: Uuid::nil(),
            email_verified: false,
            guest_id: AgentId(Uuid::nil()),
            freezes: 0,
            platform: false,
            plan: custodian_domain::Plan::default(),
            hold: None,
            state: State::Initial { verify_by: NOW.plus(Duration::from_secs(60)) },
            tm_create: NOW,
            tm_update: NOW,
        }
    }

    fn after(row: &Customer, command: Command) -> Customer {
        match decide(row, command, NOW) {
            Ok(Decision::Change(next)) => *next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_events_of_a_customers_lifecycle_are_ordered_by_version() {
        let created = new_customer();
        let verified = after(&created, Command::Verify);
        let frozen = after(&verified, Command::Freeze { grace: Duration::from_secs(60) });
        let recovered = after(&frozen, Command::Recover(Initiator::Owner));
        let deleted = after(&recovered, Command::Delete(Initiator::Owner));
        let rows = [created, verified, frozen, recovered, deleted];
        let mut events = vec![of_customer(None, Some(&rows[0]))];
        events.extend(rows.windows(2).map(|pair| of_customer(Some(&pair[0]), Some(&pair[1]))));
        let events: Vec<_> =
            events.into_iter().flatten().map(|event| (event.event_type.to_string(), event.version)).collect();
        let names = ["customer_created", "customer_verified", "customer_frozen", "customer_recovered"];
        let expected: Vec<_> =
            names.into_iter().chain(["customer_deleted"]).map(str::to_owned).zip(1..).collect();
        assert_eq!(events, expected);
    }

    #[test]
    fn the_same_change_gives_the_same_event_and_no_change_gives_none() {
        let row = new_customer();
        assert_eq!(of_customer(None, Some(&row)), of_customer(None, Some(&row)));
        assert_eq!(of_customer(Some(&row), Some(&row)), None);
        assert_eq!(of_customer(Some(&row), None), None);
    }

    #[test]
    fn an_event_names_changed_fields_and_contains_no_values() {
        let row = new_customer();
        let profile = Profile { name: "Emca".into(), ..row.profile.clone() };
        let after = Customer { profile, ..row.with_state(row.state, NOW) };
        let event = of_customer(Some(&row), Some(&after));
        assert_eq!(event.as_ref().map(|e| e.changed.clone()), Some(vec!["name".to_owned()]));
        let text = serde_json::to_string(&event).unwrap();
        for value in ["Acme", "Emca", "ann@example.com"] {
            assert!(!text.contains(value), "{text}");
        }
    }
}
