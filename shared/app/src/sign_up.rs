//! Signing up: the answer is the same whether or not the e-mail address is known; the difference is in the mail.

use custodian_auth::mail_token;
use custodian_domain::agent::username_fault;
use custodian_domain::fields::Fields;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Customer, Profile, Refusal, Status};
use serde_json::{Map, Value};

use crate::context::{Context, Settings};
use crate::create::{OpenAccounts, Opened, Opening, open};
use crate::failure::Failure;
use crate::mail;
use crate::password::LIVING;
use crate::ports::{Alarms, Cause, FindEmails, KeepMailTokens, MailToken, Mailer, Purpose, ReadAgents};
use crate::verify::send_verification;

/// What `POST /auth/signup` is given: an e-mail address, the terms accepted, and any of the profile.
pub fn read(body: &Map<String, Value>) -> Result<Profile, Refusal> {
    let mut fields = Fields::new(body);
    fields.required_text("email", 255);
    if fields.boolean("accepted_tos") == Some(false) || !body.contains_key("accepted_tos") {
        fields.refuse("accepted_tos", "must be true");
    }
    fields.finish(())?;
    Ok(ProfilePatch::read(body)?.apply(&Profile::default()))
}

/// Opens an account, or mails its owner a fresh link, or tells its owner that there is one.
pub async fn sign_up<S, E>(cx: &Context<S, E>, profile: Profile, cause: Cause) -> Result<(), Failure>
where
    S: OpenAccounts + ReadAgents + KeepMailTokens,
    E: Alarms + Mailer,
{
    let email = profile.email.clone();
    let named = |username: String| Opening { username, password: None, profile: profile.clone() };
    let window = cx.settings.verify_sign_up_within;
    // An address that is no username, such as one of the guests' kind, is treated as one that somebody has.
    let mut opened = match username_fault(&email) {
        None => open(cx, named(email.clone()), window).await?,
        Some(_) => Opened::UsernameTaken,
    };
    if matches!(opened, Opened::UsernameTaken) {
        let digits = u64::from_be_bytes(cx.sources.random());
        opened = open(cx, named(format!("admin-{digits:016x}")), window).await?;
    }
    match opened {
        // The event of the new account has the link mailed.
        Opened::Done(_) => Ok(()),
        Opened::EmailTaken => tell_owner(cx, &email, cause).await,
        Opened::UsernameTaken => Err(Failure::unavailable("a new username", "in use already")),
    }
}

async fn tell_owner<S, E>(cx: &Context<S, E>, email: &str, cause: Cause) -> Result<(), Failure>
where
    S: FindEmails + ReadAgents + KeepMailTokens,
    E: Mailer,
{
    let Some(owner) = cx.store.email_owner(email).await? else { return Ok(()) };
    match cx.store.customer(owner).await? {
        // Who asked before there was an account is answered by the mail of its opening: this request may be what opened it.
        Some(customer) if cause.at <= customer.tm_create => Ok(()),
        Some(customer) if customer.status() == Status::Initial => send_verification(cx, owner, cause).await,
        Some(customer) => send_note(cx, &customer, email, cause).await,
        None => Ok(()),
    }
}

/// Tells somebody who signed up again that there is an account.
async fn send_note<S: KeepMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    customer: &Customer,
    email: &str,
    cause: Cause,
) -> Result<(), Failure> {
    let now = cx.now();
    let kept = MailToken {
        hash: mail_token::hash(&mail_token::new(cx.sources.random())),
        customer_id: customer.id,
        cause,
        purpose: Purpose::Note,
        email: email.to_owned(),
        subject: String::new(),
        ends: now,
        keep_until: now.plus(Settings::DAY),
    };
    mail::send_once(cx, &kept, LIVING, &[mail::known(&cx.settings, email)]).await
}
