use custodian_fn_auth_password_forgot_page::ForgotPasswordPage;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<NoServices>(ForgotPasswordPage).await
}
