use custodian_fn_requests::DoRequest;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::queue::<custodian_runtime::Requesting, _>(DoRequest).await
}
