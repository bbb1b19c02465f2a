use custodian_fn_customers_plan::SetPlan;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(SetPlan).await
}
