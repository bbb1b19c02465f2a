use custodian_fn_mail::SendMail;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), custodian_runtime::Error> {
    custodian_runtime::serve_queue::<custodian_runtime::MailServices, _>(SendMail).await
}
