use custodian_fn_operations_terminate::Terminate;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::queue::<custodian_runtime::EventBus, _>(Terminate).await
}
