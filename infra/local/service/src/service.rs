//! The running local service.

mod background;
mod open;

use std::path::Path;
use std::sync::Arc;

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
use crate::services::LocalContext;
use crate::state::LocalState;

/// The issuer of the local service's tokens. It is not the URL, so tokens stay valid when the service starts again on another port.
pub const TOKEN_ISSUER: &str = "custodian-local";
const CLOCK_OFFSET_KEY: &str = "clock offset";

/// What this start knows about the platform admin.
pub(crate) struct Admin {
    pub(crate) username: String,
    pub(crate) password: AdminPassword,
}

/// Where the password of the platform admin comes from.
pub(crate) enum AdminPassword {
    /// This start generated it. No later start can print it.
    Generated(Secret),
    /// This start set it from the command line.
    FromCommandLine,
    /// An earlier start set it, so `--admin-password` changes nothing.
    SetEarlier { is_also_on_command_line: bool },
}

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
    admin: Admin,
    /// Also prevents other processes from using the data folder. `None` if the data is in memory.
    folder: Option<DataFolder>,
}

/// Wakes the dispatcher at the end of a request, even if the client disconnects and the request is dropped.
struct WakeOnDrop<'a>(&'a Notify);

impl Drop for WakeOnDrop<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Service {
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Locks the dispatcher: while the guard is held, nobody else handles a stream record, message or job.
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

    /// Invokes `reconcile` to recount an account's rows and correct its counters, as a direct invocation does in a deployed stack.
    pub async fn recount(&self, customer: Uuid) -> Result<(), Failure> {
        self.0.dispatcher.recount(CustomerId(customer)).await
    }

    /// Invokes the function of a route by its name, for measurements without HTTP. Returns `None` if no route but the default one
    /// has a function of this name.
    pub async fn invoke_function(
        &self,
        name: &str,
        event: ApiGatewayV2httpRequest,
    ) -> Option<lambda_http::Response<lambda_http::Body>> {
        let function = self.0.gateway.function(name)?;
        let _wake = WakeOnDrop(&self.0.wake_dispatcher);
        Some((function.handler)(Arc::clone(&self.0.dispatcher.cx), event).await)
    }

    pub(crate) fn admin(&self) -> &Admin {
        &self.0.admin
    }

    pub(crate) fn context(&self) -> &LocalContext {
        &self.0.dispatcher.cx
    }

    /// The data folder, or `None` if the data is in memory.
    pub(crate) fn data_folder(&self) -> Option<&Path> {
        self.0.folder.as_ref().map(DataFolder::path)
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
        let _wake = WakeOnDrop(&inner.wake_dispatcher);
        let response = inner.gateway.handle(Arc::clone(&inner.dispatcher.cx), request);
        inner.dispatcher.engine.go_first(response).await
    }
}
