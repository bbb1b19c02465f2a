use custodian_fn_remind::Remind;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_invocations::<custodian_runtime::EventBridgeScheduler, _>(Remind).await
}
