//! Each decision follows the table of all states and commands, and docs/lifecycle.md has that table.

use custodian_domain::lifecycle::{COLUMNS, Command, Decision, TABLE, TransitionRule, decide};
use custodian_domain::{Customer, Initiator, Reason, Refusal, Status, Timestamp};

use crate::{DAY, NOW, changed, commands, customer, hold, in_every_state};

/// Invariant I1: one way to change status.
#[test]
fn the_table_of_states_and_commands_has_these_rules() {
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
pub(crate) fn time_of(command: Command) -> Timestamp {
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
fn a_decision_follows_the_table_at_a_time_that_permits_it() {
    for row in in_every_state() {
        for command in commands() {
            assert_follows(command.rule(&row.state), &row, command);
        }
    }
}

#[test]
fn a_hold_stops_every_deletion_expiry_and_reminder_and_no_other_command() {
    let is_change = |decision: &Result<Decision, Refusal>| matches!(decision, Ok(Decision::Change(_)));
    for row in in_every_state() {
        for command in commands() {
            let with_hold = |hold| decide(&Customer { hold, ..row.clone() }, command, time_of(command));
            let (free, held, ended) = (with_hold(None), with_hold(hold(None)), with_hold(hold(Some(NOW))));
            let case = format!("{command:?} on {:?}", row.state);
            if is_change(&free) {
                assert!(is_change(&ended), "{case}, after the hold: {ended:?}");
            } else {
                assert_eq!(ended, free, "{case}, after the hold");
            }
            match command {
                _ if !is_change(&free) => assert_eq!(held, free, "{case}"),
                Command::Delete(_) => assert_eq!(held, Err(Reason::AccountHeld.into()), "{case}"),
                Command::Purge { .. } | Command::Expire | Command::Remind { .. } => {
                    assert_eq!(held, Ok(Decision::Unchanged), "{case}");
                }
                Command::Verify | Command::Freeze { .. } | Command::Suspend { .. } | Command::Recover(_) => {
                    assert!(is_change(&held), "{case}: {held:?}");
                }
            }
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
