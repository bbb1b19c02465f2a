//! The table of all states and commands, and the transitions that depend on the time.
#![allow(clippy::panic)]

use std::time::Duration;

use custodian_domain::lifecycle::{Command, Decision, TABLE, TransitionRule, decide};
use custodian_domain::{
    AgentId, Customer, CustomerId, Profile, Reason, ScheduledJob, State, Status, Timestamp,
    scheduled_job::Job,
};
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(86_400);
const GRACE: Duration = Duration::from_secs(30 * 86_400);
const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_001);

fn customer(status: Status) -> Customer {
    let deadline = NOW.plus(DAY);
    let state = match status {
        Status::Initial => State::Initial { verify_by: deadline },
        Status::Active => State::Active,
        Status::Frozen => State::Frozen { tm_frozen: NOW.minus(DAY), tm_deletion_scheduled: deadline },
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
        email_trusted_from: None,
        former_email: None,
        billing_account_id: Uuid::from_u128(8),
        email_verified: true,
        guest_id: AgentId(Uuid::nil()),
        freezes: 1,
        platform: false,
        plan: custodian_domain::Plan::default(),
        state,
        tm_create: NOW.minus(DAY),
        tm_update: NOW.minus(DAY),
    }
}

fn commands() -> [Command; 6] {
    [
        Command::Verify,
        Command::Freeze { grace: GRACE },
        Command::Recover,
        Command::Delete,
        Command::Purge { freeze: 1 },
        Command::Expire,
    ]
}

fn changed(customer: &Customer, command: Command, now: Timestamp) -> Customer {
    match decide(customer, command, now) {
        Ok(Decision::Change(next)) => *next,
        other => panic!("{command:?} on {:?} at {now:?}: {other:?}", customer.status()),
    }
}

/// Invariant I1: one way to change status.
#[test]
fn the_table_of_states_and_commands_matches_the_specification() {
    let printed: Vec<String> = TABLE
        .iter()
        .map(|(name, rules)| {
            let cells: Vec<_> = rules
                .iter()
                .map(|rule| match rule {
                    TransitionRule::Change => "move".to_owned(),
                    TransitionRule::Unchanged => "stay".to_owned(),
                    TransitionRule::Refuse(reason) => reason.key().to_owned(),
                })
                .collect();
            format!("{name}: {}", cells.join(" "))
        })
        .collect();
    assert_eq!(
        printed,
        [
            // initial active frozen deleted expired
            "verify: move stay STATE_INVALID VERIFICATION_WINDOW_ENDED VERIFICATION_WINDOW_ENDED",
            "freeze: STATE_INVALID move stay STATE_INVALID STATE_INVALID",
            "recover: STATE_INVALID stay move STATE_INVALID STATE_INVALID",
            "delete: move move move stay STATE_INVALID",
            "purge: stay stay move stay stay",
            "expire: move stay stay stay stay",
        ]
    );
}

#[test]
fn a_decision_follows_the_table_once_its_deadline_has_passed() {
    for status in Status::ALL {
        for command in commands() {
            let row = customer(status);
            let timed = matches!(command, Command::Purge { .. } | Command::Expire);
            let now = if timed { NOW.plus(2 * DAY) } else { NOW };
            let decision = decide(&row, command, now);
            match command.rule(status) {
                TransitionRule::Change => {
                    assert!(matches!(decision, Ok(Decision::Change(_))), "{command:?} on {status:?}")
                }
                TransitionRule::Unchanged => {
                    assert_eq!(decision, Ok(Decision::Unchanged), "{command:?} on {status:?}")
                }
                TransitionRule::Refuse(reason) => {
                    assert_eq!(decision, Err(reason.into()), "{command:?} on {status:?}")
                }
            }
        }
    }
}

