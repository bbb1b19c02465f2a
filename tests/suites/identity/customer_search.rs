//! Platform admins find accounts by their names, status and deadline. No search scans a table.

use std::sync::Arc;

use custodian_tests::{Client, OperationRecorder, PASSWORD, Tables};
use serde_json::json;

const LIST: &str = "/v1.0/customers";

/// The ids of the accounts that a search finds, in the order of the list.
async fn found(platform_admin: &Client, query: &str) -> Vec<String> {
    let rows = platform_admin.get(&format!("{LIST}?{query}")).await.rows();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_and_their_combinations_find_accounts_without_a_scan() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(recorder.clone()).await;
    let platform_admin = client.platform_admin().await;
    let platform = platform_admin.get("/v1.0/customer").await.ok()["id"].as_str().unwrap().to_owned();
    let (ann, _) = client.tenant("ann").await;
    let (bob, bob_admin) = client.tenant("bob").await;
    let cyd = client.open_account("cyd").await;
    bob_admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.idle().await;
    let newest = platform_admin.get(&format!("{LIST}/{cyd}")).await.ok();
    let now = newest["tm_create"].as_str().unwrap().to_owned();
    let (year, rest) = now.split_at(4);
    let next_year = format!("{}{rest}", year.parse::<u32>().unwrap() + 1);
    // The newest account is the first.
    let cases: Vec<(String, Vec<&String>)> = vec![
        (String::new(), vec![&cyd, &bob, &ann, &platform]),
        ("email=ann@example.com".into(), vec![&ann]),
        ("email=ANN%40Example.com".into(), vec![&ann]),
        ("email=nobody@example.com".into(), vec![]),
        ("username=ann".into(), vec![&ann]),
        ("username=ANN".into(), vec![&ann]),
        ("username=nobody".into(), vec![]),
        ("status=frozen".into(), vec![&bob]),
        ("status=deleted".into(), vec![]),
        // Seven days to verify, thirty days of grace.
        (format!("due_before={next_year}"), vec![&cyd, &bob]),
        (format!("due_before={now}"), vec![]),
        ("held=true".into(), vec![]),
        ("held=false".into(), vec![&cyd, &bob, &ann, &platform]),
        ("email=bob@example.com&username=bob".into(), vec![&bob]),
        ("email=ann@example.com&username=bob".into(), vec![]),
        ("email=bob@example.com&status=frozen".into(), vec![&bob]),
        ("email=bob@example.com&status=active".into(), vec![]),
        (format!("email=bob@example.com&due_before={next_year}"), vec![&bob]),
        (format!("username=ann&due_before={next_year}"), vec![]),
        (format!("status=initial&due_before={next_year}"), vec![&cyd]),
        (format!("status=active&due_before={next_year}"), vec![]),
        (format!("held=false&due_before={next_year}"), vec![&cyd, &bob]),
        (format!("held=true&due_before={next_year}"), vec![]),
        ("held=true&status=frozen".into(), vec![]),
        ("held=true&email=ann@example.com".into(), vec![]),
        ("held=false&username=ann&email=ann@example.com&status=active".into(), vec![&ann]),
    ];
    recorder.take();
    for (query, expected) in cases {
        assert_eq!(found(&platform_admin, &query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let operations = recorder.take();
    assert!(operations.iter().any(|name| name == "Query") && operations.iter().all(|name| name != "Scan"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_address_finds_every_account_that_had_it_until_the_account_is_deleted() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let (ann, ann_admin) = client.tenant("ann").await;
    for address in ["ann-2@example.com", "ann-3@example.com"] {
        ann_admin.put("/v1.0/customer", json!({ "email": address })).await.ok();
        let token = client.mailed_token(address).await;
        client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    }
    for address in ["ANN@example.com", "ann-2@example.com", "ann-3@example.com"] {
        assert_eq!(
            found(&platform_admin, &format!("email={address}")).await,
            std::slice::from_ref(&ann),
            "{address}"
        );
    }
    // The former address is free at once, and the next account also leaves it.
    let body = json!({ "username": "bea", "password": PASSWORD, "email": "ann@example.com" });
    let bea = platform_admin.post(LIST, body).await.ok()["id"].as_str().unwrap().to_owned();
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let query = "email=ann@example.com";
    assert_eq!(found(&platform_admin, query).await, [bea.clone(), ann.clone()]);
    let bea_admin = client.login("bea", PASSWORD).await;
    bea_admin.put("/v1.0/customer", json!({ "email": "bea@example.com" })).await.ok();
    let token = client.mailed_token("bea@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert_eq!(found(&platform_admin, query).await, [bea.clone(), ann.clone()]);

    let tables = Tables(client.engine().clone());
    platform_admin.delete(&format!("{LIST}/{ann}")).await.ok();
    assert_eq!(found(&platform_admin, query).await, std::slice::from_ref(&bea));
    client.idle().await;
    assert_eq!(tables.remaining_rows(&ann), []);
    assert_eq!(
        found(&platform_admin, query).await,
        std::slice::from_ref(&bea),
        "the other account keeps its row"
    );
    platform_admin.delete(&format!("{LIST}/{bea}")).await.ok();
    client.idle().await;
    let rows = tables.dump().remove("identifiers").unwrap();
    assert!(rows.iter().all(|row| !row.contains("ann@example.com") && !row.contains("former#")), "{rows:?}");
    assert_eq!(found(&platform_admin, &format!("{query}&status=deleted")).await, [""; 0]);
}

/// The account that loses the claim still shows the address.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_another_account_confirmed_still_finds_the_account_that_has_it() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let body = |name: &str| json!({ "username": name, "password": PASSWORD, "email": "shared@example.com" });
    let dan = platform_admin.post(LIST, body("dan")).await.ok()["id"].as_str().unwrap().to_owned();
    let (eve, eve_admin) = client.tenant("eve").await;
    eve_admin.put("/v1.0/customer", json!({ "email": "shared@example.com" })).await.ok();
    let token = client.mailed_token("shared@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert_eq!(platform_admin.get(&format!("{LIST}/{eve}")).await.ok()["email"], "shared@example.com");
    let query = "email=shared@example.com";
    assert_eq!(found(&platform_admin, query).await, [eve.clone(), dan.clone()]);
    let tables = Tables(client.engine().clone());
    platform_admin.delete(&format!("{LIST}/{dan}")).await.ok();
    client.idle().await;
    assert_eq!(tables.remaining_rows(&dan), []);
    assert_eq!(found(&platform_admin, query).await, [eve]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_held_until_its_hold_ends() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let (ann, _) = client.tenant("ann").await;
    let created = platform_admin.get(&format!("{LIST}/{ann}")).await.ok()["tm_create"].clone();
    let (year, rest) = created.as_str().unwrap().split_at(4);
    let until = format!("{}{rest}", year.parse::<u32>().unwrap() + 1);
    let body = json!({ "reason": "court order", "until": until });
    platform_admin.put(&format!("{LIST}/{ann}/hold"), body).await.ok();
    let searches = async |client: &Client| {
        let admin = client.platform_admin().await;
        let held = found(&admin, "held=true").await.contains(&ann);
        (held, found(&admin, "held=false").await.contains(&ann))
    };
    assert_eq!(searches(&client).await, (true, false));
    client.advance(367 * 86_400).await;
    assert_eq!(searches(&client).await, (false, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_parameters_and_bad_values_are_named() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    for (query, parameter) in [
        ("e-mail=ann@example.com", "e-mail"),
        ("limit=5", "limit"),
        ("page_size=1&Status=active", "Status"),
        ("email=", "email"),
        ("email=ann", "email"),
        ("username=", "username"),
        ("status=gone", "status"),
        ("status=", "status"),
        ("due_before=tomorrow", "due_before"),
        ("due_before=", "due_before"),
        ("held=yes", "held"),
        ("held=", "held"),
        ("status=active&status=frozen", "status"),
        ("page_size=ten", "page_size"),
        ("page_token=x", "page_token"),
    ] {
        let response = platform_admin.get(&format!("{LIST}?{query}")).await;
        assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{query}");
        assert_eq!(response.json()["error"]["details"][0]["field"], parameter, "{query}");
    }
    // A credential in the query is no parameter of the list.
    client.get(&format!("{LIST}?token={}&held=false", platform_admin.token())).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_is_valid_only_with_its_filters() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    for name in ["ann", "bob", "cyd"] {
        client.open_account(name).await;
    }
    let due = "due_before=2999-01-01T00:00:00Z";
    for filter in ["status=initial", due, "held=false"] {
        let (mut ids, mut token) = (Vec::new(), String::new());
        loop {
            let page =
                platform_admin.get(&format!("{LIST}?{filter}&page_size=1&page_token={token}")).await.ok();
            ids.extend(page["result"].as_array().unwrap().iter().map(|row| row["id"].clone()));
            let next = page["next_page_token"].as_str().unwrap().to_owned();
            if next.is_empty() {
                break;
            }
            token = next;
            for other in ["", "status=frozen", "held=true", "due_before=2998-01-01T00:00:00Z", "username=ann"]
            {
                let response = platform_admin.get(&format!("{LIST}?{other}&page_token={token}")).await;
                assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{filter} {other}");
                assert_eq!(response.json()["error"]["details"][0]["field"], "page_token");
            }
        }
        let all = platform_admin.get(&format!("{LIST}?{filter}")).await.rows();
        assert_eq!(ids, all.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), "{filter}");
        assert!(ids.len() >= 3, "{filter}");
    }
}
