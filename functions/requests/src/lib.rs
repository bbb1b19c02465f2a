//! Handles deferred requests (sign-ups and forgotten passwords) after the API has responded. So neither the content nor the
//! timing of a response reveals whether an account exists.

use custodian_app::ports::{
    Authenticator, DeferredRequest, Mailer, OpenAccounts, QueuedRequest, ReadAgents, ReadThrottles,
    Scheduler, StoreMailTokens, Throttle,
};
use custodian_app::{Context, Failure, password::send_reset, sign_up::sign_up};
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;

pub struct HandleRequest;

impl<S, E> EventHandler<S, E> for HandleRequest
where
    S: Authenticator + StoreMailTokens + OpenAccounts + ReadAgents + Throttle + ReadThrottles,
    E: Mailer + Scheduler,
{
    type Message = QueuedRequest;

    async fn handle(&self, cx: &Context<S, E>, queued: QueuedRequest, _: Timestamp) -> Result<(), Failure> {
        match queued.request {
            DeferredRequest::ForgotPassword { username } => send_reset(cx, &username, queued.cause).await,
            DeferredRequest::SignUp { profile } => sign_up(cx, profile, queued.cause).await,
        }
    }
}
