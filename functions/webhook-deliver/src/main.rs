use custodian_fn_webhook_deliver::Deliver;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::queue::<custodian_runtime::Webhooks, _>(Deliver).await
}
