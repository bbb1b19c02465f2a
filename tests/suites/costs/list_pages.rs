//! The cost of a list page does not depend on the number of rows in the table.

use std::sync::Arc;

use custodian_tests::Client;
use custodian_tests::database_metrics::{DatabaseMetrics, DatabaseUsage};

/// Lists all accounts. Returns the usage of each page.
async fn list_accounts(client: &Client, metrics: &DatabaseMetrics, expected: usize) -> Vec<DatabaseUsage> {
    let platform_admin = client.platform_admin().await;
    client.idle().await;
    let _paused = client.service().pause_background_work().await;
    metrics.take();
    let (mut usages, mut seen, mut token) = (Vec::new(), 0, String::new());
    loop {
        let page = platform_admin.get(&format!("/v1.0/customers?page_size=3&page_token={token}")).await.ok();
        usages.push(metrics.take());
        seen += page["result"].as_array().unwrap().len();
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            assert_eq!(seen, expected);
            return usages;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_for_any_number_of_accounts() {
    let metrics = Arc::new(DatabaseMetrics::default());
    let client = Client::start_observed(Arc::clone(&metrics) as _).await;
    let mut lists = Vec::new();
    for numbers in [0..7, 7..14] {
        let end = numbers.end;
        for number in numbers {
            client.open_account(&format!("customer{number}")).await;
        }
        // The platform has an account as well.
        lists.push(list_accounts(&client, &metrics, end + 1).await);
    }
    let (few, many) = (&lists[0], &lists[1]);
    assert!(few[0].operations.len() <= 5, "{:?}", few[0]);
    // A page reads one row more than it shows. So the last page, which finds no such row, costs less.
    let mut others = few[1..few.len() - 1].iter().chain(&many[..many.len() - 1]);
    assert!(others.all(|usage| *usage == few[0]), "{few:?} {many:?}");
}
