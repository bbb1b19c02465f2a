use custodian_fn_cascade_worker::Worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_queue::<custodian_runtime::CascadeWorkerServices, _>(Worker).await
}
