use custodian_fn_resource_list::ListRows;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<NoServices>(ListRows { kind: custodian_runtime::resource_kind()? }).await
}
