use custodian_fn_accesskeys_get::GetKey;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<NoServices>(GetKey).await
}
