//! What it uses to erase an account: for the account, and for each row that it owns.

use custodian_domain::CustomerId;
use custodian_tests::Tables;
use custodian_tests::crowd::crowd;
use custodian_tests::meter::Used;

use crate::requests::Metered;

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
    let metered = Metered::start().await;
    let client = &metered.client;
    let (id, _) = client.tenant("ada").await;
    let operator = client.operator().await;
    let tables = Tables(client.engine().clone());
    let rows: u64 = crowd(&tables, CustomerId(id.parse().unwrap()), "ada", each).values().sum();
    client.idle().await;
    metered.take();
    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    client.idle().await;
    let used = metered.take();
    assert_eq!(tables.left_of(&id), [], "everything is erased");
    (rows as f64, used)
}

/// Deletes a small account and a bigger one: the difference is the rows'.
pub(crate) async fn erased() -> Erased {
    let ((few, little), (more, much)) = (erase(FEW).await, erase(MORE).await);
    let row = [much.reads - little.reads, much.writes - little.writes].map(|units| units / (more - few));
    Erased { each: [little.reads - few * row[0], little.writes - few * row[1]], row }
}
