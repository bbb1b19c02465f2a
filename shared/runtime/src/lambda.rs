//! The start of a function, for each kind of trigger. It connects to DynamoDB and builds the adapters before the first invocation.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::{dynamodb::Event as StreamEvent, sqs::SqsEvent};
use custodian_app::{Context, ReadBudget, ignore};
use custodian_domain::Timestamp;
use custodian_event_sources::{
    EventHandler, handle_sqs_event, handle_stream_event, redeliveries, respond_to_invocation,
};
use custodian_events::StreamChange;
use custodian_http::Endpoint;
use custodian_store::Store;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::http::header::SET_COOKIE;
use lambda_http::{Body, Response};
use lambda_runtime::{Error, LambdaEvent};
use serde::de::DeserializeOwned;

use crate::config;
use crate::emf::Emf;
use crate::from_env::FromEnv;
use crate::invocations::{Connection, boxed, connect, run, run_http};
use crate::services::CascadeWorkerServices;

/// Long work stops this long before the deadline of the invocation, so that it can still store, enqueue or return where it
/// continues.
const STOP_MARGIN: Duration = Duration::from_secs(20);

/// Builds the context.
async fn context<E: FromEnv>() -> Result<Context<Store, E>, Error> {
    let Connection { aws, providers, store, keys } = connect().await?;
    let metrics = Arc::new(Emf::new(config::stack(), Arc::clone(&providers.clock), std::io::stdout()));
    let services = E::from_env(&aws, &store).await?;
    let settings = config::settings()?;
    let read_budget = ReadBudget::new(settings.read_bytes_per_second);
    Ok(Context { store, services, providers, settings, keys, metrics, read_budget })
}

/// Serves one route of the API.
pub async fn serve_http<E: FromEnv>(endpoint: impl Endpoint<Store, E>) -> Result<(), Error> {
    let cx = context::<E>().await?;
    let (cx, endpoint) = (&cx, &endpoint);
    let serve = move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        Ok::<_, Error>(response(custodian_http::serve(endpoint, cx, event.payload).await))
    };
    run_http(cx.into(), boxed(serve)).await
}

/// Serves several routes of the API, which need the same permissions. The gateway's event names the route.
pub async fn serve_routes<E: FromEnv, H: Endpoint<Store, E>>(endpoints: Vec<H>) -> Result<(), Error> {
    let cx = context::<E>().await?;
    let (cx, endpoints) = (&cx, &endpoints);
    let serve = move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let key = event.payload.route_key.as_deref().unwrap_or_default();
        let endpoint = endpoints.iter().find(|endpoint| endpoint.route().gateway_key() == key);
        let endpoint = endpoint.ok_or_else(|| format!("the function does not serve the route {key}"))?;
        Ok::<_, Error>(response(custodian_http::serve(endpoint, cx, event.payload).await))
    };
    run_http(cx.into(), boxed(serve)).await
}

/// The response in the gateway's format, which separates cookies from headers.
fn response(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (mut parts, body) = response.into_parts();
    let cookies = parts.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut response = ApiGatewayV2httpResponse::default();
    response.cookies = cookies.map(str::to_owned).collect();
    parts.headers.remove(SET_COOKIE);
    response.status_code = parts.status.as_u16().into();
    response.headers = parts.headers;
    match body {
        Body::Text(text) => response.body = Some(text.into()),
        Body::Binary(bytes) => {
            response.body = Some(bytes.into());
            response.is_base64_encoded = true;
        }
        _ => {}
    }
    response
}

/// Handles the messages of a queue.
pub async fn serve_queue<E: FromEnv, C>(consumer: C) -> Result<(), Error>
where
    C: EventHandler<Store, E>,
    C::Message: DeserializeOwned,
{
    let cx = context::<E>().await?;
    let (cx, consumer) = (&cx, &consumer);
    let serve = move |event: LambdaEvent<SqsEvent>| async move {
        let stop_at = stop_at(&event.context);
        Ok::<_, Error>(handle_sqs_event(consumer, cx, event.payload, stop_at).await)
    };
    run(cx.into(), boxed(serve)).await
}

/// Handles the messages of the cascade's queue. Its visibility timeout is long, because a worker may run for 15 minutes, so failed
/// messages are made visible sooner.
pub async fn serve_cascade_queue<C>(consumer: C) -> Result<(), Error>
where
    C: EventHandler<Store, CascadeWorkerServices>,
    C::Message: DeserializeOwned,
{
    let cx = context::<CascadeWorkerServices>().await?;
    let (cx, consumer) = (&cx, &consumer);
    let serve = move |event: LambdaEvent<SqsEvent>| async move {
        let (stop_at, messages) = (stop_at(&event.context), event.payload.records.clone());
        let response = handle_sqs_event(consumer, cx, event.payload, stop_at).await;
        let changed = cx.services.redeliver(&redeliveries(&messages, &response)).await;
        ignore(changed, "the message becomes visible at the end of the visibility timeout");
        Ok::<_, Error>(response)
    };
    run(cx.into(), boxed(serve)).await
}

/// Handles the records of change streams.
pub async fn serve_stream<E: FromEnv>(
    consumer: impl EventHandler<Store, E, Message = StreamChange>,
) -> Result<(), Error> {
    let cx = context::<E>().await?;
    let (cx, consumer) = (&cx, &consumer);
    let serve = move |event: LambdaEvent<StreamEvent>| async move {
        let stop_at = stop_at(&event.context);
        Ok::<_, Error>(handle_stream_event(consumer, cx, event.payload, stop_at).await)
    };
    run(cx.into(), boxed(serve)).await
}

/// Handles direct invocations by EventBridge Scheduler or a person with access to the AWS account.
pub async fn serve_invocations<E: FromEnv, C>(consumer: C) -> Result<(), Error>
where
    C: EventHandler<Store, E>,
    C::Message: DeserializeOwned,
{
    let cx = context::<E>().await?;
    let (cx, consumer) = (&cx, &consumer);
    let serve = move |event: LambdaEvent<C::Message>| async move {
        let stop_at = stop_at(&event.context);
        Ok::<_, Error>(respond_to_invocation(consumer, cx, event.payload, stop_at).await?)
    };
    run(cx.into(), boxed(serve)).await
}

/// The time when long work of this invocation must stop.
fn stop_at(context: &lambda_runtime::Context) -> Timestamp {
    let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX / 1000);
    Timestamp::from_micros(deadline.saturating_mul(1000)).minus(STOP_MARGIN)
}
