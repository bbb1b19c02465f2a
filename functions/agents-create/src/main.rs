use custodian_fn_agents_create::CreateAgent;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(CreateAgent).await
}
