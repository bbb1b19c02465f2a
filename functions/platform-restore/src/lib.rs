//! `POST /v1.0/platform/restore`: repairs the tables after one or all of them were restored to an earlier time. A call works for
//! some seconds, and its response says where the next call continues.

use std::time::Duration;

use custodian_app::ports::{Authenticator, Scheduler};
use custodian_app::{Context, Failure};
use custodian_cascade::CascadeQueue;
use custodian_cascade::restore::{RestoreRequest, RestoreRows, restore};
use custodian_domain::fields::Fields;
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};

/// A call begins no further page after this time. The time limit of a request is 9 s.
const WORKING_TIME: Duration = Duration::from_secs(5);
/// The maximum number of bytes of each text in the body.
const MAX_TEXT: usize = 4096;

pub struct RestoreTables;

impl<S: Authenticator + RestoreRows, E: Scheduler + CascadeQueue> Endpoint<S, E> for RestoreTables {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/platform/restore")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        _: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let body = request.json()?;
        let mut fields = Fields::new(&body);
        let table = fields.required_text("table", MAX_TEXT);
        let start = fields.text("start", MAX_TEXT);
        let purge_without_owner = fields.boolean("purge_without_owner").unwrap_or(false);
        let request = fields.finish(RestoreRequest { table, start, purge_without_owner })?;
        let stop_at = cx.now().plus(WORKING_TIME);
        Ok(Response::json(&Box::pin(restore(cx, &request, stop_at)).await?))
    }
}
