use custodian_fn_expire::Expire;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_invocations::<custodian_runtime::EventBridgeScheduler, _>(Expire).await
}
