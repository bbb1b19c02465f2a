//! `POST /v1.0/transcribes/{id}/stop`: ends a transcription; one that has ended stays as it is.

use custodian_app::ports::{Admissions, UpdateResources, Wanted};
use custodian_app::resources::{stopped, update};
use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use custodian_domain::kinds::TRANSCRIPTIONS;
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct StopTranscribe;

impl<S: Admissions + UpdateResources, E: Send + Sync> Endpoint<S, E> for StopTranscribe {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/transcribes/{id}/stop")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Kind(&TRANSCRIPTIONS), |id| Wanted::Resource(&TRANSCRIPTIONS, id))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let row = caller.resource(Reason::TranscribeNotFound)?;
        let row = update(cx, &TRANSCRIPTIONS, row, |row, now| Ok(stopped(row, now))).await?;
        Ok(Answer::row(&ResourceView::new(&TRANSCRIPTIONS, &row)))
    }
}
