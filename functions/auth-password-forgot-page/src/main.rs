use custodian_fn_auth_password_forgot_page::ForgotPasswordPage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(ForgotPasswordPage).await
}
