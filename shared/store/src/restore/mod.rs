//! What a restore run reads and repairs. See `custodian_cascade::restore`.

mod accounts;
mod claims;
mod holders;
mod names;
mod row;
mod scan;
mod unused;

use custodian_app::Failure;
use custodian_cascade::restore::{LedgerSummary, NameRepair, RestoreRows, ScanPage};
use custodian_domain::kinds::Kind;
use custodian_domain::{Customer, CustomerId, Timestamp};

use self::row::Row;
use crate::Store;
use crate::item::Item;

impl RestoreRows for Store {
    type Row = Item;

    async fn scan(
        &self,
        table: &'static str,
        start: Option<&str>,
        limit: usize,
    ) -> Result<ScanPage<Item>, Failure> {
        scan::page(self, table, start, limit).await
    }

    async fn ledger_summary(&self, customer: CustomerId) -> Result<Option<LedgerSummary>, Failure> {
        accounts::ledger_summary(self, customer).await
    }

    async fn open_ledger(&self, terminal: &Customer) -> Result<(), Failure> {
        accounts::open_ledger(self, terminal).await
    }

    async fn reopen_all(&self, customer: CustomerId, now: Timestamp) -> Result<(), Failure> {
        accounts::reopen_all(self, customer, now).await
    }

    async fn terminate_again(&self, before: &Customer, after: &Customer) -> Result<bool, Failure> {
        accounts::terminate_again(self, before, after).await
    }

    async fn purge_rows(&self, table: &'static str, rows: &[Row]) -> Result<(), Failure> {
        scan::purge(self, table, rows).await
    }

    async fn repair_usage(&self, customer: &Customer) -> Result<bool, Failure> {
        accounts::repair_usage(self, customer).await
    }

    async fn missing_rows(&self, customer: &Customer) -> Result<Vec<(&'static str, String)>, Failure> {
        accounts::missing_rows(self, customer).await
    }

    async fn repair_email(&self, customer: &Customer) -> Result<NameRepair, Failure> {
        names::repair_email(self, customer).await
    }

    async fn repair_names(&self, kind: &'static Kind, rows: &[&Row]) -> Result<Vec<NameRepair>, Failure> {
        names::repair_rows(self, kind, rows).await
    }

    async fn record_holders(&self, kind: &'static Kind, rows: &[&Row]) -> Result<(), Failure> {
        holders::record(self, kind, rows).await
    }

    async fn release_unused(
        &self,
        customer: &Customer,
        rows: &[&Row],
        recorded: &[&'static Kind],
    ) -> Result<u64, Failure> {
        unused::release(self, customer, rows, recorded).await
    }
}
