use custodian_fn_customer_update::UpdateCustomer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(UpdateCustomer).await
}
