use custodian_fn_customer_events::PublishEvents;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_stream::<custodian_runtime::EventBridgeBus>(PublishEvents).await
}
