use custodian_fn_webhook_redeliver::Redeliver;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::SqsDeliveryQueue>(Redeliver).await
}
