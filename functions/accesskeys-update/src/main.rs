use custodian_fn_accesskeys_update::UpdateKey;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(UpdateKey).await
}
