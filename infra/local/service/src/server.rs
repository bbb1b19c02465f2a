//! The HTTP server: the `/_local/` routes, the start page, and the API for every other path.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::Response;
use axum::http::header::STRICT_TRANSPORT_SECURITY;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use custodian_http::response::ONLY_HTTPS;

use crate::allowed_hosts::require_allowed_host;
use crate::api::handle_api_request;
use crate::control;
use crate::error::LocalError;
use crate::gateway::MAX_REQUEST_BYTES;
use crate::request_log::log_request;
use crate::service::Service;
use crate::start;

impl Service {
    /// Serves until Ctrl-C.
    pub async fn serve(&self) -> Result<(), LocalError> {
        let Some(listener) = self.take_listener().await else { return Ok(()) };
        let dispatching = tokio::spawn(self.clone().run_dispatcher());
        let router: Router<()> = Router::new()
            .nest("/_local", control::router())
            .merge(start::router())
            .fallback(handle_api_request)
            .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
            .layer(from_fn_with_state(self.allowed_hosts(), require_allowed_host))
            .layer(map_response(with_transport_security))
            .layer(from_fn(log_request))
            .with_state(self.clone());
        let shutdown = async {
            // If the handler cannot be installed, the signal itself ends the process.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, router).with_graceful_shutdown(shutdown).await.map_err(LocalError::Server)?;
        dispatching.abort();
        Ok(self.erase_deleted_rows().await?)
    }
}

/// Sets the header `Strict-Transport-Security`, which the functions' responses have, on those of the local service itself, too.
async fn with_transport_security(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    response
}
