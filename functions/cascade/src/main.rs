use custodian_fn_cascade::Cascade;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_queue::<custodian_runtime::SqsCascadeQueue, _>(Cascade).await
}
