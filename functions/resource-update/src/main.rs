use custodian_fn_resource_update::UpdateRow;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::http::<()>(UpdateRow { kind: custodian_runtime::resource_kind()? }).await
}
