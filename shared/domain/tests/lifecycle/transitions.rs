//! What each transition changes, and how it depends on the deadline of the account.

use std::time::Duration;

use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::scheduled_job::Job;
use custodian_domain::{Customer, Initiator, Profile, Reason, ScheduledJob, State, Status, Timestamp};

use crate::{DAY, GRACE, NOW, changed, customer};

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
fn each_reminder_is_recorded_once_and_a_late_one_does_not_repeat_an_earlier() {
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
fn every_transition_raises_the_version_and_a_freeze_or_deletion_raises_the_epoch() {
    let transitions = [
        (Status::Initial, Command::Verify, 2),
        (Status::Active, Command::Freeze { grace: GRACE }, 3),
        (Status::Frozen, Command::Recover(Initiator::Owner), 2),
        (Status::Active, Command::Delete(Initiator::Owner), 3),
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

/// Invariant I6: no personal data is left.
#[test]
fn a_deleted_or_expired_customer_keeps_no_personal_data() {
    for (status, command) in
        [(Status::Active, Command::Delete(Initiator::Owner)), (Status::Initial, Command::Expire)]
    {
        let deleted = changed(&customer(status), command, NOW.plus(2 * DAY));
        assert_eq!(deleted.profile, Profile::default());
        assert!(deleted.billing_account_id.is_nil() && !deleted.email_verified);
        assert_eq!(ScheduledJob::of(&deleted, &[14]), []);
        assert_eq!(deleted.hold, None);
    }
}
