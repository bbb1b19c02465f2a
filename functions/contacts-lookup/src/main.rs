use custodian_fn_contacts_lookup::LookUpContact;
use custodian_runtime::NoServices;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<NoServices>(LookUpContact).await
}
