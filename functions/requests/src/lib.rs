//! Handles deferred requests (signups and forgotten passwords) after their callers got a response, so that the response
//! reveals neither the work nor its outcome.

use custodian_app::ports::{
    Authenticator, DeferredRequest, Mailer, OpenAccounts, QueuedRequest, ReadAgents, Scheduler,
    StoreMailTokens,
};
use custodian_app::{Context, Failure, password::send_reset, sign_up::sign_up};
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;

pub struct HandleRequest;

impl<S, E> EventHandler<S, E> for HandleRequest
where
    S: Authenticator + StoreMailTokens + OpenAccounts + ReadAgents,
    E: Mailer + Scheduler,
{
    type Message = QueuedRequest;

    async fn handle(&self, cx: &Context<S, E>, asked: QueuedRequest, _: Timestamp) -> Result<(), Failure> {
        match asked.request {
            DeferredRequest::ForgotPassword { username } => send_reset(cx, &username, asked.cause).await,
            DeferredRequest::SignUp { profile } => sign_up(cx, profile, asked.cause).await,
        }
    }
}
