use custodian_fn_auth_login::Login;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::SigningKey>(Login).await
}
