//! The specification's own examples give the specification's own answers.

use custodian_tests::Client;

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers() {
    let client = Client::start().await;
    assert_eq!(client.get("/ping").await.ok()["message"], "pong");
}
