//! `POST /v1.0/transcribes/{id}/stop`: stops a transcription. Stopping it again changes nothing.

use custodian_app::ports::{Authenticator, Prefetch, UpdateResources};
use custodian_app::resources::{stopped_transcription, update};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::TRANSCRIPTIONS;
use custodian_http::{Endpoint, OwnResource, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct StopTranscribe;

impl<S: Authenticator + UpdateResources, E: Send + Sync> Endpoint<S, E> for StopTranscribe {
    type Caller = Tenant<OwnResource>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/transcribes/{id}/stop")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.id().map_or(Prefetch::Kind(&TRANSCRIPTIONS), |id| Prefetch::Resource(&TRANSCRIPTIONS, id))
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let row = caller.target.decrypted(cx)?;
        let row = update(cx, &TRANSCRIPTIONS, row, |row, now| Ok(stopped_transcription(row, now))).await?;
        Ok(Response::row(&ResourceView::new(&TRANSCRIPTIONS, &row).as_read_by(&caller.principal)))
    }
}
