//! The table of all states and commands, and the transitions that depend on the time.
#![allow(clippy::panic, clippy::unwrap_used)]

mod table;
mod transitions;

use std::time::Duration;

use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::{AgentId, Customer, CustomerId, Hold, Initiator, Profile, State, Status, Timestamp};
use uuid::Uuid;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const GRACE: Duration = Duration::from_secs(30 * 86_400);
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_001);

fn frozen(frozen_by: Initiator) -> State {
    let tm_frozen = NOW.minus(DAY);
    State::Frozen { tm_frozen, tm_deletion_scheduled: NOW.plus(DAY), frozen_by, last_reminder: None }
}

fn suspended() -> Customer {
    Customer { state: frozen(Initiator::Operator), ..customer(Status::Frozen) }
}

/// An account in every column of the table.
pub(crate) fn in_every_state() -> [Customer; 6] {
    let [initial, active, frozen, deleted, expired] = Status::ALL.map(customer);
    [initial, active, frozen, suspended(), deleted, expired]
}

pub(crate) fn hold(tm_until: Option<Timestamp>) -> Option<Hold> {
    Some(Hold {
        reason: "court order".into(),
        reference: String::new(),
        placed_by: AgentId(Uuid::nil()),
        tm_until,
        reason_is_visible: false,
        tm_create: NOW,
    })
}

pub(crate) fn customer(status: Status) -> Customer {
    let deadline = NOW.plus(DAY);
    let state = match status {
        Status::Initial => State::Initial { verify_by: deadline },
        Status::Active => State::Active,
        Status::Frozen => frozen(Initiator::Owner),
        Status::Deleted => State::Deleted { tm_delete: NOW.minus(DAY) },
        Status::Expired => State::Expired { tm_delete: NOW.minus(DAY) },
    };
    Customer {
        id: CustomerId(Uuid::from_u128(7)),
        version: 5,
        epoch: 2,
        profile: Profile { name: "Acme".into(), email: "a@example.com".into(), ..Profile::default() },
        pending_email: None,
        signup: None,
        webhook_since: None,
        webhook_event_types: Vec::new(),
        webhook_endpoints: Vec::new(),
        email_trusted_from: None,
        former_email: None,
        billing_account_id: Uuid::from_u128(8),
        email_verified: true,
        guest_id: AgentId(Uuid::nil()),
        freezes: 1,
        platform: false,
        plan: custodian_domain::Plan::default(),
        hold: None,
        state,
        tm_create: NOW.minus(DAY),
        tm_update: NOW.minus(DAY),
    }
}

pub(crate) fn commands() -> [Command; 10] {
    [
        Command::Verify,
        Command::Freeze { grace: GRACE },
        Command::Suspend { grace: GRACE, until: Some(NOW.plus(60 * DAY)) },
        Command::Recover(Initiator::Owner),
        Command::Recover(Initiator::Operator),
        Command::Delete(Initiator::Owner),
        Command::Delete(Initiator::Operator),
        Command::Purge { freeze: 1 },
        Command::Expire,
        Command::Remind { freeze: 1, days: 2 },
    ]
}

pub(crate) fn changed(customer: &Customer, command: Command, now: Timestamp) -> Customer {
    match decide(customer, command, now) {
        Ok(Decision::Change(next)) => *next,
        other => panic!("{command:?} on {:?} at {now:?}: {other:?}", customer.status()),
    }
}
