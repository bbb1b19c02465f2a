use custodian_fn_webhook_rotate::RotateSecret;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(RotateSecret).await
}
