use custodian_fn_resource_delete::DeleteRow;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::http::<()>(DeleteRow { kind: custodian_runtime::resource_kind()? }).await
}
