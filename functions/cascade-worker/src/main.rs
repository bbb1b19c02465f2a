use custodian_fn_cascade_worker::Worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_cascade_queue(Worker).await
}
