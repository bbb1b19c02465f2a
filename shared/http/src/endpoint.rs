//! Endpoints, and the function that serves them.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use custodian_app::log::millis;
use custodian_app::ports::{Idempotency, Prefetch};
use custodian_app::rate_limits::client_network;
use custodian_app::request_conditions::{RequestConditions, with_conditions};
use custodian_app::request_origin::{RequestOrigin, with_origin};
use custodian_app::{Context, Failure, Metric};
use custodian_domain::Reason;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use tracing::Instrument;

use crate::caller::{Audience, Caller};
use crate::idempotency::{self, IdempotencyDecision};
use crate::problem::{self, ErrorFormat};
use crate::request::Request;
use crate::request_id::new_request_id;
use crate::response::Response;
use crate::route::Route;

/// The time limit of a request. It is one second less than the timeout of the Lambda function, so the caller gets a 503 with a
/// reason and `Retry-After` instead of the gateway's error.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(9);

/// One route of the API, which one Lambda function serves.
pub trait Endpoint<S, E>: Send + Sync + 'static {
    type Caller: Caller<S, E>;

    fn route(&self) -> Route;

    /// The row to read in the same round trip as the caller's own rows. Only endpoints of kinds override it.
    fn prefetch(&self, request: &Request) -> Prefetch {
        <Self::Caller as Caller<S, E>>::prefetch(request)
    }

    /// Whether errors are HTML pages, because the request comes from a browser.
    fn shows_errors_as_page(&self, _request: &Request) -> bool {
        false
    }

    fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> impl Future<Output = Result<Response, Failure>> + Send;
}

/// Authenticates the caller, runs the handler and turns a failure into an error response. Logs one line per request with its
/// route, status, customer, principal and latency, but never a query, a body or an address.
pub async fn serve<S: Idempotency, E: Sync, H: Endpoint<S, E>>(
    endpoint: &H,
    cx: &Context<S, E>,
    event: ApiGatewayV2httpRequest,
) -> lambda_http::Response<Body> {
    let (started, route) = (cx.now(), endpoint.route());
    // Callers may choose the request id and reuse one. The gateway's own id is unique and appears in its access log.
    let gateway_id = event.request_context.request_id.clone();
    let request = Request::new(event, new_request_id(cx.providers.random()));
    let span = tracing::info_span!(
        "request",
        route = route.to_string(),
        request_id = request.request_id,
        gateway_id,
        client_network = client_network_hash(cx, &request.client_ip),
        customer_id = tracing::field::Empty,
        target_id = tracing::field::Empty,
        agent_id = tracing::field::Empty,
        key_id = tracing::field::Empty,
        operator_id = tracing::field::Empty
    );
    async {
        let limited = async {
            let outcome = tokio::time::timeout(REQUEST_TIMEOUT, run(endpoint, cx, &route, &request)).await;
            outcome.unwrap_or_else(|_| Err(Failure::unavailable("the request", "timed out")))
        };
        // The caller of a request that panics gets the envelope of the API, and not the gateway's own 500.
        let outcome = AssertUnwindSafe(limited).catch_unwind().await;
        let format = if endpoint.shows_errors_as_page(&request) && request.has_method_of(&route) {
            ErrorFormat::Page { brand: &cx.settings.brand, path: &route.path }
        } else {
            ErrorFormat::of(&request)
        };
        let (response, reason) = match outcome {
            Ok(Ok(response)) => (unless_modified(&route, &request, response), None),
            Ok(Err(failure)) => (problem::response(&failure, &request, format), Some(failure.reason())),
            Err(_) => (problem::render(&Reason::Internal.into(), &request, format), Some(Reason::Internal)),
        };
        if reason == Some(Reason::RateLimitExceeded) {
            cx.metrics.record(&[Metric::RequestsThrottled]);
        }
        let response = if request.is_head() { response.without_body() } else { response };
        let (status, latency_ms) = (response.status.as_u16(), millis(cx.now().since(started)));
        tracing::info!(status, reason = reason.map(Reason::key), latency_ms, "request completed");
        response.into_response(&request.request_id)
    }
    .instrument(span)
    .await
}

