use custodian_fn_resource_create::CreateRow;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(CreateRow { kind: custodian_runtime::resource_kind()? }).await
}
