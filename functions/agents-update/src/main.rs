use custodian_fn_agents_update::UpdateAgent;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(UpdateAgent).await
}
