use custodian_fn_accesskeys_create::CreateKey;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(CreateKey).await
}
