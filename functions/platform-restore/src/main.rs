use custodian_fn_platform_restore::RestoreTables;
use custodian_runtime::ReleaseServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<ReleaseServices>(RestoreTables).await
}
