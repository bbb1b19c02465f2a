use custodian_fn_auth_signup::SignUp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_http::<custodian_runtime::SqsRequestQueue>(SignUp).await
}