/// Invariant I7: a credential is valid only as long as its basis.
#[test]
fn every_transition_raises_the_version_and_a_freeze_or_deletion_raises_the_epoch() {
    let transitions = [
        (Status::Initial, Command::Verify, 2),
        (Status::Active, Command::Freeze { grace: GRACE }, 3),
        (Status::Frozen, Command::Recover, 2),
        (Status::Active, Command::Delete, 3),
    ];
    for (status, command, epoch) in transitions {
        let next = changed(&customer(status), command, NOW);
        assert_eq!((next.version, next.epoch, next.tm_update), (6, epoch, NOW), "{command:?}");
    }
}

#[test]
fn the_purge_is_due_at_the_end_of_the_grace_period_rounded_up_to_a_second() {
    let next = changed(&customer(Status::Active), Command::Freeze { grace: GRACE }, NOW);
    let due = Timestamp::from_micros(1_718_893_356_000_000).plus(GRACE);
    assert_eq!(next.tm_deletion_scheduled(), Some(due));
    assert_eq!(next.freezes, 2);
    let job = Job::Purge { customer_id: next.id, freeze: 2 };
    assert_eq!(ScheduledJob::of(&next), Some(ScheduledJob { job, due }));
    assert_eq!(job.name(), "purge-00000000-0000-0000-0000-000000000007-2");
}

/// Invariant I2: the row decides; a job only triggers the decision.
#[test]
fn recovery_and_verification_end_at_the_deadline_even_if_the_job_is_late() {
    let deadline = NOW.plus(DAY);
    let just_before = deadline.minus(Duration::from_micros(1));
    for (status, command, reason) in [
        (Status::Frozen, Command::Recover, Reason::GracePeriodEnded),
        (Status::Initial, Command::Verify, Reason::VerificationWindowEnded),
    ] {
        let row = customer(status);
        assert_eq!(changed(&row, command, just_before).status(), Status::Active);
        for late in [deadline, deadline.plus(DAY)] {
            assert_eq!(decide(&row, command, late), Err(reason.into()));
        }
    }
}

#[test]
fn a_job_acts_at_its_deadline_fails_shortly_before_it_and_does_nothing_earlier() {
    let deadline = NOW.plus(DAY);
    for (status, command) in
        [(Status::Frozen, Command::Purge { freeze: 1 }), (Status::Initial, Command::Expire)]
    {
        let row = customer(status);
        let at = |now| decide(&row, command, now);
        assert_eq!(at(deadline.minus(Duration::from_secs(301))), Ok(Decision::Unchanged));
        assert_eq!(at(deadline.minus(Duration::from_secs(300))), Ok(Decision::TooEarly));
        assert_eq!(at(deadline.minus(Duration::from_micros(1))), Ok(Decision::TooEarly));
        assert!(matches!(at(deadline), Ok(Decision::Change(_))));
    }
}

#[test]
fn the_purge_job_of_another_freeze_does_nothing() {
    let row = customer(Status::Frozen);
    for freeze in [0, 2] {
        assert_eq!(decide(&row, Command::Purge { freeze }, NOW.plus(2 * DAY)), Ok(Decision::Unchanged));
    }
}

/// Invariant I6: no personal data is left.
#[test]
fn a_deleted_or_expired_customer_keeps_no_personal_data() {
    for (status, command) in [(Status::Active, Command::Delete), (Status::Initial, Command::Expire)] {
        let deleted = changed(&customer(status), command, NOW.plus(2 * DAY));
        assert_eq!(deleted.profile, Profile::default());
        assert!(deleted.billing_account_id.is_nil() && !deleted.email_verified);
        assert_eq!(ScheduledJob::of(&deleted), None);
    }
}

#[test]
fn the_platforms_own_customer_cannot_be_frozen_deleted_or_expired() {
    for status in [Status::Initial, Status::Active, Status::Frozen] {
        let row = Customer { platform: true, ..customer(status) };
        for command in commands().into_iter().filter(|c| !matches!(c, Command::Verify | Command::Recover)) {
            let decision = decide(&row, command, NOW.plus(2 * DAY));
            assert!(!matches!(decision, Ok(Decision::Change(_))), "{command:?} on {status:?}");
        }
    }
}
