use custodian_fn_auth_unregister_cancel::CancelUnregister;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::http::<custodian_runtime::OneOffJobs>(CancelUnregister).await
}
