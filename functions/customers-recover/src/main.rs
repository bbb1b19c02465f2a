use custodian_fn_customers_recover::RecoverAccount;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::EventBridgeScheduler>(RecoverAccount).await
}
