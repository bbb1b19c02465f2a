use custodian_fn_customers_create::CreateAccount;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::EventBridgeScheduler>(CreateAccount).await
}
