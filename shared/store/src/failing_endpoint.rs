//! The row that counts the failed attempts of a webhook endpoint.

use custodian_app::Failure;
use custodian_app::ports::WriteOutcome;
use custodian_app::retry::RetryBudget;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{Status, Timestamp};

use crate::Store;
use crate::expr::Expr;
use crate::item::{encode, n, s};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::usage;
use crate::webhook_endpoints::require_endpoint;
use crate::webhook_key::{FAILING_KEY, endpoint_key};

fn expiry(until: Timestamp) -> i64 {
    until.plus(FailingEndpoint::RETENTION).seconds()
}

/// Counts a failure. Concurrent attempts are all counted, so that a burst of failures pauses the endpoint.
pub(crate) async fn record(
    store: &Store,
    endpoint: EndpointId,
    failure: &FailingEndpoint,
) -> Result<WriteOutcome, Failure> {
    if prolong(store, endpoint, failure).await? {
        return Ok(WriteOutcome::Done);
    }
    match create(store, endpoint, failure).await? {
        // Another attempt has created the row meanwhile, or has begun a longer pause.
        WriteOutcome::Stale
            if prolong(store, endpoint, failure).await? || count(store, endpoint, failure).await? =>
        {
            Ok(WriteOutcome::Done)
        }
        outcome => Ok(outcome),
    }
}

/// Only a row of this URI counts the failure, and only while it has no later pause, one with more earlier pauses. The row must exist,
/// so no gate has to be checked.
fn is_same_pause(failure: &FailingEndpoint, besides: &str) -> Expr {
    Expr::new(format!("#fingerprint = :fingerprint AND #pauses <= :pauses{besides}"))
        .with(":fingerprint", s(&failure.fingerprint))
}

/// Counts the failure and moves the end of the pause, but never to an earlier time.
async fn prolong(store: &Store, endpoint: EndpointId, failure: &FailingEndpoint) -> Result<bool, Failure> {
    let update =
        Expr::new("SET #failures = #failures + :one, #pauses = :pauses, #until = :until, #ttl = :ttl")
            .with(":one", n(1))
            .with(":pauses", n(failure.pauses))
            .with(":until", n(failure.until.micros()))
            .with(":ttl", n(expiry(failure.until)));
    let is_shorter = is_same_pause(failure, " AND #until <= :until");
    store.update_if(WEBHOOKS, endpoint_key(endpoint, FAILING_KEY), update, is_shorter).await
}

/// Counts the failure. A concurrent attempt has begun a longer pause, which must last, because the receiver may have asked for it.
async fn count(store: &Store, endpoint: EndpointId, failure: &FailingEndpoint) -> Result<bool, Failure> {
    let update = Expr::new("SET #failures = #failures + :one, #pauses = :pauses")
        .with(":one", n(1))
        .with(":pauses", n(failure.pauses));
    store.update_if(WEBHOOKS, endpoint_key(endpoint, FAILING_KEY), update, is_same_pause(failure, "")).await
}

/// Creates the row, or replaces that of an earlier URI.
async fn create(
    store: &Store,
    endpoint: EndpointId,
    failure: &FailingEndpoint,
) -> Result<WriteOutcome, Failure> {
    let (key, mut row) = (endpoint_key(endpoint, FAILING_KEY), encode(failure)?);
    row.insert("ttl".to_owned(), n(expiry(failure.until)));
    let is_new = Expr::new("attribute_not_exists(#key) OR #fingerprint <> :fingerprint")
        .with(":fingerprint", s(&failure.fingerprint));
    let customer = endpoint.customer_id;
    let tx = Transaction::new(store, RetryBudget::Short);
    let tx = usage::require_status(tx, OwnedRowCondition::Gate, customer, customer.0, Status::NOT_TERMINAL)?;
    let tx = require_endpoint(tx, OwnedRowCondition::Row, endpoint)?;
    Ok(write_outcome(tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, (&row, &[]), is_new)?.run().await?))
}

/// Moves the end of the pause, unless another worker has moved it.
pub(crate) async fn lease_probe(
    store: &Store,
    endpoint: EndpointId,
    failing: &FailingEndpoint,
    until: Timestamp,
) -> Result<WriteOutcome, Failure> {
    let lease = Expr::new("SET #until = :until").with(":until", n(until.micros()));
    let is_free = Expr::new("#fingerprint = :fingerprint AND #until = :seen")
        .with(":fingerprint", s(&failing.fingerprint))
        .with(":seen", n(failing.until.micros()));
    let is_leased = store.update_if(WEBHOOKS, endpoint_key(endpoint, FAILING_KEY), lease, is_free).await?;
    Ok(if is_leased { WriteOutcome::Done } else { WriteOutcome::Stale })
}
