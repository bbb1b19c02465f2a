use custodian_fn_customers_hold_get::ShowHold;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::NoServices>(ShowHold).await
}
