//! Each flow of the fixture, interrupted in four ways at each of its external calls and then repeated, ends in the same state.

use custodian_app::Failure;
use custodian_tests::Interruption;
use custodian_tests::test_app::START_TIME;
use serde_json::Value;

use crate::fixture::{FinalState, Fixture, Flow};

async fn interrupt_everywhere(flow: Flow) {
    let uninterrupted = Fixture::of(flow).await;
    uninterrupted.run().await.unwrap();
    let calls = uninterrupted.app.fault_injector.calls();
    assert!(calls > 0);
    let expected = uninterrupted.final_state().await;
    assert_eq!(expected.missing_jobs, [""; 0]);
    for at in 0..calls {
        for interruption in Interruption::ALL {
            let case = format!("{flow:?}: {interruption:?} at call {at} of {calls}");
            let fixture = Fixture::of(flow).await;
            fixture.app.fault_injector.interrupt(at, interruption);
            let first = fixture.run().await;
            if fixture.app.fault_injector.has_crashed() {
                // A crashed process returns its result to no caller.
                fixture.app.fault_injector.reset();
            } else if let Err(failure) = &first {
                assert!(matches!(failure, Failure::Unavailable { .. }), "{case}: {failure}");
            }
            // Only a failed message is still in its queue. Every other caller may also repeat a request that succeeded.
            if first.is_err() || !matches!(flow, Flow::Start | Flow::Step(_)) {
                fixture.run().await.unwrap_or_else(|failure| panic!("{case}, repeated: {failure}"));
            }
            assert_same(&fixture.final_state().await, &expected, &case);
            assert_jobs_are_harmless(&fixture, &expected, &case).await;
        }
    }
}

/// Reports the parts that differ instead of printing the whole state.
fn assert_same(state: &FinalState, expected: &FinalState, case: &str) {
    for ((table, rows), (_, expected)) in state.rows.iter().zip(&expected.rows) {
        assert_eq!(rows, expected, "{case}: rows of {table}");
    }
    assert_eq!(state.events, expected.events, "{case}: events");
    assert_eq!(state.messages, expected.messages, "{case}: messages");
    assert_eq!(state.missing_jobs, expected.missing_jobs, "{case}: customers without their scheduled job");
}

/// Asserts that jobs that an interruption left behind do nothing when they run.
async fn assert_jobs_are_harmless(fixture: &Fixture, expected: &FinalState, case: &str) {
    let (app, customers) = (&fixture.app, fixture.app.tables.scan("customers"));
    let jobs = app.cx.services.state().jobs.clone();
    let row_of = |job: &str| customers.iter().find(|row| job.contains(row["id"]["S"].as_str().unwrap()));
    for (name, scheduled_job) in jobs {
        if row_of(&name).and_then(|row: &Value| row.get("due_at")).is_none() {
            app.clock.set(scheduled_job.due);
            app.run_job(scheduled_job.job)
                .await
                .unwrap_or_else(|failure| panic!("{case}: {name}: {failure}"));
            assert_same(&fixture.final_state().await, expected, &format!("{case}: after {name}"));
        }
    }
    app.clock.set(START_TIME);
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test]
async fn account_creation_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Create).await;
}

#[tokio::test]
async fn the_verification_mail_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Mail).await;
}

/// Invariant I1: one way to change status.
#[tokio::test]
async fn verification_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Verify).await;
}

/// Invariant I1: one way to change status.
#[tokio::test]
async fn freezing_and_recovery_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Freeze).await;
    interrupt_everywhere(Flow::Recover).await;
}

/// Invariant I1: one way to change status.
#[tokio::test]
async fn deletion_and_purge_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Delete).await;
    interrupt_everywhere(Flow::Purge).await;
}

/// Invariant I2: the row decides; a job only triggers the decision.
#[tokio::test]
async fn expiry_and_reconciliation_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Expire).await;
    interrupt_everywhere(Flow::Reconcile).await;
}

/// Invariant I4: no lost event.
#[tokio::test]
async fn event_publishing_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Publish).await;
}

#[tokio::test]
async fn the_start_of_a_cascade_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Start).await;
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test]
async fn row_deletion_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Step("tags")).await;
    interrupt_everywhere(Flow::Step("usage")).await;
}

#[tokio::test]
async fn identifier_deletion_can_be_interrupted_and_repeated() {
    interrupt_everywhere(Flow::Step("identifiers")).await;
}
