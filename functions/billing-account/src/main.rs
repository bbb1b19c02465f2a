use custodian_fn_billing_account::DefaultBillingAccount;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(DefaultBillingAccount).await
}
