//! The local service: driven, served.

mod open;

pub use self::open::LocalError;

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Request, Uri};
use custodian_app::Failure;
use custodian_app::metrics::Tally;
use custodian_domain::{CustomerId, Secret, Timestamp};
use custodian_engine::Engine;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard, Notify};
use uuid::Uuid;

use crate::args::Args;
use crate::control;
use crate::gateway::{GATEWAY_LIMIT, Gateway};
use crate::journal::Journal;
use crate::pump::Pump;
use crate::sample;

const OFFSET: &str = "clock offset";
const RECONCILED: &str = "reconciled at";
/// As the template's rate schedule.
const RECONCILE_EVERY: Duration = Duration::from_secs(15 * 60);
/// How often the pump looks for what has become due by itself.
const TICK: Duration = Duration::from_millis(50);

/// A running local service; clones are handles on the same one.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    gateway: Gateway,
    pump: Mutex<()>,
    pumped: Pump,
    meter: Arc<Tally>,
    work: Arc<Notify>,
    listener: Mutex<Option<TcpListener>>,
    port: u16,
    username: String,
    /// Set at the first start, to be shown once.
    new_password: Option<Secret>,
    /// Keeps other processes off the data for as long as this one lives.
    _lock: Option<File>,
}

impl Service {
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Fills the sample account, with the platform admin's help, and says who may log in to it.
    #[expect(clippy::print_stdout, reason = "this is what the command prints")]
    pub async fn fill_sample(&self, args: &Args) -> Result<(), LocalError> {
        let new = self.0.new_password.as_ref().map(|password| password.expose().to_owned());
        let password = args.admin_password.clone().or(new);
        let is_there = sample::fill(self, &args.admin_username, password.as_deref()).await?;
        println!("{}", if is_there { sample::announcement() } else { sample::needs_operator() });
        Ok(())
    }

    /// Says where it is and, at the first start, who may come in.
    #[expect(clippy::print_stdout, reason = "this is what the command prints")]
    pub fn announce(&self) {
        println!("Custodian on http://127.0.0.1:{}", self.0.port);
        if let Some(password) = &self.0.new_password {
            println!(
                "platform admin: {}  password: {}  (shown only now)",
                self.0.username,
                password.expose()
            );
        }
    }

    /// Serves until Ctrl-C.
    pub async fn serve(&self) -> Result<(), LocalError> {
        let Some(listener) = self.0.listener.lock().await.take() else { return Ok(()) };
        let pump = tokio::spawn(self.clone().run_pump());
        let app: Router<()> = control::router()
            .fallback(invoke)
            .method_not_allowed_fallback(invoke)
            .layer(DefaultBodyLimit::max(GATEWAY_LIMIT))
            .with_state(self.clone());
        let stop = async {
            // Without a handler there is nothing to wait for; the process then ends by the signal itself.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        axum::serve(listener, app).with_graceful_shutdown(stop).await?;
        pump.abort();
        let _alone = self.0.pump.lock().await;
        Ok(self.0.pumped.settle()?)
    }

    /// Keeps the stream, the queues and the jobs still while the guard is held.
    pub async fn hold_still(&self) -> MutexGuard<'_, ()> {
        self.0.pump.lock().await
    }

    /// The embedded database, for tests that look at rows.
    pub fn engine(&self) -> &Engine {
        &self.0.pumped.engine
    }

    /// Every event that was put on the bus, newest first, as it was put there; for tests that hold events to their schemas.
    pub fn published(&self) -> Result<Vec<String>, LocalError> {
        Ok(self.journal().events()?)
    }

    /// What was counted since this service was opened.
    pub fn counted(&self) -> &Tally {
        &self.0.meter
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.0.pumped.cx.ends.journal
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.pumped.cx.now()
    }

    async fn run_pump(self) {
        loop {
            {
                let _alone = self.0.pump.lock().await;
                let worked = match self.reconcile_if_due().await {
                    Ok(()) => self.0.pumped.step().await,
                    Err(failure) => Err(failure),
                };
                if matches!(worked, Ok(true)) {
                    continue;
                }
                if let Err(failure) = worked {
                    tracing::error!(%failure, "the local ends are in trouble and will be tried again");
                }
            }
            let woken = self.0.work.notified();
            let _ = tokio::time::timeout(TICK, woken).await;
        }
    }

    async fn reconcile_if_due(&self) -> Result<(), Failure> {
        let last = self.journal().fact(RECONCILED)?.and_then(|text| text.parse().ok());
        let due = last.map_or(self.now(), |last| Timestamp::from_micros(last).plus(RECONCILE_EVERY));
        if self.now() < due {
            return Ok(());
        }
        self.reconcile().await?;
        self.0.pumped.settle()
    }

    async fn reconcile(&self) -> Result<(), Failure> {
        self.journal().set_fact(RECONCILED, &self.now().micros().to_string())?;
        self.0.pumped.reconcile().await
    }

    /// Counts what a customer owns and corrects its counters, as an operator may have it done.
    pub async fn recount(&self, customer: Uuid) -> Result<(), Failure> {
        self.0.pumped.recount(CustomerId(customer)).await
    }

    /// Hands a request to the function of its route.
    pub(crate) async fn invoke(&self, request: Request<Bytes>) -> axum::http::Response<axum::body::Body> {
        let inner = &self.0;
        let response = inner.gateway.handle(Arc::clone(&inner.pumped.cx), request).await;
        inner.work.notify_one();
        response
    }

    /// Invokes a function by its name with an event of the gateway's, for measurements of what is ours; `None` if there is none.
    pub async fn call(
        &self,
        function: &str,
        event: ApiGatewayV2httpRequest,
    ) -> Option<lambda_http::Response<lambda_http::Body>> {
        let served = self.0.gateway.function(function)?;
        Some((served.handler)(Arc::clone(&self.0.pumped.cx), event).await)
    }

    /// Waits until nothing is due now.
    pub(crate) async fn idle(&self) -> Result<Timestamp, Failure> {
        let _alone = self.0.pump.lock().await;
        let drained = self.0.pumped.drain().await;
        self.0.pumped.settle()?;
        drained.map(|()| self.now())
    }

    /// Moves the clock, and waits until nothing is due then.
    pub(crate) async fn advance(&self, by: Duration) -> Result<Timestamp, Failure> {
        let _alone = self.0.pump.lock().await;
        let stepped = self.step(by).await;
        self.0.pumped.settle()?;
        stepped.map(|()| self.now())
    }

    /// From due time to due time, then to the end, where what recurs runs once.
    async fn step(&self, by: Duration) -> Result<(), Failure> {
        self.0.pumped.drain().await?;
        let end = self.now().plus(by);
        while let Some(due) = self.journal().next_due()?.filter(|due| *due <= end) {
            self.move_clock_to(due)?;
            self.0.pumped.drain().await?;
        }
        self.move_clock_to(end)?;
        self.reconcile().await?;
        self.0.pumped.drain().await
    }

    fn move_clock_to(&self, instant: Timestamp) -> Result<(), Failure> {
        let offset = self.0.pumped.cx.ends.clock.advance_to(instant);
        self.journal().set_fact(OFFSET, &offset.to_string())
    }
}

/// Every path that is not the local program's own goes to the API.
async fn invoke(
    State(service): State<Service>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::http::Response<axum::body::Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    service.invoke(request).await
}
