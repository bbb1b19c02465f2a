use custodian_fn_webhook_deliver::Deliver;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_queue::<custodian_runtime::WebhookServices, _>(Deliver).await
}
