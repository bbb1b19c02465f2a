use custodian_fn_webhook_endpoints::ChangeEndpoint;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_routes::<NoServices, _>(ChangeEndpoint::routes().collect()).await
}
