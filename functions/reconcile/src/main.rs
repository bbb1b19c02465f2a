use custodian_fn_reconcile::Reconcile;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::direct::<custodian_runtime::Reconciling, _>(Reconcile).await
}
