use custodian_fn_operations_terminate::TerminateOperations;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_queue::<custodian_runtime::EventBridgeBus, _>(TerminateOperations).await
}
