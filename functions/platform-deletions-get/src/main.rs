use custodian_fn_platform_deletions_get::ShowBrake;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::NoServices>(ShowBrake).await
}
