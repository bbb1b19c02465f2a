//! What each transition changes, and how it depends on the deadline of the account.

use std::time::Duration;

use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::scheduled_job::Job;
use custodian_domain::webhook_endpoints::EndpointSettings;
use custodian_domain::{
    AgentId, Cause, Customer, EventType, Initiator, PendingEmail, Plan, Profile, Reason, RequestedBy,
    ScheduledJob, State, Status, Timestamp,
};
use uuid::Uuid;

use crate::table::time_of;
use crate::{DAY, GRACE, NOW, changed, commands, customer, hold};

#[test]
fn an_operator_takes_over_a_freeze_and_extends_it_but_never_shortens_it() {
    let owners = customer(Status::Frozen);
    let due = owners.tm_deletion_scheduled();
    let suspend = |row: &Customer, until| decide(row, Command::Suspend { grace: GRACE, until }, NOW);
    let Ok(Decision::Change(taken)) = suspend(&owners, None) else { panic!("not taken over") };
    assert!(taken.is_suspended());
    assert_eq!((taken.tm_deletion_scheduled(), taken.freezes), (due, 1), "the deadline stays");
    assert_eq!(suspend(&taken, None), Ok(Decision::Unchanged));
    let later = NOW.plus(60 * DAY).rounded_up_to_second();
    let Ok(Decision::Change(extended)) = suspend(&taken, Some(later)) else { panic!("not extended") };
    assert_eq!(
        (extended.tm_deletion_scheduled(), extended.freezes),
        (Some(later), 2),
        "a later deadline has its own job"
    );
    assert_eq!(suspend(&extended, Some(later)), Ok(Decision::Unchanged));
    let refused = suspend(&extended, Some(NOW.plus(DAY))).unwrap_err();
    assert_eq!(refused.reason, Reason::InvalidArgument);
    assert_eq!(
        decide(&owners, Command::Suspend { grace: GRACE, until: None }, NOW.plus(2 * DAY)),
        Err(Reason::GracePeriodEnded.into())
    );
}

#[test]
fn each_reminder_is_recorded_once_and_none_is_recorded_after_a_later_one() {
    let due = NOW.plus(20 * DAY);
    let state = State::Frozen {
        tm_frozen: NOW,
        tm_deletion_scheduled: due,
        frozen_by: Initiator::Owner,
        last_reminder: None,
    };
    let row = Customer { state, ..customer(Status::Frozen) };
    let remind = |row: &Customer, days, now| decide(row, Command::Remind { freeze: 1, days }, now);
    assert_eq!(remind(&row, 14, NOW), Ok(Decision::Unchanged), "much too early");
    assert_eq!(remind(&row, 14, due.minus(14 * DAY + Duration::from_secs(60))), Ok(Decision::TooEarly));
    let Ok(Decision::Change(reminded)) = remind(&row, 7, due.minus(7 * DAY)) else { panic!("no reminder") };
    for repeated in [14, 7] {
        assert_eq!(remind(&reminded, repeated, due.minus(6 * DAY)), Ok(Decision::Unchanged), "{repeated}");
    }
    assert!(matches!(remind(&reminded, 1, due.minus(DAY)), Ok(Decision::Change(_))));
    assert_eq!(remind(&reminded, 1, due), Ok(Decision::Unchanged), "the purge is due");
    assert_eq!(
        decide(&row, Command::Remind { freeze: 2, days: 7 }, due.minus(7 * DAY)),
        Ok(Decision::Unchanged)
    );
}

/// Invariant I7: a credential is valid only as long as its basis.
#[test]
fn every_command_raises_the_version_and_a_new_freeze_deletion_or_expiry_raises_the_epoch() {
    for command in commands() {
        let (status, epoch) = match command {
            Command::Verify => (Status::Initial, 2),
            Command::Freeze { .. } | Command::Suspend { .. } | Command::Delete(_) => (Status::Active, 3),
            Command::Recover(_) | Command::Remind { .. } => (Status::Frozen, 2),
            Command::Purge { .. } => (Status::Frozen, 3),
            Command::Expire => (Status::Initial, 3),
        };
        let now = time_of(command);
        let next = changed(&customer(status), command, now);
        assert_eq!((next.version, next.epoch, next.tm_update), (6, epoch, now), "{command:?}");
    }
}

