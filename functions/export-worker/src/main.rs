use custodian_fn_export_worker::WriteExport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_queue::<custodian_runtime::ExportWorkerServices, _>(WriteExport).await
}
