//! An endpoint and the one way to serve it.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use custodian_app::log::millis;
use custodian_app::ports::{Idempotency, Wanted};
use custodian_app::scope::{self, Scope};
use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use futures::FutureExt;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::{Body, Response};
use tracing::Instrument;

use crate::answer::Answer;
use crate::call::{self, Call};
use crate::caller::Caller;
use crate::problem::{self, Form};
use crate::repeat::{self, Next};

/// What a request may take in all: a second less than its function may run, so that the caller is told by us, with a reason
/// and a time to try again, and not by the gateway. Whatever was under way is then as if its answer had been lost.
pub const AT_MOST: Duration = Duration::from_secs(9);

/// Where an endpoint is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    /// As in the template: `/v1.0/customers/{id}`.
    pub path: String,
}

/// As the gateway names it.
impl fmt::Display for Route {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.path.is_empty() { "" } else { " " };
        write!(text, "{}{space}{}", self.method, self.path)
    }
}

impl Route {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into() }
    }
}

/// One route of the API: one Lambda.
pub trait Endpoint<S, E>: Send + Sync + 'static {
    type Caller: Caller<S, E>;

    fn route(&self) -> Route;

    /// The row to read along with the caller's own.
    fn wanted(&self, _call: &Call) -> Wanted {
        Wanted::Nothing
    }

    /// Whether this call comes from a person with a browser, who is told of failures by a page.
    fn tells_by_page(&self, _call: &Call) -> bool {
        false
    }

    fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        call: &Call,
    ) -> impl Future<Output = Result<Answer, Failure>> + Send;
}

/// Admits the caller, runs the handler and tells its failure. Every request leaves one line in the log, with its route,
/// what came of it, whom it concerned and how long it took: no query, no body, no address.
pub async fn serve<S: Idempotency, E: Sync, H: Endpoint<S, E>>(
    endpoint: &H,
    cx: &Context<S, E>,
    event: ApiGatewayV2httpRequest,
) -> Response<Body> {
    let began = cx.now();
    // Callers may name their requests, more than one alike; the gateway's own name is also in its access log.
    let gateway_id = event.request_context.request_id.clone();
    let call = Call::new(event, call::fresh_request_id(cx.sources.random()));
    let span = tracing::info_span!(
        "request",
        route = endpoint.route().to_string(),
        request_id = call.request_id,
        gateway_id,
        customer_id = tracing::field::Empty,
        target_id = tracing::field::Empty,
        operator_id = tracing::field::Empty
    );
    async {
        let in_time = async {
            let ended = tokio::time::timeout(AT_MOST, run(endpoint, cx, &call)).await;
            ended.unwrap_or_else(|_| Err(Failure::unavailable("the request", "its time was over")))
        };
        let outcome = AssertUnwindSafe(in_time).catch_unwind().await;
        let form = if endpoint.tells_by_page(&call) { Form::Page } else { Form::of(&call) };
        let (answer, reason) = match outcome {
            Ok(Ok(answer)) => (answer, None),
            Ok(Err(failure)) => (problem::answer(&failure, &call, form), Some(failure.reason())),
            Err(_) => (problem::render(&Reason::Internal.into(), &call, form), Some(Reason::Internal)),
        };
        let (status, latency_ms) = (answer.status.as_u16(), millis(cx.now().since(began)));
        tracing::info!(status, reason = reason.map(Reason::key), latency_ms, "answered");
        answer.into_response(&call.request_id)
    }
    .instrument(span)
    .await
}

async fn run<S: Idempotency, E: Sync, H: Endpoint<S, E>>(
    endpoint: &H,
    cx: &Context<S, E>,
    call: &Call,
) -> Result<Answer, Failure> {
    if call.is_too_large() {
        return Err(Reason::PayloadTooLarge.into());
    }
    let route = endpoint.route();
    let caller = H::Caller::admit(cx, call, endpoint.wanted(call)).await?;
    let exact = matches_version(&route, call, caller.version())?;
    let (Some(key), Some(principal)) = (repeat::key(&route, call)?, caller.principal()) else {
        return scope::within(Scope { exact, ticket: None }, endpoint.handle(cx, caller, call)).await;
    };
    match repeat::begin(cx, principal, &route, call, key).await? {
        Next::Again(answer) => Ok(answer),
        Next::RunUnkept => endpoint.handle(cx, caller, call).await,
        Next::Run(first) => {
            let scope = Scope { exact, ticket: Some(first.ticket.clone()) };
            let outcome = scope::within(scope, endpoint.handle(cx, caller, call)).await;
            first.end(cx, &outcome).await;
            outcome
        }
    }
}

/// Whether a PUT or DELETE is bound to a version by `If-Match`; refused if it is to another one.
fn matches_version(route: &Route, call: &Call, version: Option<u64>) -> Result<bool, Failure> {
    let conditional = matches!(route.method, "PUT" | "DELETE");
    // A row that is not there is the handler's to refuse.
    match version.filter(|_| conditional).and_then(|version| call.if_match(version)) {
        Some(false) => Err(Reason::PreconditionFailed.into()),
        Some(true) => Ok(true),
        None => Ok(false),
    }
}
