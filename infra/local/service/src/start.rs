//! The start page, which the deployed API does not have.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::response::IntoResponse;
use axum::routing::{Router, any};

use crate::api::handle_api_request;
use crate::page_guard::is_own_page;
use crate::pages::{index_page, wants_page};
use crate::refusal::LocalRefusal;
use crate::service::Service;

pub(crate) fn router() -> Router<Service> {
    Router::new().route("/", any(start))
}

/// The index for a browser. For a program, the API has no such route.
async fn start(
    State(service): State<Service>,
    peer: ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if ![Method::GET, Method::HEAD].contains(&method) || !wants_page(&headers) {
        return handle_api_request(State(service), peer, method, uri, headers, body).await;
    }
    if !is_own_page(&headers) {
        return LocalRefusal::ORIGIN_NOT_ALLOWED.into_response();
    }
    index_page(&service).map_err(LocalRefusal::from).into_response()
}
