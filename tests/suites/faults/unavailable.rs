//! A database that does not respond, or responds with garbage: every route that needs the database returns 503.

use custodian_engine::Fault;
use custodian_fn_auth_email_verify::EmailVerify;
use custodian_http::Route;
use custodian_local::{DeployedRoute, deployed_routes};
use custodian_tests::gateway::event;
use custodian_tests::{Client, Interruption, PASSWORD, Response, TestApp};
use reqwest::Method;
use serde_json::json;

use crate::Fixture;

/// Functions that need no database.
const FUNCTIONS_WITHOUT_DATABASE: [&str; 2] = ["ping", "site"];
/// The pages for browsers. Without a token in their URL they read nothing.
const PAGE_FUNCTIONS: [&str; 3] =
    ["auth-email-verify-page", "auth-password-forgot-page", "auth-password-reset-page"];

/// Sends a request that passes every check before the first database request, so that only the database can make it fail.
async fn send_valid_request(client: &Client, method: &str, path: &str) -> Response {
    let body = json!({
        "username": "ada", "password": PASSWORD, "email": "ada@example.com", "name": "x",
        "token": "0".repeat(64), "confirmation_phrase": "DELETE", "immediate": true,
        "accepted_tos": true, "reason": "a test",
    });
    let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
    let request = if method == "POST" || method == "PUT" { request.json(&body) } else { request };
    client.send(request).await
}

/// Invariant I8: fail closed.
#[tokio::test(flavor = "multi_thread")]
async fn no_route_authorizes_a_caller_while_the_database_is_down() {
    let fixture = Fixture::new().await;
    let platform_admin = fixture.client.platform_admin().await;
    let service = fixture.client.service().clone();
    let _paused = service.pause_background_work().await;
    let before = fixture.tables().dump();
    let error_type = |name: &str| format!("com.amazonaws.dynamodb.v20120810#{name}");
    let faults = [
        Fault::LoseRequest,
        Fault::LoseResponse,
        Fault::Respond(500, json!({ "__type": error_type("InternalServerError"), "message": "unavailable" })),
        Fault::Respond(503, json!({ "message": "unavailable" })),
        Fault::Respond(
            400,
            json!({ "__type": error_type("ResourceNotFoundException"), "message": "unavailable" }),
        ),
        Fault::Respond(
            400,
            json!({ "__type": error_type("AccessDeniedException"), "message": "unavailable" }),
        ),
        Fault::Respond(
            400,
            json!({ "__type": error_type("RequestLimitExceeded"), "message": "unavailable" }),
        ),
        Fault::Respond(200, json!("not a response")),
    ];
    let mut requests = 0;
    for fault in faults {
        // If only the response is lost, the database has applied the request. The test then sends only reads.
        let loses_responses = fault == Fault::LoseResponse;
        fixture.script.set(move |_, _| fault.clone());
        for DeployedRoute { function, route, .. } in deployed_routes() {
            let writes = route.method != "GET";
            if route.is_default()
                || FUNCTIONS_WITHOUT_DATABASE.contains(&&*function)
                || PAGE_FUNCTIONS.contains(&&*function)
                || (loses_responses && writes)
            {
                continue;
            }
            let mut path = route.path.replace("{id}", &fixture.id);
            if path == "/auth/deletion" {
                path = format!("{path}?token={}", "0".repeat(64));
            }
            let caller =
                if route.path.starts_with("/v1.0/customers") { &platform_admin } else { &fixture.tenant };
            let response = send_valid_request(caller, route.method, &path).await;
            assert_eq!(
                response.refusal(),
                (503, "SERVICE_UNAVAILABLE".to_owned()),
                "{function}: {}",
                response.text
            );
            assert!(response.headers.contains_key("retry-after"), "{function}");
            assert!(
                !response.text.contains("dynamo") && !response.text.contains("Exception"),
                "the response reveals the database's error: {}",
                response.text
            );
            requests += 1;
        }
    }
    assert!(requests > 100, "only {requests} requests were sent");
    assert_eq!(fixture.tables().dump(), before, "no row was written");
}

/// Invariant I8: fail closed.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_an_unknown_status_is_not_served() {
    let fixture = Fixture::new().await;
    let platform_admin = fixture.client.platform_admin().await;
    platform_admin.post(&format!("/v1.0/customers/{}/freeze", fixture.id), json!({})).await.ok();
    let frozen = fixture.client.login("ada", PASSWORD).await;
    assert_eq!(frozen.get("/v1.0/tags").await.reason(), "ACCOUNT_FROZEN");
    // Stores a status that this version does not know.
    let mut row = fixture.tables().customer(&fixture.id);
    row["status"] = json!({ "S": "suspended" });
    fixture.tables().insert("customers", &[row]);
    for path in ["/v1.0/customer", "/v1.0/tags"] {
        assert_eq!(frozen.get(path).await.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn background_work_resumes_when_the_database_is_back() {
    let fixture = Fixture::new().await;
    let platform_admin = fixture.client.platform_admin().await;
    let paused = fixture.client.service().pause_background_work().await;
    platform_admin.delete(&format!("/v1.0/customers/{}", fixture.id)).await.ok();
    fixture.script.set(|_, _| Fault::LoseRequest);
    drop(paused);
    fixture.client.idle().await;
    assert_ne!(fixture.tables().remaining_rows(&fixture.id), [], "the outage stops the deletion");
    fixture.script.clear();
    fixture.client.advance(3600).await;
    assert_eq!(fixture.tables().remaining_rows(&fixture.id), []);
    fixture.tables().removed_rows(&fixture.id);
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_hanging_database_times_out_before_the_function_does() {
    let app = TestApp::default();
    app.fault_injector.interrupt(0, Interruption::Hang);
    let started = tokio::time::Instant::now();
    let body = json!({ "token": "0".repeat(64) });
    let event = event(&Route::new("POST", "/auth/email-verify"), "192.0.2.1", &json!({}), &body);
    let response = custodian_http::serve(&EmailVerify, &*app.cx, event).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    assert!(
        started.elapsed() < std::time::Duration::from_secs(10),
        "the response comes before the functions' timeout in template.yaml"
    );
}
