use custodian_fn_customer_billing_account::SetBillingAccount;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(SetBillingAccount).await
}
