use custodian_fn_webhook_get::ShowWebhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(ShowWebhook).await
}
