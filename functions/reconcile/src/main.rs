use custodian_fn_reconcile::Reconcile;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_invocations::<custodian_runtime::ReconcileServices, _>(Reconcile).await
}
