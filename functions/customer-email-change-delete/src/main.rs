use custodian_fn_customer_email_change_delete::CancelEmailChange;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(CancelEmailChange).await
}
