//! The loop that takes invocations from Lambda. It calls a boxed handler. So for routes, the loop and the code that reads and
//! writes the format of requests are compiled once in this crate, and not again for each function. For the same reason, functions
//! of this file return boxed futures: the body of an `async fn` is compiled again in each crate that awaits it.

use std::sync::atomic::{AtomicBool, Ordering};

use custodian_app::ports::VerifyingKeys;
use custodian_app::{Context, PlatformKeys, Providers, ignore};
use custodian_store::Store;
use futures::future::LocalBoxFuture;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::service_fn;
use lambda_runtime::{Error, LambdaEvent, Runtime};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{Instrument, Span};

use crate::aws::AwsConfig;
use crate::log;
use crate::system::providers;

/// What a function does for each invocation.
pub(crate) type Handler<'a, M, R> = Box<dyn Fn(LambdaEvent<M>) -> LocalBoxFuture<'a, Result<R, Error>> + 'a>;

/// What every function has besides its own adapters.
pub(crate) struct Connection {
    pub(crate) aws: AwsConfig,
    pub(crate) providers: Providers,
    pub(crate) store: Store,
    pub(crate) keys: PlatformKeys,
}

/// Starts the log, and connects to DynamoDB by reading the platform keys: the public keys of tokens, and the secret of the keyed
/// hashes.
pub(crate) fn connect() -> LocalBoxFuture<'static, Result<Connection, Error>> {
    Box::pin(async {
        log::subscriber().init();
        let aws = AwsConfig::load().await;
        let providers = providers();
        let store = aws.store(&providers)?;
        let keys = PlatformKeys::new(store.platform_key_set().await?);
        Ok(Connection { aws, providers, store, keys })
    })
}

/// What the loop needs of a context. It has none of the function's adapters, so it has the same type in every function.
#[derive(Clone, Copy)]
pub(crate) struct KeySource<'a> {
    keys: &'a PlatformKeys,
    store: &'a Store,
    providers: &'a Providers,
}

impl<'a, E> From<&'a Context<Store, E>> for KeySource<'a> {
    fn from(cx: &'a Context<Store, E>) -> Self {
        Self { keys: &cx.keys, store: &cx.store, providers: &cx.providers }
    }
}

pub(crate) fn boxed<'a, M, R, F>(handle: impl Fn(LambdaEvent<M>) -> F + 'a) -> Handler<'a, M, R>
where
    F: Future<Output = Result<R, Error>> + 'a,
{
    Box::new(move |event| Box::pin(handle(event)))
}

/// Calls the handler of a route for each request. Most functions are routes, so this is compiled here for all of them.
pub(crate) fn run_http<'a>(
    source: KeySource<'a>,
    handler: Handler<'a, ApiGatewayV2httpRequest, ApiGatewayV2httpResponse>,
) -> LocalBoxFuture<'a, Result<(), Error>> {
    run(source, handler)
}

/// Calls the handler for each invocation. Before, it reads the platform keys again if the platform was not set up yet.
pub(crate) fn run<'a, M, R>(
    source: KeySource<'a>,
    handler: Handler<'a, M, R>,
) -> LocalBoxFuture<'a, Result<(), Error>>
where
    M: DeserializeOwned + 'a,
    R: Serialize + 'a,
{
    let serve = move |event: LambdaEvent<M>| {
        let span = invocation_span(&event.context);
        let handled = handler(event);
        let handled = async move {
            let reloaded = source.keys.reload_if_missing(source.store, source.providers.now()).await;
            ignore(reloaded, "a request that needs the keys fails with its own error");
            handled.await
        };
        handled.instrument(span)
    };
    Box::pin(Runtime::new(service_fn(serve)).run())
}

/// The span of an invocation. It adds the function and the ids of the invocation in Lambda and X-Ray to every log line.
fn invocation_span(context: &lambda_runtime::Context) -> Span {
    static WARM: AtomicBool = AtomicBool::new(false);
    let trace_id = context.xray_trace_id.as_deref().and_then(log::trace_id);
    let cold = !WARM.swap(true, Ordering::Relaxed);
    let function = &context.env_config.function_name;
    tracing::info_span!("invocation", function, invocation = context.request_id, trace_id, cold)
}
