use custodian_fn_accesskeys_get::GetKey;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(GetKey).await
}
