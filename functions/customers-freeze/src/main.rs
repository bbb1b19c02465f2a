use custodian_fn_customers_freeze::FreezeAccount;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::http::<custodian_runtime::OneOffJobs>(FreezeAccount).await
}
