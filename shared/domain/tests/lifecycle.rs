//! The table of all states and commands, and the transitions that depend on the time.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::time::Duration;

use custodian_domain::lifecycle::{COLUMNS, Command, Decision, TABLE, TransitionRule, decide};
use custodian_domain::{
    AgentId, Customer, CustomerId, Hold, Initiator, Profile, Reason, ScheduledJob, State, Status, Timestamp,
    scheduled_job::Job,
};
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(86_400);
const GRACE: Duration = Duration::from_secs(30 * 86_400);
const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_001);

fn frozen(frozen_by: Initiator) -> State {
    let tm_frozen = NOW.minus(DAY);
    State::Frozen { tm_frozen, tm_deletion_scheduled: NOW.plus(DAY), frozen_by, last_reminder: None }
}

fn suspended() -> Customer {
    Customer { state: frozen(Initiator::Operator), ..customer(Status::Frozen) }
}

/// An account in every column of the table.
fn in_every_state() -> [Customer; 6] {
    let [initial, active, frozen, deleted, expired] = Status::ALL.map(customer);
    [initial, active, frozen, suspended(), deleted, expired]
}

fn hold(tm_until: Option<Timestamp>) -> Option<Hold> {
    Some(Hold {
        reason: "court order".into(),
        reference: String::new(),
        placed_by: AgentId(Uuid::nil()),
        tm_until,
        reason_is_visible: false,
        tm_create: NOW,
    })
}

fn customer(status: Status) -> Customer {
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

fn commands() -> [Command; 10] {
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

fn changed(customer: &Customer, command: Command, now: Timestamp) -> Customer {
    match decide(customer, command, now) {
        Ok(Decision::Change(next)) => *next,
        other => panic!("{command:?} on {:?} at {now:?}: {other:?}", customer.status()),
    }
}

/// Invariant I1: one way to change status.
#[test]
fn the_table_of_states_and_commands_matches_the_specification() {
    let name = |rule: &TransitionRule| match rule {
        TransitionRule::Change => "move".to_owned(),
        TransitionRule::Unchanged => "stay".to_owned(),
        TransitionRule::Refuse(reason) => reason.key().to_owned(),
    };
    let printed = TABLE.iter().map(|row| {
        let cells: Vec<_> = row.rules.iter().map(name).collect();
        format!("{}: {} | {}", row.command, cells.join(" "), name(&row.on_hold))
    });
    assert_eq!(COLUMNS, ["initial", "active", "frozen", "suspended", "deleted", "expired"]);
    assert_eq!(
        printed.collect::<Vec<_>>(),
        [
            "verify: move stay STATE_INVALID STATE_INVALID VERIFICATION_WINDOW_ENDED VERIFICATION_WINDOW_ENDED | move",
            "freeze: STATE_INVALID move stay stay STATE_INVALID STATE_INVALID | move",
            "suspend: STATE_INVALID move move move STATE_INVALID STATE_INVALID | move",
            "recover by owner: STATE_INVALID stay move FROZEN_BY_OPERATOR STATE_INVALID STATE_INVALID | move",
            "recover by operator: STATE_INVALID stay move move STATE_INVALID STATE_INVALID | move",
            "delete by owner: move move move FROZEN_BY_OPERATOR stay STATE_INVALID | ACCOUNT_HELD",
            "delete by operator: move move move move stay STATE_INVALID | ACCOUNT_HELD",
            "purge: stay stay move move stay stay | stay",
            "expire: move stay stay stay stay stay | stay",
            "remind: stay stay move move stay stay | stay",
        ]
    );
}

/// The time at which a command of a job is due, but not too late.
fn time_of(command: Command) -> Timestamp {
    match command {
        Command::Purge { .. } | Command::Expire => NOW.plus(2 * DAY),
        _ => NOW,
    }
}

fn assert_follows(rule: TransitionRule, row: &Customer, command: Command) {
    let decision = decide(row, command, time_of(command));
    match rule {
        TransitionRule::Change => {
            assert!(
                matches!(decision, Ok(Decision::Change(_))),
                "{command:?} on {:?}: {decision:?}",
                row.state
            );
        }
        TransitionRule::Unchanged => {
            assert_eq!(decision, Ok(Decision::Unchanged), "{command:?} on {:?}", row.state)
        }
        TransitionRule::Refuse(reason) => {
            assert_eq!(decision, Err(reason.into()), "{command:?} on {:?}", row.state);
        }
    }
}

#[test]
fn a_decision_follows_the_table_once_its_deadline_has_passed() {
    for row in in_every_state() {
        for command in commands() {
            assert_follows(command.rule(&row.state), &row, command);
        }
    }
}

#[test]
fn a_hold_stops_every_command_that_ends_the_account_and_no_other() {
    for row in in_every_state() {
        for command in commands() {
            let held = Customer { hold: hold(None), ..row.clone() };
            let ended = Customer { hold: hold(Some(NOW)), ..row.clone() };
            let rule = match command.rule(&row.state) {
                TransitionRule::Change => command.rules().on_hold,
                rule => rule,
            };
            assert_follows(rule, &held, command);
            assert_follows(command.rule(&row.state), &ended, command);
        }
    }
}

#[test]
fn under_a_hold_a_frozen_account_can_be_recovered_after_its_deadline() {
    let late = NOW.plus(2 * DAY);
    let held = Customer { hold: hold(None), ..customer(Status::Frozen) };
    let recovered = changed(&held, Command::Recover(Initiator::Owner), late);
    assert_eq!((recovered.status(), recovered.hold), (Status::Active, held.hold));
}

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

#[test]
fn the_platforms_own_customer_cannot_be_frozen_deleted_or_expired() {
    for status in [Status::Initial, Status::Active, Status::Frozen] {
        let row = Customer { platform: true, ..customer(status) };
        for command in commands().into_iter().filter(|c| !matches!(c, Command::Verify | Command::Recover(_)))
        {
            let decision = decide(&row, command, NOW.plus(2 * DAY));
            assert!(!matches!(decision, Ok(Decision::Change(_))), "{command:?} on {status:?}");
        }
    }
}

/// The document with the table of all states and commands.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lifecycle.md");
const BEGIN: &str = "<!-- generated: cargo test -p custodian-domain --test lifecycle -- --ignored -->\n";
const END: &str = "<!-- /generated -->";

/// The table in Markdown.
fn markdown() -> String {
    let cell = |rule: &TransitionRule| match rule {
        TransitionRule::Change => "yes".to_owned(),
        TransitionRule::Unchanged => "stays".to_owned(),
        TransitionRule::Refuse(reason) => format!("`{}`", reason.key()),
    };
    let mut lines = vec![
        format!("| command | {} | on hold |", COLUMNS.join(" | ")),
        format!("|---|{}---|", "---|".repeat(COLUMNS.len())),
    ];
    for row in &TABLE {
        let cells: Vec<_> = row.rules.iter().map(cell).collect();
        lines.push(format!("| {} | {} | {} |", row.command, cells.join(" | "), cell(&row.on_hold)));
    }
    lines.join("\n") + "\n"
}

/// The document with the present table.
fn with_table(document: &str) -> String {
    let (head, rest) = document.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    format!("{head}{BEGIN}{}{END}{tail}", markdown())
}

#[test]
fn the_document_has_the_table_of_states_and_commands() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    assert_eq!(with_table(&document), document, "run the ignored test that writes docs/lifecycle.md");
}

#[test]
#[ignore = "writes docs/lifecycle.md"]
fn write_the_table() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    std::fs::write(DOCUMENT, with_table(&document)).unwrap();
}
