//! What it uses to erase an account: for the account, and for each row that it owns.

use std::sync::Arc;

use custodian_domain::lifecycle::Command;
use custodian_tests::Bench;
use custodian_tests::crowd::crowd;
use custodian_tests::meter::{Meter, Used};

/// Rows in each table: little, and more.
const FEW: usize = 100;
const MORE: usize = 600;

/// What deletions use.
pub(crate) struct Erased {
    /// Read and write units for each deletion, however little there is to erase.
    pub(crate) each: [f64; 2],
    /// Read and write units for each row.
    pub(crate) row: [f64; 2],
}

/// Deletes an account that owns this many rows in each table; answers how many those are and what it used.
async fn erase(each: usize) -> (f64, Used) {
    let meter = Arc::new(Meter::default());
    let bench = Bench::metered(&meter);
    let id = bench.active("ada").await;
    let rows: u64 = crowd(&bench.tables, id, "ada", each).values().sum();
    bench.settle().await.unwrap();
    meter.take();
    bench.changed(id, Command::Delete).await;
    bench.settle().await.unwrap();
    let used = meter.take();
    assert_eq!(bench.tables.left_of(&id.to_string()), [], "everything is erased");
    (rows as f64, used)
}

/// Deletes a small account and a bigger one: the difference is the rows'.
pub(crate) async fn erased() -> Erased {
    let ((few, little), (more, much)) = (erase(FEW).await, erase(MORE).await);
    let row = [much.reads - little.reads, much.writes - little.writes].map(|units| units / (more - few));
    Erased { each: [little.reads - few * row[0], little.writes - few * row[1]], row }
}
