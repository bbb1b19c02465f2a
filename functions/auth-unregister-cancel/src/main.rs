use custodian_fn_auth_unregister_cancel::CancelUnregister;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::EventBridgeScheduler>(CancelUnregister).await
}
