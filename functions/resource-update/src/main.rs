use custodian_fn_resource_update::UpdateRow;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(UpdateRow { kind: custodian_runtime::resource_kind()? }).await
}
