//! An endpoint and the one way to serve it.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use custodian_app::ports::Wanted;
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

/// Where an endpoint is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    /// As in the template: `/v1.0/customers/{id}`.
    pub path: String,
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

/// Admits the caller, runs the handler and tells its failure. Every request leaves one line in the log: no query, no
/// body, no address.
pub async fn serve<S: Sync, E: Sync, H: Endpoint<S, E>>(
    endpoint: &H,
    cx: &Context<S, E>,
    event: ApiGatewayV2httpRequest,
) -> Response<Body> {
    let call = Call::new(event, call::fresh_request_id(cx.sources.random()));
    let route = endpoint.route();
    let span = tracing::info_span!(
        "request",
        request_id = call.request_id,
        method = route.method,
        path = route.path,
        customer_id = tracing::field::Empty
    );
    async {
        let outcome = AssertUnwindSafe(run(endpoint, cx, &call)).catch_unwind().await;
        let form = if endpoint.tells_by_page(&call) { Form::Page } else { Form::of(&call) };
        let answer = match outcome {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => problem::answer(&failure, &call, form),
            Err(_) => problem::render(&Reason::Internal.into(), &call, form),
        };
        tracing::info!(status = answer.status.as_u16(), "answered");
        answer.into_response(&call.request_id)
    }
    .instrument(span)
    .await
}

async fn run<S, E, H: Endpoint<S, E>>(
    endpoint: &H,
    cx: &Context<S, E>,
    call: &Call,
) -> Result<Answer, Failure> {
    if call.is_too_large() {
        return Err(Reason::PayloadTooLarge.into());
    }
    let caller = H::Caller::admit(cx, call, endpoint.wanted(call)).await?;
    endpoint.handle(cx, caller, call).await
}
