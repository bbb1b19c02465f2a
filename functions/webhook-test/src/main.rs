use custodian_fn_webhook_test::TestWebhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_routes::<custodian_runtime::SqsDeliveryQueue, _>(TestWebhook::routes().collect())
        .await
}