#[test]
fn the_purge_is_due_at_the_end_of_the_grace_period_rounded_up_to_a_second() {
    let next = changed(&customer(Status::Active), Command::Freeze { grace: GRACE }, NOW);
    let due = Timestamp::from_micros(1_718_893_356_000_000).plus(GRACE);
    assert_eq!(next.tm_deletion_scheduled(), Some(due));
    assert_eq!(next.freezes, 2);
    let job = Job::Purge { customer_id: next.id, freeze: 2 };
    assert_eq!(ScheduledJob::of(&next, &[]), [ScheduledJob { job, due }]);
    assert_eq!(job.name(), "purge-00000000-0000-0000-0000-000000000007-2");
}

#[test]
fn a_frozen_account_has_a_job_for_every_reminder_that_is_still_ahead() {
    let grace = 10 * DAY;
    let next = changed(&customer(Status::Active), Command::Freeze { grace }, NOW);
    let due = next.tm_deletion_scheduled().unwrap();
    let jobs = ScheduledJob::of(&next, &[14, 7, 1]);
    let jobs: Vec<_> =
        jobs.iter().map(|job| (job.job.name().rsplit_once('-').unwrap().1.to_owned(), job.due)).collect();
    let expected =
        [("2".to_owned(), due), ("7".to_owned(), due.minus(7 * DAY)), ("1".to_owned(), due.minus(DAY))];
    assert_eq!(jobs, expected);
}

/// Invariant I2: the row decides; a job only triggers the decision.
#[test]
fn recovery_and_verification_end_at_the_deadline_even_if_the_job_is_late() {
    let deadline = NOW.plus(DAY);
    let just_before = deadline.minus(Duration::from_micros(1));
    for (status, command, reason) in [
        (Status::Frozen, Command::Recover(Initiator::Owner), Reason::GracePeriodEnded),
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

/// A customer with a value in every field. Its hold has ended.
fn with_every_field(status: Status) -> Customer {
    let requested_by = RequestedBy::Agent { agent_id: AgentId(Uuid::from_u128(8)), epoch: 1, key_id: None };
    let endpoint = EndpointSettings {
        id: Uuid::from_u128(9),
        webhook_uri: "https://a.example/second".into(),
        webhook_method: "PUT".into(),
        event_types: vec![EventType::CustomerVerified],
        since: Some(NOW),
        tm_create: NOW,
        tm_update: NOW,
    };
    Customer {
        profile: Profile {
            name: "Acme".into(),
            detail: "detail".into(),
            email: "a@example.com".into(),
            phone_number: "+15551234567".into(),
            address: "1 Main Street".into(),
            webhook_method: "POST".into(),
            webhook_uri: "https://a.example/first".into(),
        },
        pending_email: Some(PendingEmail { address: "b@example.com".into(), tm_expire: NOW, requested_by }),
        signup: Some(Cause { at: NOW, id: Uuid::from_u128(10) }),
        webhook_since: Some(NOW),
        webhook_event_types: vec![EventType::CustomerVerified],
        webhook_endpoints: vec![endpoint],
        email_trusted_from: Some(NOW),
        former_email: Some("c@example.com".into()),
        guest_id: AgentId(Uuid::from_u128(11)),
        plan: Plan::Basic,
        hold: hold(Some(NOW)),
        ..customer(status)
    }
}

/// Invariant I6: no personal data is left.
#[test]
fn a_deleted_or_expired_customer_keeps_only_ids_counters_and_times() {
    let tm_delete = NOW.plus(2 * DAY);
    for (status, command, state) in [
        (Status::Active, Command::Delete(Initiator::Owner), State::Deleted { tm_delete }),
        (Status::Frozen, Command::Purge { freeze: 1 }, State::Deleted { tm_delete }),
        (Status::Initial, Command::Expire, State::Expired { tm_delete }),
    ] {
        let row = with_every_field(status);
        let ended = changed(&row, command, tm_delete);
        let kept = Customer {
            id: row.id,
            version: 6,
            epoch: 3,
            profile: Profile::default(),
            webhook_since: None,
            webhook_event_types: Vec::new(),
            webhook_endpoints: Vec::new(),
            pending_email: None,
            signup: None,
            email_trusted_from: None,
            former_email: None,
            billing_account_id: Uuid::nil(),
            email_verified: false,
            guest_id: row.guest_id,
            freezes: 1,
            platform: false,
            plan: Plan::default(),
            hold: None,
            state,
            tm_create: row.tm_create,
            tm_update: tm_delete,
        };
        assert_eq!(ended, kept, "{command:?}");
        assert_eq!(ScheduledJob::of(&ended, &[14]), []);
    }
}
