use custodian_fn_auth_password_forgot::Forgot;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::http::<custodian_runtime::RequestQueue>(Forgot).await
}
