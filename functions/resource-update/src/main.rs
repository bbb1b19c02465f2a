use custodian_fn_resource_update::UpdateRow;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    let kind = custodian_runtime::resource_kind()?;
    custodian_runtime::serve_routes::<NoServices, _>(UpdateRow::routes(kind).collect()).await
}
