use custodian_fn_agents_delete::DeleteAgent;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(DeleteAgent).await
}
