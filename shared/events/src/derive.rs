//! From what a stream tells to what happened.

use custodian_cascade::Sealed;
use custodian_domain::note::{Note, event_id};
use custodian_domain::{Customer, Status};

use crate::{
    CUSTOMER_CREATED, CUSTOMER_DELETED, CUSTOMER_ERASED, CUSTOMER_EXPIRED, CUSTOMER_FROZEN,
    CUSTOMER_RECOVERED, CUSTOMER_UPDATED, CUSTOMER_VERIFIED, Change, Event, OPERATIONS_TERMINATE,
    PENDING_EMAIL,
};

/// The event of a change, if it is one.
pub fn of_change(change: &Change) -> Option<Event> {
    match change {
        Change::Customer { old, new } => derive(old.as_deref(), new.as_deref()),
        Change::Note(note) => Some(of_note(note)),
        Change::Sealed(sealed) => Some(of_seal(sealed)),
        Change::Silent => None,
    }
}

/// The event of a note that the transaction of a row has written.
pub fn of_note(note: &Note) -> Event {
    Event {
        id: note.id,
        kind: note.kind.clone(),
        schema_version: 1,
        customer_id: note.customer_id,
        resource_id: Some(note.resource_id),
        version: note.version,
        status: None,
        changed: note.changed.clone(),
        removed: None,
        time: note.tm_create.to_rfc3339(),
    }
}

/// The event of a deletion that has ended. It follows the customer's last one.
pub fn of_seal(sealed: &Sealed) -> Event {
    let version = sealed.version + 1;
    Event {
        id: event_id(&[&sealed.customer_id.to_string(), &version.to_string(), CUSTOMER_ERASED]),
        kind: CUSTOMER_ERASED.to_owned(),
        schema_version: 1,
        customer_id: sealed.customer_id,
        resource_id: None,
        version,
        status: Some(sealed.cause),
        changed: Vec::new(),
        removed: Some(sealed.removed.clone()),
        time: sealed.tm_sealed.to_rfc3339(),
    }
}

/// What the call plane is told when an account stops: end what runs for it.
pub fn terminate(stopped: &Event) -> Event {
    let version = stopped.version;
    Event {
        id: event_id(&[&stopped.customer_id.to_string(), &version.to_string(), OPERATIONS_TERMINATE]),
        kind: OPERATIONS_TERMINATE.to_owned(),
        changed: Vec::new(),
        ..stopped.clone()
    }
}

/// The event of a change, if it is one.
pub fn derive(old: Option<&Customer>, new: Option<&Customer>) -> Option<Event> {
    let new = new?;
    let kind = match old {
        None => CUSTOMER_CREATED,
        Some(old) if old.version >= new.version => return None,
        Some(old) => kind(old.status(), new.status()),
    };
    Some(Event {
        id: event_id(&[&new.id.to_string(), &new.version.to_string(), kind]),
        kind: kind.to_owned(),
        schema_version: 1,
        customer_id: new.id,
        resource_id: None,
        version: new.version,
        status: Some(new.status()),
        changed: old.map(|old| changed(old, new)).unwrap_or_default(),
        removed: None,
        time: new.tm_update.to_rfc3339(),
    })
}

fn kind(old: Status, new: Status) -> &'static str {
    match (old, new) {
        (Status::Initial, Status::Active) => CUSTOMER_VERIFIED,
        (Status::Active, Status::Frozen) => CUSTOMER_FROZEN,
        (Status::Frozen, Status::Active) => CUSTOMER_RECOVERED,
        (_, Status::Expired) if old != new => CUSTOMER_EXPIRED,
        (_, Status::Deleted) if old != new => CUSTOMER_DELETED,
        _ => CUSTOMER_UPDATED,
    }
}

