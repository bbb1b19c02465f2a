use custodian_fn_customers_recover::RecoverAccount;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::http::<custodian_runtime::OneOffJobs>(RecoverAccount).await
}
