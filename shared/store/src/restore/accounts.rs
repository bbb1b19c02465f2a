//! The rows of an account itself: its ledger, its gates and counters, and the rows on which it depends.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::retry::RetryBudget;
use custodian_cascade::restore::LedgerSummary;
use custodian_cascade::{Ledgers, STEPS};
use custodian_domain::{Customer, CustomerId, Plan, Timestamp};
use serde::Deserialize;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::customers;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode_some, n, s, simple_key};
use crate::ledgers;
use crate::schema::{AGENTS, BILLING_ACCOUNTS, CUSTOMERS, DELETIONS, OPEN, USAGE};
use crate::transaction::Transaction;
use crate::usage;
use crate::usage_rows;

/// The attributes of a ledger's header that a restore run reads.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "cause")]
    terminal_status: custodian_domain::Status,
    version: u64,
    tm_open: Timestamp,
    open: Option<String>,
}

pub(super) async fn ledger_summary(
    store: &Store,
    customer: CustomerId,
) -> Result<Option<LedgerSummary>, Failure> {
    let request = store.client.get_item().table_name(store.table(DELETIONS)).consistent_read(true);
    let response = request.set_key(Some(ledgers::row_key(customer, None))).send().await;
    let header: Option<Header> =
        decode_some(response.map_err(|error| aws_failure("the ledger", &error))?.item)?;
    Ok(header.map(|Header { terminal_status, version, tm_open, open }| LedgerSummary {
        terminal_status,
        version,
        tm_open,
        completed: open.as_deref() != Some(OPEN),
    }))
}

pub(super) async fn open_ledger(store: &Store, terminal: &Customer) -> Result<(), Failure> {
    let new = Expr::new("attribute_not_exists(#key)");
    store.put_if(DELETIONS, ledgers::header(terminal), new).await.map(|_| ())
}

pub(super) async fn reopen_all(store: &Store, customer: CustomerId, now: Timestamp) -> Result<(), Failure> {
    let Some(ledger) = store.ledger(customer).await? else { return Ok(()) };
    let exists = || Expr::new("attribute_exists(#key)");
    let reopen =
        Expr::new("SET #open = :open, #tm_progress = :now REMOVE #tm_sealed, #tm_confirmed, #removed")
            .with(":open", s(OPEN))
            .with(":now", n(now.micros()));
    let mut tx = Transaction::new(store, RetryBudget::Long);
    tx = tx.update((), DELETIONS, ledgers::row_key(customer, None), reopen, exists())?;
    // A ledger without steps has not begun. `custodian_cascade::start` opens them.
    for step in STEPS.iter().filter(|_| !ledger.steps.is_empty()) {
        let key = ledgers::row_key(customer, Some(step.table));
        if ledger.has_step(step.table) {
            let reopen = Expr::new(
                "SET #closed = :no, #tm_progress = :now REMOVE #tm_closed, #counted_to, #tm_verified",
            )
            .with(":no", AttributeValue::Bool(false))
            .with(":now", n(now.micros()));
            tx = tx.update((), DELETIONS, key, reopen, exists())?;
        } else {
            tx = ledgers::put_step(tx, customer, step, None, now)?;
        }
    }
    // If a condition failed, another run has just done the same, or a worker has opened the missing steps.
    tx.run().await.map(|_| ())
}

/// Writes the anonymised row and closes the gates that exist. A missing gate is closed already.
pub(super) async fn terminate_again(
    store: &Store,
    before: &Customer,
    after: &Customer,
) -> Result<bool, Failure> {
    let gates = store.usage_rows(before.id).await?;
    let unchanged = Expr::new("#status = :status AND #version = :version")
        .with(":status", s(before.status().as_str()))
        .with(":version", n(before.version));
    let mut tx = Transaction::new(store, RetryBudget::Long);
    tx = tx.put((), CUSTOMERS, customers::item(after)?, unchanged)?;
    for gate in usage_rows::gates().filter(|gate| gates.contains_key(&usage_rows::gate_name(*gate))) {
        let close = Expr::new("SET #status = :to").with(":to", s(after.status().as_str()));
        let exists = Expr::new("attribute_exists(#key)");
        tx = tx.update((), USAGE, usage_rows::gate_key(before.id, gate), close, exists)?;
    }
    Ok(tx.run().await?.is_ok())
}

/// Whether a stored gate or counter has the status and the limit that it must have. Does not compare counts.
fn has_expected_state(stored: &Item, wanted: &Item, plan: Plan) -> bool {
    let has_status = wanted.get("status").is_none_or(|status| stored.get("status") == Some(status));
    let has_limit = wanted.get("limit").is_none_or(|limit| stored.get("limit") == Some(limit));
    has_status && (has_limit || plan == Plan::Unknown)
}

pub(super) async fn repair_usage(store: &Store, customer: &Customer) -> Result<bool, Failure> {
    let stored = store.usage_rows(customer.id).await?;
    let mut tx = Transaction::new(store, RetryBudget::Long);
    // The account must keep the status and the plan that the rows get.
    let unchanged = Expr::new("#status = :status AND #version = :version")
        .with(":status", s(customer.status().as_str()))
        .with(":version", n(customer.version));
    tx = tx.check((), CUSTOMERS, simple_key("id", customer.id), unchanged)?;
    let mut needs_repair = false;
    for wanted in usage::new_rows(customer) {
        let key = wanted.get("key").and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
        match stored.get(&key) {
            Some(row) if has_expected_state(row, &wanted, customer.plan) => continue,
            Some(_) => {
                let attribute = if wanted.contains_key("status") { "status" } else { "limit" };
                let value = wanted.get(attribute).cloned().unwrap_or(AttributeValue::Null(true));
                let update = Expr::new(format!("SET #{attribute} = :to")).with(":to", value);
                let exists = Expr::new("attribute_exists(#key)");
                tx = tx.update((), USAGE, usage_rows::row_key(customer.id, &key), update, exists)?;
            }
            None => tx = tx.put((), USAGE, wanted, Expr::new("attribute_not_exists(#key)"))?,
        }
        needs_repair = true;
    }
    if !needs_repair {
        return Ok(false);
    }
    let repaired = tx.run().await?.is_ok();
    // If not, a change of the status has written the gates, or the next run repairs them.
    Ok(repaired)
}

pub(super) async fn missing_rows(
    store: &Store,
    customer: &Customer,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let billing = Some((BILLING_ACCOUNTS, customer.billing_account_id)).filter(|(_, id)| !id.is_nil());
    let wanted: Vec<_> = [(AGENTS, customer.guest_id.0)].into_iter().chain(billing).collect();
    let key = |id| composite_key("customer_id", customer.id, "id", id);
    let found = store.batch_get(wanted.iter().map(|(table, id)| (*table, vec![key(*id)])).collect()).await?;
    let is_missing =
        |(table, _): &&(&'static str, _)| found.get(&store.table(table)).is_none_or(Vec::is_empty);
    Ok(wanted.iter().filter(is_missing).map(|(table, id)| (*table, id.to_string())).collect())
}
