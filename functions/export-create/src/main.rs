use custodian_fn_export_create::StartExport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::SqsExportQueue>(StartExport).await
}
