//! Replaces the SDK's HTTP connection with a call into the engine.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;
use serde_json::Value;

use crate::observer::{Fault, RequestObserver};
use crate::priority::Priority;
use crate::protocol;

#[derive(Clone)]
pub(crate) struct EngineConnector {
    database: Database,
    observer: Arc<dyn RequestObserver>,
    priority: Priority,
}

impl EngineConnector {
    pub(crate) fn new(database: Database, priority: Priority, observer: Arc<dyn RequestObserver>) -> Self {
        Self { database, observer, priority }
    }

    async fn execute(&self, operation: String, body: Vec<u8>) -> Result<(u16, String), ConnectorError> {
        let permit = self.priority.acquire(&operation).await;
        let database = self.database.clone();
        let executed = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            protocol::execute(&database, &operation, &body)
        });
        let executed = executed.await;
        executed.map_err(|cause| ConnectorError::other(cause.into(), None))
    }

    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let parsed = serde_json::from_slice(&body).unwrap_or_default();
        let fault = match self.observer.on_request(&operation, &parsed) {
            Fault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                Fault::None
            }
            fault => fault,
        };
        let lose_response = fault == Fault::LoseResponse;
        let (status, text) = match fault {
            Fault::Respond(status, value) => (status, value.to_string()),
            Fault::Hang => std::future::pending().await,
            Fault::LoseRequest => return Err(ConnectorError::io("the request was lost".into())),
            Fault::None | Fault::Delay(_) | Fault::LoseResponse
                if self.observer.wants_consumed_capacity() =>
            {
                let mut metered = parsed;
                metered["ReturnConsumedCapacity"] = "TOTAL".into();
                let (status, text) =
                    self.execute(operation.clone(), metered.to_string().into_bytes()).await?;
                let response: Value = serde_json::from_str(&text).unwrap_or_default();
                self.observer.on_consumed_capacity(&operation, &response["ConsumedCapacity"]);
                (status, text)
            }
            Fault::None | Fault::Delay(_) | Fault::LoseResponse => self.execute(operation, body).await?,
        };
        if lose_response {
            return Err(ConnectorError::io("the response was lost".into()));
        }
        let response = http::Response::builder()
            .status(status)
            .header("content-type", "application/x-amz-json-1.0")
            .body(SdkBody::from(text))
            .map_err(|cause| ConnectorError::other(cause.into(), None))?;
        HttpResponse::try_from(response).map_err(|cause| ConnectorError::other(cause.into(), None))
    }
}

impl std::fmt::Debug for EngineConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EngineConnector")
    }
}

impl HttpConnector for EngineConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().send(request))
    }
}

impl HttpClient for EngineConnector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
