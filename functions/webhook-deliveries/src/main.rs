use custodian_fn_webhook_deliveries::ListDeliveries;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(ListDeliveries).await
}
