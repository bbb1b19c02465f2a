use custodian_fn_customers_hold_release::ReleaseHold;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::ReleaseServices>(ReleaseHold).await
}
