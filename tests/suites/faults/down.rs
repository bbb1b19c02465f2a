//! A database that does not answer, or answers nonsense: every route that asks who calls says 503, and none says yes.

use custodian_engine::Fate;
use custodian_fn_auth_email_verify::EmailVerify;
use custodian_http::Route;
use custodian_local::deployed_routes;
use custodian_tests::gateway::event;
use custodian_tests::{Answer, Bench, Client, Cut, PASSWORD};
use reqwest::Method;
use serde_json::json;

use crate::Stage;

/// The routes that need no database.
const WITHOUT: [&str; 1] = ["/ping"];
/// The pages behind the links of mails: opening one asks nobody.
const PAGES: [&str; 2] = ["auth-email-verify-page", "auth-password-reset-page"];

/// A request that is right in everything, so that nothing but the database can be in its way.
async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    let body = json!({
        "username": "ada", "password": PASSWORD, "email": "ada@example.com", "name": "x",
        "token": "0".repeat(64), "confirmation_phrase": "DELETE", "immediate": true,
        "accepted_tos": true, "reason": "a test",
    });
    let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let request = if method == "POST" || method == "PUT" { request.json(&body) } else { request };
    client.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_lets_anybody_in_while_the_database_is_down() {
    let stage = Stage::set().await;
    let operator = stage.client.operator().await;
    let service = stage.client.service().clone();
    let _still = service.hold_still().await;
    let before = stage.tables().dump();
    let kind = |name: &str| format!("com.amazonaws.dynamodb.v20120810#{name}");
    let answers = [
        Fate::Lose,
        Fate::LoseAnswer,
        Fate::Answer(500, json!({ "__type": kind("InternalServerError"), "message": "no" })),
        Fate::Answer(503, json!({ "message": "no" })),
        Fate::Answer(400, json!({ "__type": kind("ResourceNotFoundException"), "message": "no" })),
        Fate::Answer(400, json!({ "__type": kind("AccessDeniedException"), "message": "no" })),
        Fate::Answer(400, json!({ "__type": kind("RequestLimitExceeded"), "message": "no" })),
        Fate::Answer(200, json!("not what was asked for")),
    ];
    let mut asked = 0;
    for fate in answers {
        // Requests that are carried out and never answered would have their effects.
        let loses_answers = fate == Fate::LoseAnswer;
        stage.script.set(move |_, _| fate.clone());
        for (function, route) in deployed_routes() {
            let writes = route.method != "GET";
            if route.path.is_empty()
                || WITHOUT.contains(&route.path.as_ref())
                || PAGES.contains(&&*function)
                || (loses_answers && writes)
            {
                continue;
            }
            let path = route.path.replace("{id}", &stage.id);
            let caller = if route.path.starts_with("/v1.0/customers") { &operator } else { &stage.tenant };
            let answer = ask(caller, route.method, &path).await;
            assert_eq!(
                answer.refusal(),
                (503, "SERVICE_UNAVAILABLE".to_owned()),
                "{function}: {}",
                answer.text
            );
            assert!(answer.headers.contains_key("retry-after"), "{function}");
            assert!(!answer.text.contains("dynamo") && !answer.text.contains("Exception"), "{}", answer.text);
            asked += 1;
        }
    }
    assert!(asked > 100, "only {asked} requests were tried");
    assert_eq!(stage.tables().dump(), before, "and nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_row_cannot_be_read_is_not_open() {
    let stage = Stage::set().await;
    let operator = stage.client.operator().await;
    operator.post(&format!("/v1.0/customers/{}/freeze", stage.id), json!({})).await.ok();
    let frozen = stage.client.login("ada", PASSWORD).await;
    assert_eq!(frozen.get("/v1.0/tags").await.reason(), "ACCOUNT_FROZEN");
    // The row has a status that this version does not know.
    let mut row = stage.tables().customer(&stage.id);
    row["status"] = json!({ "S": "suspended" });
    stage.tables().insert("customers", &[row]);
    for path in ["/v1.0/customer", "/v1.0/tags"] {
        assert_eq!(frozen.get(path).await.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_behind_the_requests_goes_on_when_the_database_is_back() {
    let stage = Stage::set().await;
    let operator = stage.client.operator().await;
    operator.delete(&format!("/v1.0/customers/{}", stage.id)).await.ok();
    stage.script.set(|_, _| Fate::Lose);
    stage.client.idle().await;
    stage.script.clear();
    stage.client.advance(3600).await;
    assert_eq!(stage.tables().left_of(&stage.id), []);
    stage.tables().removed(&stage.id);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_is_given_up_before_the_gateway_gives_up() {
    let bench = Bench::default();
    bench.fuse.cut(0, Cut::Hangs);
    let began = tokio::time::Instant::now();
    let body = json!({ "token": "0".repeat(64) });
    let event = event(&Route::new("POST", "/auth/email-verify"), "192.0.2.1", &json!({}), &body);
    let answer = custodian_http::serve(&EmailVerify, &*bench.cx, event).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "the functions' timeout in template.yaml");
}
