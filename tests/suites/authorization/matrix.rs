//! The authorization matrix: every route, at least forty callers, and own, foreign, unknown and malformed ids. A model computes the
//! expected outcome of each of the thousands of cells. The table in `main.rs` is written by hand, and shorter.

mod callers;
mod model;
mod rows;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use callers::{Caller, Fixture};
use custodian_http::Audience;
use custodian_local::{DeployedRoute, deployed_routes};
use custodian_tests::Response;
use model::{Id, Refusal, collection, expected};
use reqwest::Method;
use rows::id_text;
use serde_json::json;

/// The maximum number of requests at a time.
const CONCURRENT: usize = 8;
/// A failure shows at most this many cells, because one broken rule fails many.
const MAX_SHOWN: usize = 40;

/// One request, and the expected outcome.
struct Cell {
    route: Arc<DeployedRoute>,
    caller: usize,
    id: Id,
    path: String,
    expected: Result<(), Refusal>,
}

fn ids(path: &str) -> &'static [Id] {
    if !path.contains("{id}") {
        return &[Id::None];
    }
    &[Id::Own, Id::Itself, Id::Guest, Id::Operator, Id::Foreign, Id::Unknown, Id::Malformed]
}

fn cells(fixture: &Fixture) -> Vec<Cell> {
    let mut cells = Vec::new();
    for route in deployed_routes().into_iter().map(Arc::new) {
        let path = if route.route.is_default() { "/v1.0/no-such-route" } else { &route.route.path };
        for (caller, Caller { credential, account, agent, .. }) in fixture.callers.iter().enumerate() {
            let own = account.and_then(|account| fixture.rows.get(&account));
            let mut has_one = false;
            for &id in ids(path) {
                // Kinds share the function. If it refuses the caller before it looks at the row, one id is enough.
                if has_one && route.kind.is_some() && !credential.works_on_rows() {
                    break;
                }
                let text = id_text(id, collection(path), agent.as_deref(), own, &fixture.foreign);
                let Some(text) = text else { continue };
                let query = if path.ends_with("/lookup") { "?phone=%2B1" } else { "" };
                let (route, path) = (Arc::clone(&route), path.replace("{id}", &text) + query);
                let expected = expected(&route, credential, id);
                has_one = true;
                cells.push(Cell { route, caller, id, path, expected });
            }
        }
    }
    cells
}

impl Cell {
    fn method(&self) -> Method {
        let method = if self.route.route.is_default() { "GET" } else { self.route.route.method };
        Method::from_bytes(method.as_bytes()).unwrap()
    }

    /// Sends the request. Unless it is a GET, a request that is not to be refused by authorization is refused by a later check: PUT
    /// and DELETE by `If-Match` (that of the brake by its body), POST by its body if the handler reads one.
    async fn send(&self, caller: &Caller) -> Response {
        let (method, passes) = (self.method(), self.expected.is_ok());
        let request = caller.client.request(method.clone(), &self.path);
        let request = match method {
            Method::POST if passes => request.json(&json!([])),
            Method::POST | Method::PUT => request.json(&json!({})),
            _ => request,
        };
        let is_conditional = passes && matches!(method, Method::PUT | Method::DELETE);
        caller.client.send(if is_conditional { request.header("if-match", "\"999\"") } else { request }).await
    }

    /// Whether a response is the expected one.
    fn is_met_by(&self, response: &Response) -> bool {
        let found = response.refusal();
        if let Err(refusal) = &self.expected {
            return found == *refusal;
        }
        let is_public = matches!(self.route.audience, Audience::Anyone);
        match self.route.route.method {
            "$default" => found == (404, "ROUTE_NOT_FOUND".to_owned()),
            // The API reference has no page called `{path+}`.
            "GET" if self.route.route.path == "/docs/{path+}" => found.0 == 404,
            // The pages of mailed links refuse a request without a token.
            "GET" if is_public => matches!(found.0, 200 | 400),
            "GET" => found.0 == 200,
            // The brake is no row with a version.
            "PUT" if self.route.route.path == "/v1.0/platform/deletions" => found.0 == 400,
            "PUT" | "DELETE" => found.0 == 412,
            _ => matches!(found.0, 200 | 201 | 202 | 303 | 400 | 409 | 429) && found.1 != "INVALID_ID",
        }
    }

    /// Sends the request. Returns a line about the cell if the response is not the expected one.
    async fn failure(&self, fixture: &Fixture) -> Option<String> {
        let caller = &fixture.callers[self.caller];
        let response = self.send(caller).await;
        let (route, name, id) = (&self.route.route, &caller.name, self.id);
        let expected = match &self.expected {
            Ok(()) => "past authorization".to_owned(),
            Err((status, reason)) => format!("{status} {reason}"),
        };
        let found = || {
            format!(
                "{route} by {name}, id {id:?}: expected {expected}, found {} {}",
                response.status, response.text
            )
        };
        (!self.is_met_by(&response)).then(found)
    }
}

/// Runs cells, several at a time. Returns the failures.
async fn run(fixture: &Arc<Fixture>, cells: Vec<Cell>, concurrent: usize) -> Vec<String> {
    let (cells, next) = (Arc::new(cells), Arc::new(AtomicUsize::new(0)));
    let workers = (0..concurrent).map(|_| {
        let (fixture, cells, next) = (Arc::clone(fixture), Arc::clone(&cells), Arc::clone(&next));
        tokio::spawn(async move {
            let mut failures = Vec::new();
            while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                failures.extend(cell.failure(&fixture).await);
            }
            failures
        })
    });
    let mut failures = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        failures.extend(worker.await.unwrap());
    }
    failures
}

#[track_caller]
fn require_none(failures: &[String], count: usize) {
    let shown = failures.iter().take(MAX_SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(failures.is_empty(), "{} of {count} cells fail, such as:\n{shown}", failures.len());
}

/// Invariant I8: fail closed.
///
/// Invariant I9: the tenant comes from the caller.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_cells_respond_as_the_model_says() {
    let fixture = Arc::new(Fixture::new().await);
    let cells = cells(&fixture);
    let count = cells.len();
    assert!(
        fixture.callers.len() >= 40 && count > 8_000,
        "{count} cells of {} callers",
        fixture.callers.len()
    );
    // Refused requests run first, and must leave every table but `throttle` unchanged.
    let (refused, passing): (Vec<_>, Vec<_>) = cells.into_iter().partition(|cell| cell.expected.is_err());
    let (effects, harmless): (Vec<_>, Vec<_>) =
        passing.into_iter().partition(|cell| cell.route.route.method == "POST");
    let (sign_outs, effects): (Vec<_>, Vec<_>) =
        effects.into_iter().partition(|cell| cell.route.route.path == "/auth/logout");
    let before = fixture.dump();
    require_none(&run(&fixture, refused, CONCURRENT).await, count);
    require_none(&run(&fixture, harmless, CONCURRENT).await, count);
    fixture.idle().await;
    assert_eq!(fixture.dump(), before, "none of these requests changes a row");
    // Handlers that read no body carry these requests out, so they run one after the other. A sign-out ends the caller's session.
    require_none(&run(&fixture, effects, 1).await, count);
    require_none(&run(&fixture, sign_outs, 1).await, count);
}
