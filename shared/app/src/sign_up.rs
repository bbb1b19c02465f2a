//! Sign-up. The response does not reveal whether the e-mail address has an account. Only the mail does.

use custodian_auth::mail_token;
use custodian_domain::agent::username_error;
use custodian_domain::fields::Fields;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Customer, Profile, Refusal, Status};
use serde_json::{Map, Value};

use crate::context::{Context, Settings};
use crate::create::{AccountRequest, OpenAccountOutcome, open};
use crate::failure::Failure;
use crate::mail;
use crate::ports::{
    Cause, FindEmails, MailToken, Mailer, OpenAccounts, Purpose, ReadAgents, Scheduler, StoreMailTokens,
};
use crate::verify::send_verification;

/// Reads the body of `POST /auth/signup`: an e-mail address, the accepted terms, and optional profile fields.
pub fn read(body: &Map<String, Value>) -> Result<Profile, Refusal> {
    let mut fields = Fields::new(body);
    fields.required_text("email", 255);
    if fields.boolean("accepted_tos") == Some(false) || !body.contains_key("accepted_tos") {
        fields.refuse("accepted_tos", "must be true");
    }
    fields.finish(())?;
    Ok(ProfilePatch::read(body)?.apply(&Profile::default()))
}

/// Opens an account. If the address already has an account, its owner gets a new verification link, or a mail that says that
/// the account exists.
pub async fn sign_up<S, E>(cx: &Context<S, E>, profile: Profile, cause: Cause) -> Result<(), Failure>
where
    S: OpenAccounts + ReadAgents + StoreMailTokens,
    E: Scheduler + Mailer,
{
    let email = profile.email.clone();
    let request_for =
        |username: String| AccountRequest { username, password: None, profile: profile.clone() };
    let window = cx.settings.verify_sign_up_within;
    // An address that is not a valid username, such as one with the guest prefix, counts as taken.
    let mut outcome = match username_error(&email) {
        None => open(cx, request_for(email.clone()), window).await?,
        Some(_) => OpenAccountOutcome::UsernameTaken,
    };
    if matches!(outcome, OpenAccountOutcome::UsernameTaken) {
        let digits = u64::from_be_bytes(cx.providers.random());
        outcome = open(cx, request_for(format!("admin-{digits:016x}")), window).await?;
    }
    match outcome {
        // The mail function sends the verification link when it handles the event of the new account.
        OpenAccountOutcome::Done(_) => Ok(()),
        OpenAccountOutcome::EmailTaken => mail_owner(cx, &email, cause).await,
        OpenAccountOutcome::UsernameTaken => Err(Failure::unavailable("a new username", "in use already")),
    }
}

async fn mail_owner<S, E>(cx: &Context<S, E>, email: &str, cause: Cause) -> Result<(), Failure>
where
    S: FindEmails + ReadAgents + StoreMailTokens,
    E: Mailer,
{
    let Some(owner) = cx.store.email_owner(email).await? else { return Ok(()) };
    match cx.store.customer(owner).await? {
        // If the account is newer than the request, the message may be a redelivery, and its first delivery created the
        // account. The creation sends its own mail.
        Some(customer) if cause.at <= customer.tm_create => Ok(()),
        Some(customer) if customer.status() == Status::Initial => send_verification(cx, owner, cause).await,
        Some(customer) => send_account_exists(cx, &customer, email, cause).await,
        None => Ok(()),
    }
}

/// Sends the mail that the account already exists.
async fn send_account_exists<S: StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    customer: &Customer,
    email: &str,
    cause: Cause,
) -> Result<(), Failure> {
    let now = cx.now();
    let stored = MailToken {
        hash: mail_token::hash(&mail_token::new(cx.providers.random())),
        customer_id: customer.id,
        cause,
        purpose: Purpose::Notice,
        email: email.to_owned(),
        bound_to: String::new(),
        tm_expire: now,
        keep_until: now.plus(Settings::DAY),
    };
    mail::send_once(cx, &stored, Status::NOT_TERMINAL, &[mail::account_exists(&cx.settings, email)]).await
}
