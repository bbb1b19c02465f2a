use custodian_fn_webhook_get::GetWebhook;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_routes::<NoServices, _>(GetWebhook::routes().collect()).await
}
