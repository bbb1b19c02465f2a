//! Pages of accounts by deadline. Several accounts have the same deadline.

use std::time::Duration;

use custodian_app::ports::{CustomerFilter, ListCustomers};
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_tests::TestApp;

fn filter(due_before: Timestamp) -> CustomerFilter {
    CustomerFilter {
        statuses: Status::NOT_TERMINAL.to_vec(),
        email: None,
        username: None,
        due_before: Some(due_before),
        held: None,
        now: Timestamp::from_micros(0),
    }
}

/// Reads the list in queries of `size` rows.
async fn list(app: &TestApp, filter: &CustomerFilter, size: usize) -> Vec<(Timestamp, CustomerId)> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = app.cx.store.customers(filter, after, size).await.unwrap();
        assert!(page.rows.len() <= size);
        rows.extend(page.rows.iter().map(|row| (row.due().unwrap(), row.id)));
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_deadline_show_every_account_with_a_deadline_once_and_the_earliest_first() {
    let app = TestApp::default();
    let mut expected = Vec::new();
    for round in 0..3 {
        for n in 0..3 {
            expected.push(app.initial_account(&format!("initial-{round}-{n}")).await);
            let frozen = app.active_account(&format!("frozen-{round}-{n}")).await;
            let grace = app.cx.settings.verify_within;
            // Its deadline is that of the unverified accounts.
            app.change(frozen, custodian_domain::lifecycle::Command::Freeze { grace }).await;
            expected.push(frozen);
        }
        app.clock.advance(Duration::from_secs(3600));
    }
    app.active_account("active").await;
    let all = filter(app.cx.now().plus(Duration::from_secs(366 * 86_400)));
    expected.sort_unstable();
    for size in [1, 2, 3, 4, 7, 100] {
        let rows = list(&app, &all, size).await;
        assert!(rows.is_sorted_by_key(|(due, _)| *due), "{size}");
        let mut ids: Vec<_> = rows.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{size}");
    }
    // The bound is exclusive.
    let deadlines: Vec<_> = list(&app, &all, 100).await.into_iter().map(|(due, _)| due).collect();
    for size in [1, 5] {
        assert_eq!(list(&app, &filter(deadlines[6]), size).await.len(), 6);
        assert_eq!(list(&app, &filter(deadlines[0]), size).await.len(), 0);
    }
}