/// What a caller can see to have changed of a customer, by name.
pub(crate) const COMPARED: [(&str, Differs); 13] = [
    ("name", |a, b| a.profile.name != b.profile.name),
    ("detail", |a, b| a.profile.detail != b.profile.detail),
    ("email", |a, b| a.profile.email != b.profile.email),
    ("phone_number", |a, b| a.profile.phone_number != b.profile.phone_number),
    ("address", |a, b| a.profile.address != b.profile.address),
    ("webhook_method", |a, b| a.profile.webhook_method != b.profile.webhook_method),
    ("webhook_uri", |a, b| a.profile.webhook_uri != b.profile.webhook_uri),
    (PENDING_EMAIL, |a, b| a.pending_email != b.pending_email),
    ("plan", |a, b| a.plan != b.plan),
    ("billing_account_id", |a, b| a.billing_account_id != b.billing_account_id),
    ("email_verified", |a, b| a.email_verified != b.email_verified),
    ("status", |a, b| a.status() != b.status()),
    ("tm_deletion_scheduled", |a, b| a.tm_deletion_scheduled() != b.tm_deletion_scheduled()),
];
type Differs = fn(&Customer, &Customer) -> bool;

/// The names of what a caller would see changed. Of an account that is gone, nothing more is told.
fn changed(old: &Customer, new: &Customer) -> Vec<String> {
    if new.status().is_gone() {
        return vec!["status".to_owned()];
    }
    let differing = COMPARED.iter().filter(|(_, differs)| differs(old, new));
    differing.map(|(name, _)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use custodian_domain::Profile;
    use custodian_domain::lifecycle::{Command, Decision, decide};
    use custodian_domain::{AgentId, CustomerId, State, Timestamp};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn new_customer() -> Customer {
        Customer {
            id: CustomerId(Uuid::from_u128(1)),
            version: 1,
            epoch: 1,
            profile: Profile { name: "Acme".into(), email: "ann@example.com".into(), ..Profile::default() },
            pending_email: None,
            webhook_since: None,
            email_trusted_from: None,
            billing_account_id: Uuid::nil(),
            email_verified: false,
            guest_id: AgentId(Uuid::nil()),
            freezes: 0,
            platform: false,
            plan: custodian_domain::Plan::default(),
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
    fn a_life_is_told_in_events_in_order_of_version() {
        let created = new_customer();
        let verified = after(&created, Command::Verify);
        let frozen = after(&verified, Command::Freeze { grace: Duration::from_secs(60) });
        let recovered = after(&frozen, Command::Recover);
        let deleted = after(&recovered, Command::Delete);
        let rows = [created, verified, frozen, recovered, deleted];
        let mut told = vec![derive(None, Some(&rows[0]))];
        told.extend(rows.windows(2).map(|pair| derive(Some(&pair[0]), Some(&pair[1]))));
        let told: Vec<_> = told.into_iter().flatten().map(|event| (event.kind, event.version)).collect();
        let names = ["customer_created", "customer_verified", "customer_frozen", "customer_recovered"];
        let expected: Vec<_> =
            names.into_iter().chain(["customer_deleted"]).map(str::to_owned).zip(1..).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn the_same_change_gives_the_same_event_and_no_change_gives_none() {
        let row = new_customer();
        assert_eq!(derive(None, Some(&row)), derive(None, Some(&row)));
        assert_eq!(derive(Some(&row), Some(&row)), None);
        assert_eq!(derive(Some(&row), None), None);
    }

    #[test]
    fn an_event_names_fields_and_carries_no_value_of_them() {
        let row = new_customer();
        let profile = Profile { name: "Emca".into(), ..row.profile.clone() };
        let after = Customer { profile, ..row.moved(row.state, NOW) };
        let event = derive(Some(&row), Some(&after));
        assert_eq!(event.as_ref().map(|e| e.changed.clone()), Some(vec!["name".to_owned()]));
        let text = serde_json::to_string(&event).unwrap();
        for value in ["Acme", "Emca", "ann@example.com"] {
            assert!(!text.contains(value), "{text}");
        }
    }
}
