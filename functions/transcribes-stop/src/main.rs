use custodian_fn_transcribes_stop::StopTranscribe;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(StopTranscribe).await
}
