use custodian_fn_resource_delete::DeleteRow;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<NoServices>(DeleteRow { kind: custodian_runtime::resource_kind()? }).await
}
