//! Does what people asked for after they were answered, so that neither the work nor its outcome shows in the answer.

use custodian_app::create::OpenAccounts;
use custodian_app::ports::{Admissions, Alarms, KeepMailTokens, Mailer, ReadAgents, Request, Requested};
use custodian_app::{Context, Failure, password::send_reset, sign_up::sign_up};
use custodian_domain::Timestamp;
use custodian_events::Consumer;

pub struct DoRequest;

impl<S, E> Consumer<S, E> for DoRequest
where
    S: Admissions + KeepMailTokens + OpenAccounts + ReadAgents,
    E: Mailer + Alarms,
{
    type Message = Requested;

    async fn consume(&self, cx: &Context<S, E>, asked: Requested, _: Timestamp) -> Result<(), Failure> {
        match asked.request {
            Request::Forgot { username } => send_reset(cx, &username, asked.cause).await,
            Request::SignUp { profile } => sign_up(cx, profile, asked.cause).await,
        }
    }
}
