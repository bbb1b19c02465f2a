use custodian_fn_customer_events::Tell;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::stream::<custodian_runtime::EventBus>(Tell).await
}
