//! A page of a list costs what it shows, not what there is.

use std::sync::Arc;

use custodian_tests::{Client, Counter};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_however_many_accounts_there_are() {
    let counter = Arc::new(Counter::default());
    let client = Client::start_watched(Arc::clone(&counter) as _).await;
    let operator = client.operator().await;
    for n in 0..7 {
        client.open_account(&format!("customer{n}")).await;
    }
    client.idle().await;
    let service = client.service().clone();
    let _still = service.hold_still().await;
    counter.take();
    let mut token = String::new();
    let mut seen = 0;
    loop {
        let page = operator.get(&format!("/v1.0/customers?page_size=3&page_token={token}")).await.ok();
        seen += page["result"].as_array().unwrap().len();
        let operations = counter.take();
        assert!(operations.len() <= 5, "{operations:?}");
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, 8);
}
