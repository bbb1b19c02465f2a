use custodian_fn_agents_status::SetStatus;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(SetStatus).await
}
