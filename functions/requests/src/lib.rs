//! Does what people asked for after they were answered, so that neither the work nor its outcome shows in the answer.

use custodian_app::create::OpenAccounts;
use custodian_app::ports::{Admissions, Alarms, KeepMailTokens, Mailer, ReadAgents, Request};
use custodian_app::{Context, Failure, password::send_reset, sign_up::sign_up};
use custodian_domain::Timestamp;
use custodian_events::Consumer;

pub struct Requested;

impl<S, E> Consumer<S, E> for Requested
where
    S: Admissions + KeepMailTokens + OpenAccounts + ReadAgents,
    E: Mailer + Alarms,
{
    type Message = Request;

    async fn consume(&self, cx: &Context<S, E>, request: Request, _: Timestamp) -> Result<(), Failure> {
        match request {
            Request::Forgot { username } => send_reset(cx, &username).await,
            Request::SignUp { profile } => sign_up(cx, profile).await,
        }
    }
}
