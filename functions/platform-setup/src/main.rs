use custodian_fn_platform_setup::PlatformSetup;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_invocations::<(), _>(PlatformSetup).await
}
