//! The SDK's connection, replaced by a call.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;
use serde_json::Value;

use crate::dispatch::dispatch;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Pass,
    /// It is carried out after a while.
    Late(Duration),
    /// It is not carried out, and this is the answer.
    Answer(u16, Value),
    /// It is carried out, and the answer is lost on the way.
    LoseAnswer,
    /// It never arrives.
    Lose,
    /// It arrives, and is never answered, nor is the connection closed.
    Hang,
}

/// Somebody who looks at every request and decides what becomes of it.
pub trait Watch: Send + Sync {
    fn request(&self, operation: &str, body: &Value) -> Fate;

    /// Whether every answer is to say what it has cost, to be told by `cost`.
    fn meters(&self) -> bool {
        false
    }

    /// What a request that was carried out has cost: the answer's `ConsumedCapacity`.
    fn cost(&self, _operation: &str, _consumed: &Value) {}

    /// Somebody calls the SDK; its retries are part of the call.
    fn begins(&self) {}

    /// The SDK has answered.
    fn ends(&self) {}
}

/// Nobody watches.
impl Watch for () {
    fn request(&self, _: &str, _: &Value) -> Fate {
        Fate::Pass
    }
}

#[derive(Clone)]
pub(crate) struct Connector {
    database: Database,
    watch: Arc<dyn Watch>,
}

impl Connector {
    pub(crate) fn new(database: Database, watch: Arc<dyn Watch>) -> Self {
        Self { database, watch }
    }

    async fn run(&self, operation: String, body: Vec<u8>) -> Result<(u16, String), ConnectorError> {
        let database = self.database.clone();
        let ran = tokio::task::spawn_blocking(move || dispatch(&database, &operation, &body)).await;
        ran.map_err(|cause| ConnectorError::other(cause.into(), None))
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let seen = serde_json::from_slice(&body).unwrap_or_default();
        let fate = match self.watch.request(&operation, &seen) {
            Fate::Late(by) => {
                tokio::time::sleep(by).await;
                Fate::Pass
            }
            fate => fate,
        };
        let answer_is_lost = fate == Fate::LoseAnswer;
        let (code, text) = match fate {
            Fate::Answer(code, value) => (code, value.to_string()),
            Fate::Hang => std::future::pending().await,
            Fate::Lose => return Err(ConnectorError::io("lost on the way there".into())),
            Fate::Pass | Fate::Late(_) | Fate::LoseAnswer if self.watch.meters() => {
                let mut asking = seen;
                asking["ReturnConsumedCapacity"] = "TOTAL".into();
                let (code, text) = self.run(operation.clone(), asking.to_string().into_bytes()).await?;
                let answer: Value = serde_json::from_str(&text).unwrap_or_default();
                self.watch.cost(&operation, &answer["ConsumedCapacity"]);
                (code, text)
            }
            Fate::Pass | Fate::Late(_) | Fate::LoseAnswer => self.run(operation, body).await?,
        };
        if answer_is_lost {
            return Err(ConnectorError::io("lost on the way back".into()));
        }
        let response = http::Response::builder()
            .status(code)
            .header("content-type", "application/x-amz-json-1.0")
            .body(SdkBody::from(text))
            .map_err(|cause| ConnectorError::other(cause.into(), None))?;
        HttpResponse::try_from(response).map_err(|cause| ConnectorError::other(cause.into(), None))
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