/// Handles a request. Every route makes its checks in this order, so that a refusal reveals nothing that a later check protects:
///
/// 1. a webhook of this service (403), the method (404), the size (413);
/// 2. the caller ([`Caller::from_request`]): the origin of a request with a cookie (403), the credential (401), the scopes of a
///    limited key (403), the status of the account (403), the permission (403), and the right on the row that the path names (403;
///    404 if the caller's account has no such row; 400 if the id is malformed);
/// 3. the precondition `If-Match` (412);
/// 4. the form of the `Idempotency-Key` (400), the bytes that the account may read (429), the record of the key (409);
/// 5. the body: its media type (415), and in the handler its fields (400);
/// 6. in the handler, the rules of the row's state, such as that of the last administrator (409).
///
/// Exceptions: the handlers of a delivery to send again and of an export read their row themselves, after the media type.
async fn run<S: Idempotency, E: Sync, H: Endpoint<S, E>>(
    endpoint: &H,
    cx: &Context<S, E>,
    route: &Route,
    request: &Request,
) -> Result<Response, Failure> {
    if request.is_own_webhook() {
        return Err(Reason::WebhookLoop.into());
    }
    if !request.has_method_of(route) {
        return wrong_method(request);
    }
    if request.is_too_large() {
        return Err(Reason::PayloadTooLarge.into());
    }
    let caller = Box::pin(H::Caller::from_request(cx, route, request, endpoint.prefetch(request))).await?;
    let if_match = matches_version(route, request, caller.version())?;
    let (key, principal) = (idempotency::key(route, request)?, caller.principal());
    let account = principal.as_ref().map(|(account, _)| *account);
    // A repeated request may get a stored response, which is a read as well.
    if let Some(account) = account.filter(|_| route.is_read() || key.is_some()) {
        cx.read_budget.require(account, cx.now())?;
    }
    let origin = RequestOrigin {
        actor: caller.actor(),
        client_ip: request.client_ip.clone(),
        request_id: request.request_id.clone(),
        received: cx.now(),
    };
    // On the heap, because the stack of a debug build is too small for the futures of all layers. Without its type, so that the code
    // around it is compiled once and not again for each endpoint.
    let handled: BoxFuture<'_, Result<Response, Failure>> = Box::pin(with_origin(origin, async {
        if !matches!(H::Caller::AUDIENCE, Audience::Anyone) {
            // Also if the handler reads no body: a browser sends a preflight request (CORS) before it sends JSON to another site.
            request.require_json()?;
        }
        endpoint.handle(cx, caller, request).await
    }));
    let outcome = match (key, principal) {
        (Some(key), Some(principal)) => {
            let decision = idempotency::begin(cx, principal, route, request, key).await?;
            with_idempotency(cx, decision, if_match, handled).await
        }
        _ => with_conditions(RequestConditions { if_match, idempotency_lease: None }, handled).await,
    };
    if let Some(account) = account {
        let bytes = outcome.as_ref().map_or(0, Response::body_bytes);
        cx.read_budget.charge(account, bytes, cx.now());
    }
    outcome
}

/// Handles a request with an `Idempotency-Key`, or sends its stored response again.
async fn with_idempotency<S: Idempotency, E>(
    cx: &Context<S, E>,
    decision: IdempotencyDecision,
    if_match: bool,
    handled: BoxFuture<'_, Result<Response, Failure>>,
) -> Result<Response, Failure> {
    match decision {
        IdempotencyDecision::Replay(response) => Ok(response),
        IdempotencyDecision::Unrecorded => handled.await,
        IdempotencyDecision::First(first) => {
            let conditions = RequestConditions { if_match, idempotency_lease: Some(first.lease.clone()) };
            let outcome = with_conditions(conditions, handled).await;
            first.finish(cx, &outcome).await;
            outcome
        }
    }
}

/// The client's network as a keyed hash of 16 digits, which is short enough to read. `None` before the platform is set up.
fn client_network_hash<S, E>(cx: &Context<S, E>, client_ip: &str) -> Option<String> {
    let keyed_hash = cx.keys.keyed_hash("log-network", &client_network(client_ip)).ok()?;
    keyed_hash.split_once('#').and_then(|(_, digits)| digits.get(..16)).map(str::to_owned)
}

/// Responds to a method that the path does not have. The gateway sends it to the path's route for reading, if there is one, and
/// otherwise to the default route. A CORS preflight gets an empty response, to which the gateway adds its headers.
pub fn wrong_method(request: &Request) -> Result<Response, Failure> {
    if request.is_preflight() { Ok(Response::empty()) } else { Err(Reason::RouteNotFound.into()) }
}

/// 304 for a read if `If-None-Match` names the entity tag of the row. The caller was authorized before the handler ran.
fn unless_modified(route: &Route, request: &Request, response: Response) -> Response {
    let matches = |tag| route.is_read() && request.if_none_match(tag);
    if response.etag().is_some_and(matches) { response.not_modified() } else { response }
}

/// Whether a PUT or DELETE has an `If-Match` that names the version that was read. Refuses a request that names another
/// version.
fn matches_version(route: &Route, request: &Request, version: Option<u64>) -> Result<bool, Failure> {
    let conditional = matches!(route.method, "PUT" | "DELETE");
    match version.filter(|_| conditional).and_then(|version| request.if_match(version)) {
        Some(false) => Err(Reason::PreconditionFailed.into()),
        Some(true) => Ok(true),
        None => Ok(false),
    }
}
