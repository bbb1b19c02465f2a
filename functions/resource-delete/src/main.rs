use custodian_fn_resource_delete::DeleteRow;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(DeleteRow { kind: custodian_runtime::resource_kind()? }).await
}
