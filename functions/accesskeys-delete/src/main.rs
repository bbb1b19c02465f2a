use custodian_fn_accesskeys_delete::DeleteKey;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(DeleteKey).await
}
