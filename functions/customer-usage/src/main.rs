use custodian_fn_customer_usage::ShowUsage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(ShowUsage).await
}
