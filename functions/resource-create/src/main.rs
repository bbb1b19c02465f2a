use custodian_fn_resource_create::CreateRow;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<NoServices>(CreateRow { kind: custodian_runtime::resource_kind()? }).await
}
