//! The order of the checks of a request: the right on a row comes before `If-Match`, and both come before the body. So neither
//! `If-Match` nor a body reveals a row to a caller without the right.

use custodian_tests::{Client, PASSWORD, Response};
use reqwest::Method;
use serde_json::json;

use super::callers::{CALLERS, Fixture};
use super::{outcome_code, rows};

const CONDITIONS: [Option<&str>; 3] = [None, Some("\"999\""), Some("*")];

/// The content type and the text of a body: valid, malformed, and of a media type that no route with a credential reads.
const BODIES: [(&str, &str); 3] =
    [("application/json", "{}"), ("application/json", "{"), ("application/x-www-form-urlencoded", "a=b")];

/// Every combination of `If-Match` and body.
fn variations() -> impl Iterator<Item = (Option<&'static str>, (&'static str, &'static str))> {
    CONDITIONS.into_iter().flat_map(|condition| BODIES.into_iter().map(move |body| (condition, body)))
}

async fn send(
    client: &Client,
    (method, path): (Method, &str),
    condition: Option<&str>,
    (content_type, body): (&str, &str),
) -> Response {
    let request = client.request(method, path).header("content-type", content_type).body(body.to_owned());
    client.send(condition.into_iter().fold(request, |request, tag| request.header("if-match", tag))).await
}

/// Whether a cell refuses a caller who has no right, or whose account does not have the row in the path.
fn is_refused(route: &str, cell: char) -> bool {
    match cell {
        '.' => false,
        // These callers have the right. The handler itself finds that there is no delivery, hold, deletion or export.
        'n' => {
            let found_by_handler = ["/redeliver", "/hold", "/deletion", "/export/{id}", "/export/{id}/file"];
            route.contains("{id}") && !found_by_handler.iter().any(|suffix| route.ends_with(suffix))
        }
        _ => true,
    }
}

/// Invariant I8: fail closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_the_right_gets_the_same_refusal_whatever_the_condition_and_the_body() {
    let fixture = Fixture::new().await;
    let (mut wrong, before) = (Vec::new(), fixture.dump());
    let rows = rows();
    let cells =
        rows.iter().flat_map(|(route, cells)| cells.iter().enumerate().map(move |cell| (route, cell)));
    for (route, (caller, &cell)) in cells.filter(|(route, (_, cell))| is_refused(route, **cell)) {
        let (method, path) = fixture.target(route);
        // The credential and the status of its account decide the other codes, so each condition and each body is sent once.
        let step = if matches!(cell, 'p' | 'n') { 1 } else { BODIES.len() + 1 };
        for (condition, body) in variations().step_by(step) {
            let response = send(fixture.caller(caller), (method.clone(), &path), condition, body).await;
            let found = outcome_code(response.status, &response.reason());
            if found != cell {
                let caller = CALLERS[caller];
                wrong.push(format!("{route} by {caller}, {condition:?}, {body:?}: {found}, not {cell}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    fixture.idle().await;
    assert_eq!(fixture.dump(), before, "a refused request changes no row");
}

/// The first caller with the right to a route: the admin, or the platform admin.
fn authorized(cells: &[char]) -> usize {
    let of = |name| CALLERS.iter().position(|caller| *caller == name).unwrap();
    [of("an admin"), of("the platform admin")].into_iter().find(|caller| cells[*caller] != 'p').unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_version_is_refused_before_the_body_and_a_form_by_every_route_with_a_credential() {
    let fixture = Fixture::new().await;
    let (mut wrong, before) = (Vec::new(), fixture.dump());
    let mut conditional = 0;
    for (route, cells) in rows() {
        let (method, path) = fixture.target(&route);
        let caller = fixture.caller(authorized(&cells));
        // The brake is no row with a version.
        let has_version = route != "PUT /v1.0/platform/deletions";
        if has_version && (method == Method::PUT || method == Method::DELETE) {
            conditional += 1;
            for body in BODIES {
                let response = send(caller, (method.clone(), &path), Some("\"999\""), body).await;
                if response.status != 412 {
                    wrong.push(format!("{route} with a wrong version and {body:?}: {}", response.text));
                }
            }
        }
        // Some routes for anyone read forms, and others no body.
        if cells[0] == 'a' {
            let response = send(caller, (method, &path), None, BODIES[2]).await;
            if response.status != 415 {
                wrong.push(format!("{route} with a form: {}", response.text));
            }
        }
    }
    assert!(conditional > 30 && wrong.is_empty(), "{}", wrong.join("\n"));
    fixture.idle().await;
    assert_eq!(fixture.dump(), before, "a refused request changes no row");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_gets_the_same_refusal_for_every_change_of_an_administrator() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "max", "password": PASSWORD, "permission": 0x40 });
    ann.post("/v1.0/agents", body).await.ok();
    let max = client.login("max", PASSWORD).await;
    let agents = ann.get("/v1.0/agents").await.rows();
    let administrators = agents.iter().filter(|agent| agent["permission"] == 0x20);
    let administrators: Vec<_> = administrators.map(|agent| agent["id"].as_str().unwrap()).collect();
    assert_eq!(administrators.len(), 2, "the owner and the guest agent");
    let routes =
        rows().into_keys().filter(|route| route.contains("/v1.0/agents/") && !route.starts_with("GET"));
    for route in routes {
        let (method, path) = route.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for id in &administrators {
            let path = path.replace("{id}", id);
            for (condition, body) in variations() {
                let response = send(&max, (method.clone(), &path), condition, body).await;
                assert_eq!(
                    response.refusal(),
                    (403, "PERMISSION_DENIED".into()),
                    "{route} {condition:?} {body:?}"
                );
            }
        }
        // A manager may see every agent, so an unknown id is no secret.
        let unknown = path.replace("{id}", "5e4a0680-804e-11ec-8477-2fea5968d85b");
        let response = send(&max, (method, &unknown), Some("*"), BODIES[2]).await;
        assert_eq!(response.refusal(), (404, "AGENT_NOT_FOUND".into()), "{route}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_of_the_platform_gets_the_same_refusal_for_every_change_of_its_profile() {
    let client = Client::start().await;
    let body = json!({ "username": "pat", "password": PASSWORD, "permission": 0x20 });
    client.platform_admin().await.post("/v1.0/agents", body).await.ok();
    let pat = client.login("pat", PASSWORD).await;
    for (method, path) in [(Method::PUT, "/v1.0/customer"), (Method::DELETE, "/v1.0/customer/email_change")] {
        for (condition, body) in variations() {
            let response = send(&pat, (method.clone(), path), condition, body).await;
            assert_eq!(
                response.refusal(),
                (403, "PERMISSION_DENIED".into()),
                "{path} {condition:?} {body:?}"
            );
        }
    }
}

/// The rules of a row's state come last: a client with an outdated version learns that first.
#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_a_rows_state_come_after_the_precondition() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let own = format!("/v1.0/agents/{}", ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap());
    let agents = ann.get("/v1.0/agents").await.rows();
    let guest = agents.iter().find(|agent| agent["name"] == "guest").unwrap();
    let guest = format!("/v1.0/agents/{}", guest["id"].as_str().unwrap());
    for (path, reason) in [(own, "LAST_ADMIN"), (guest, "GUEST_AGENT_PROTECTED")] {
        let delete = async |condition| send(&ann, (Method::DELETE, &path), Some(condition), BODIES[0]).await;
        assert_eq!(delete("\"999\"").await.refusal(), (412, "PRECONDITION_FAILED".into()));
        assert_eq!(delete("*").await.refusal(), (409, reason.into()));
    }
}
