use custodian_fn_customers_list::ListAll;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<()>(ListAll).await
}
