use custodian_fn_auth_deletion::FollowDeletion;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::NoServices>(FollowDeletion).await
}
