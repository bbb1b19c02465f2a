use custodian_fn_requests::HandleRequest;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_queue::<custodian_runtime::RequestServices, _>(HandleRequest).await
}
