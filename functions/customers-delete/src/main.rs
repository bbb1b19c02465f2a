use custodian_fn_customers_delete::DeleteAccount;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::http::<custodian_runtime::OneOffJobs>(DeleteAccount).await
}
