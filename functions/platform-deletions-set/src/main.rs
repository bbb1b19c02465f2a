use custodian_fn_platform_deletions_set::SetBrake;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::SqsCascadeQueue>(SetBrake).await
}
