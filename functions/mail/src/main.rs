use custodian_fn_mail::Post;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::queue::<custodian_runtime::MailService, _>(Post).await
}
