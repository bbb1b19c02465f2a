//! The cost of a list page does not depend on the number of rows in the table.

use std::sync::Arc;

use custodian_tests::{Client, OperationRecorder};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_for_any_number_of_accounts() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(Arc::clone(&recorder) as _).await;
    let platform_admin = client.platform_admin().await;
    for n in 0..7 {
        client.open_account(&format!("customer{n}")).await;
    }
    client.idle().await;
    let service = client.service().clone();
    let _paused = service.pause_background_work().await;
    recorder.take();
    let mut token = String::new();
    let mut seen = 0;
    loop {
        let page = platform_admin.get(&format!("/v1.0/customers?page_size=3&page_token={token}")).await.ok();
        seen += page["result"].as_array().unwrap().len();
        let operations = recorder.take();
        assert!(operations.len() <= 5, "{operations:?}");
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, 8);
}
