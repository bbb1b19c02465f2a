//! The cost of deleting an account: for the account itself, and for each row it owns.

use std::sync::Arc;

use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_tests::TestApp;
use custodian_tests::database_metrics::{DatabaseMetrics, DatabaseUsage};
use custodian_tests::seed::seed_rows;

/// Rows in each seeded table of the small and the large account.
const FEW: usize = 100;
const MORE: usize = 600;

/// The cost of deleting accounts.
pub(crate) struct DeletionCost {
    /// Read and write units for each deletion, without its rows.
    pub(crate) account: [f64; 2],
    /// Read and write units for each row.
    pub(crate) row: [f64; 2],
}

/// Deletes an account with this many rows in each seeded table. Returns the number of rows and the usage.
async fn delete_account(rows_per_table: usize) -> (f64, DatabaseUsage) {
    let metrics = Arc::new(DatabaseMetrics::default());
    let app = TestApp::with_metrics(&metrics);
    let id = app.active_account("ada").await;
    let rows: u64 = seed_rows(&app.tables, id, "ada", rows_per_table).values().sum();
    app.run_until_idle().await.unwrap();
    metrics.take();
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_until_idle().await.unwrap();
    let usage = metrics.take();
    assert_eq!(app.tables.remaining_rows(&id.to_string()), [], "every row is deleted");
    (rows as f64, usage)
}

/// Deletes a small and a large account. The difference is the cost of the rows.
pub(crate) async fn measure_deletion() -> DeletionCost {
    let ((few, small), (more, large)) = (delete_account(FEW).await, delete_account(MORE).await);
    let row = [large.read_units - small.read_units, large.write_units - small.write_units]
        .map(|units| units / (more - few));
    DeletionCost { account: [small.read_units - few * row[0], small.write_units - few * row[1]], row }
}
