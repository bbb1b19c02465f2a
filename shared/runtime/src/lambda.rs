//! How a function runs: what it needs is connected before the first invocation, so that the first request finds warm
//! connections; then each invocation is one call of its handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::{dynamodb::Event as StreamEvent, sqs::SqsEvent};
use custodian_app::ports::VerifyingKeys;
use custodian_app::{Context, Keys, ignore};
use custodian_domain::Timestamp;
use custodian_events::consume::{self, Change, Consumer};
use custodian_http::Endpoint;
use custodian_store::Store;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::http::header::SET_COOKIE;
use lambda_http::{Body, Response, service_fn};
use lambda_runtime::{Error, LambdaEvent, Runtime};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{Instrument, Span};

use crate::aws::Aws;
use crate::config;
use crate::emf::Emf;
use crate::ends::Connect;
use crate::log;
use crate::real::sources;

/// What long work leaves of its time, to hand on what is left of it.
const MARGIN: Duration = Duration::from_secs(20);

/// Connects everything. Reading the public keys is also what opens the connection to DynamoDB.
async fn context<E: Connect>() -> Result<Context<Store, E>, Error> {
    log::lines().init();
    let aws = Aws::load().await;
    let sources = sources();
    let meter = Arc::new(Emf::new(config::stack(), Arc::clone(&sources.clock), std::io::stdout()));
    let store = aws.store(&sources)?;
    let (keys, ends) = (Keys::new(store.shared_keys().await?), E::connect(&aws, &store).await?);
    Ok(Context { store, ends, sources, settings: config::settings()?, keys, meter })
}

/// What every line of an invocation tells beside its own: which function it is of, and under which name the platform and
/// X-Ray know the invocation.
fn invocation(context: &lambda_runtime::Context) -> Span {
    static WARM: AtomicBool = AtomicBool::new(false);
    let trace_id = context.xray_trace_id.as_deref().and_then(log::trace_id);
    let cold = !WARM.swap(true, Ordering::Relaxed);
    let function = &context.env_config.function_name;
    tracing::info_span!("invocation", function, invocation = context.request_id, trace_id, cold)
}

/// Calls `serve` for each invocation, for as long as there are any.
async fn run<E, M, R, F>(cx: &Context<Store, E>, serve: impl Fn(LambdaEvent<M>) -> F) -> Result<(), Error>
where
    M: DeserializeOwned,
    R: Serialize,
    F: Future<Output = Result<R, Error>>,
{
    let serve = |event: LambdaEvent<M>| {
        let span = invocation(&event.context);
        let served = serve(event);
        let in_turn = async move {
            let looked = cx.keys.look_again(&cx.store, cx.now()).await;
            ignore(looked, "what needs the keys says that there are none");
            served.await
        };
        in_turn.instrument(span)
    };
    Runtime::new(service_fn(serve)).run().await
}

/// Serves one route of the API.
pub async fn http<E: Connect>(endpoint: impl Endpoint<Store, E>) -> Result<(), Error> {
    let cx = context::<E>().await?;
    let (cx, endpoint) = (&cx, &endpoint);
    let serve = move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        Ok::<_, Error>(answer(custodian_http::serve(endpoint, cx, event.payload).await))
    };
    run(cx, serve).await
}

/// A response as the gateway takes it, with its cookies apart.
fn answer(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (mut parts, body) = response.into_parts();
    let cookies = parts.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.cookies = cookies.map(str::to_owned).collect();
    parts.headers.remove(SET_COOKIE);
    answer.status_code = parts.status.as_u16().into();
    answer.headers = parts.headers;
    if let Body::Text(text) = body {
        answer.body = Some(text.into());
    }
    answer
}

/// Consumes the messages of a queue.
pub async fn queue<E: Connect, C>(consumer: C) -> Result<(), Error>
where
    C: Consumer<Store, E>,
    C::Message: DeserializeOwned,
{
    let cx = context::<E>().await?;
    let (cx, consumer) = (&cx, &consumer);
    let serve = move |event: LambdaEvent<SqsEvent>| async move {
        let stop_at = stop_at(&event.context);
        Ok::<_, Error>(consume::queue(consumer, cx, event.payload, stop_at).await)
    };
    run(cx, serve).await
}

/// Consumes change streams.
pub async fn stream<E: Connect>(consumer: impl Consumer<Store, E, Message = Change>) -> Result<(), Error> {
    let cx = context::<E>().await?;
    let (cx, consumer) = (&cx, &consumer);
    let serve = move |event: LambdaEvent<StreamEvent>| async move {
        let stop_at = stop_at(&event.context);
        Ok::<_, Error>(consume::stream(consumer, cx, event.payload, stop_at).await)
    };
    run(cx, serve).await
}

/// Consumes what the Scheduler (or an operator) invokes the function with.
pub async fn direct<E: Connect, C>(consumer: C) -> Result<(), Error>
where
    C: Consumer<Store, E>,
    C::Message: DeserializeOwned,
{
    let cx = context::<E>().await?;
    let (cx, consumer) = (&cx, &consumer);
    let serve = move |event: LambdaEvent<C::Message>| async move {
        let stop_at = stop_at(&event.context);
        Ok::<_, Error>(consume::direct(consumer, cx, event.payload, stop_at).await?)
    };
    run(cx, serve).await
}

fn stop_at(context: &lambda_runtime::Context) -> Timestamp {
    let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX / 1000);
    Timestamp::from_micros(deadline.saturating_mul(1000)).minus(MARGIN)
}
