//! The running local service.

mod open;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use custodian_app::Failure;
use custodian_app::MetricCounters;
use custodian_domain::{CustomerId, Secret, Timestamp};
use custodian_engine::Engine;
use custodian_exports::ExportFile;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard, Notify};
use uuid::Uuid;

use crate::allowed_hosts::AllowedHosts;
use crate::data_folder::DataFolder;
use crate::dispatcher::Dispatcher;
use crate::error::LocalError;
use crate::gateway::Gateway;
use crate::state::LocalState;

/// The issuer of the local service's tokens. It is not the URL, so tokens stay valid when the service starts again on another port.
pub const TOKEN_ISSUER: &str = "custodian-local";
const CLOCK_OFFSET_KEY: &str = "clock offset";
const LAST_RECONCILE_KEY: &str = "reconciled at";
/// The rate of the template's schedule.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(15 * 60);
/// How long the dispatcher sleeps when no request wakes it.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A running local service. Clones share one instance.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    gateway: Gateway,
    dispatcher: Dispatcher,
    /// Held while the dispatcher works, so that only one task runs it.
    dispatch_lock: Mutex<()>,
    metrics: Arc<MetricCounters>,
    wake_dispatcher: Arc<Notify>,
    listener: Mutex<Option<TcpListener>>,
    port: u16,
    allowed_hosts: Arc<AllowedHosts>,
    admin_username: String,
    /// The password, if this start generated it. No later start can print it.
    generated_password: Option<Secret>,
    /// Prevents other processes from using the data folder.
    _folder: Option<DataFolder>,
}

impl Service {
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Prints the address and, if this start generated one, the platform admin's password.
    #[expect(clippy::print_stdout, reason = "the command prints this")]
    pub fn print_banner(&self) {
        println!("Custodian on http://127.0.0.1:{}", self.0.port);
        if let Some(password) = &self.0.generated_password {
            println!(
                "platform admin: {}  password: {}  (not shown again)",
                self.0.admin_username,
                password.expose()
            );
        }
    }

    /// Pauses the dispatcher while the guard is held: it handles no stream record, message or job.
    /// Deliveries in flight continue.
    pub async fn pause_background_work(&self) -> MutexGuard<'_, ()> {
        self.0.dispatch_lock.lock().await
    }

    /// The embedded database, for tests that read rows.
    pub fn engine(&self) -> &Engine {
        &self.0.dispatcher.engine
    }

    /// The entries of the event bus as JSON, newest first.
    pub fn published_events(&self) -> Result<Vec<String>, LocalError> {
        Ok(self.state().events()?)
    }

    /// The metrics since this service was opened.
    pub fn metrics(&self) -> &MetricCounters {
        &self.0.metrics
    }

    /// Invokes `reconcile` to recount an account's rows and correct its counters, as an operator does in a deployed stack.
    pub async fn recount(&self, customer: Uuid) -> Result<(), Failure> {
        self.0.dispatcher.recount(CustomerId(customer)).await
    }

    /// Invokes a function by its name, for measurements without HTTP. Returns `None` if no function has this name.
    pub async fn invoke_function(
        &self,
        name: &str,
        event: ApiGatewayV2httpRequest,
    ) -> Option<lambda_http::Response<lambda_http::Body>> {
        let function = self.0.gateway.function(name)?;
        Some((function.handler)(Arc::clone(&self.0.dispatcher.cx), event).await)
    }

    pub(crate) fn generated_password(&self) -> Option<&Secret> {
        self.0.generated_password.as_ref()
    }

    pub(crate) fn allowed_hosts(&self) -> Arc<AllowedHosts> {
        Arc::clone(&self.0.allowed_hosts)
    }

    pub(crate) fn state(&self) -> &LocalState {
        &self.0.dispatcher.cx.services.state
    }

    /// The file of a link to an export, if the link is valid.
    pub(crate) fn linked_file(
        &self,
        file: ExportFile,
        expires: i64,
        signature: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        self.0.dispatcher.cx.services.linked_file(file, expires, signature)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.dispatcher.cx.now()
    }

    /// Returns the listener to the first caller only.
    pub(crate) async fn take_listener(&self) -> Option<TcpListener> {
        self.0.listener.lock().await.take()
    }

    /// Invokes the function of the request's route.
    pub(crate) async fn handle_request(&self, request: Request<Bytes>) -> Response<Body> {
        let inner = &self.0;
        let response = inner.gateway.handle(Arc::clone(&inner.dispatcher.cx), request).await;
        inner.wake_dispatcher.notify_one();
        response
    }

    pub(crate) async fn run_dispatcher(self) {
        loop {
            {
                let _paused = self.pause_background_work().await;
                let progress = match self.reconcile_if_due().await {
                    Ok(()) => self.0.dispatcher.dispatch_due().await,
                    Err(failure) => Err(failure),
                };
                match progress {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(failure) => tracing::error!(%failure, "background work failed and will be retried"),
                }
            }
            let woken = self.0.wake_dispatcher.notified();
            let _ = tokio::time::timeout(POLL_INTERVAL, woken).await;
        }
    }

    async fn reconcile_if_due(&self) -> Result<(), Failure> {
        let last = self.state().get(LAST_RECONCILE_KEY)?.and_then(|text| text.parse().ok());
        let due = last.map_or(self.now(), |last| Timestamp::from_micros(last).plus(RECONCILE_INTERVAL));
        if self.now() < due {
            return Ok(());
        }
        self.reconcile().await?;
        self.0.dispatcher.checkpoint()
    }

    async fn reconcile(&self) -> Result<(), Failure> {
        self.state().set(LAST_RECONCILE_KEY, &self.now().micros().to_string())?;
        self.0.dispatcher.cx.services.delete_old_mails()?;
        self.0.dispatcher.cx.services.delete_old_exports()?;
        self.0.dispatcher.reconcile().await
    }

    /// Waits until nothing is due now.
    pub(crate) async fn idle(&self) -> Result<Timestamp, Failure> {
        let _paused = self.pause_background_work().await;
        let drained = self.0.dispatcher.drain().await;
        self.0.dispatcher.checkpoint()?;
        drained.map(|()| self.now())
    }

    /// Moves the clock and waits until nothing is due at the new time.
    pub(crate) async fn advance(&self, step: Duration) -> Result<Timestamp, Failure> {
        let _paused = self.pause_background_work().await;
        let advanced = self.advance_by_due_times(step).await;
        self.0.dispatcher.checkpoint()?;
        advanced.map(|()| self.now())
    }

    pub(crate) async fn checkpoint(&self) -> Result<(), Failure> {
        let _paused = self.pause_background_work().await;
        self.0.dispatcher.checkpoint()
    }

    /// Moves the clock from one due time to the next and handles the due work at each. The recurring `reconcile` runs once, at
    /// the end.
    async fn advance_by_due_times(&self, step: Duration) -> Result<(), Failure> {
        self.0.dispatcher.drain().await?;
        let end = self.now().plus(step);
        while let Some(due) = self.state().next_due()?.filter(|due| *due <= end) {
            self.move_clock_to(due)?;
            self.0.dispatcher.drain().await?;
        }
        self.move_clock_to(end)?;
        self.reconcile().await?;
        self.0.dispatcher.drain().await
    }

    fn move_clock_to(&self, instant: Timestamp) -> Result<(), Failure> {
        let offset = self.0.dispatcher.cx.services.clock.advance_to(instant);
        self.state().set(CLOCK_OFFSET_KEY, &offset.to_string())
    }
}
