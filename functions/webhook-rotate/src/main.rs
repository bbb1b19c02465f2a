use custodian_fn_webhook_rotate::RotateSecret;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_routes::<NoServices, _>(RotateSecret::routes().collect()).await
}
