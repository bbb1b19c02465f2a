//! Sign-up. The response does not reveal whether the e-mail address has an account. Only the mail does.

use custodian_domain::credentials::parse_username;
use custodian_domain::destination::DestinationRules;
use custodian_domain::fields::Fields;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Cause, CreatedBy, Customer, CustomerId, FieldProblem, Profile, Refusal, Status};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::create::{AccountRequest, OpenAccountOutcome, open};
use crate::failure::Failure;
use crate::mail;
use crate::mail_limits;
use crate::ports::{
    ChangeCustomers, CustomerChange, CustomerWriteOutcome, FindNames, Mailer, OpenAccounts, ReadAgents,
    ReadThrottles, Scheduler, StoreMailTokens, Throttle,
};
use crate::retry::{Retry, RetryBudget};
use crate::verify::resend_verification;

/// Reads the body of `POST /auth/signup`: an e-mail address, the accepted terms, and optional profile fields. Webhook fields
/// are ignored, because the address is not verified yet.
pub fn read(body: &Map<String, Value>) -> Result<Profile, Refusal> {
    let mut body = body.clone();
    body.retain(|field, _| !field.starts_with("webhook_"));
    let mut fields = Fields::new(&body);
    fields.required_text("email", 255);
    if fields.boolean("accepted_tos") == Some(false) || fields.given("accepted_tos").is_none() {
        fields.refuse("accepted_tos", FieldProblem::NotTheValue { value: "true" });
    }
    let empty = Profile::default();
    let profile = ProfilePatch::read_fields(&mut fields, &empty, &DestinationRules::default()).apply(&empty);
    fields.finish(profile)
}

/// Opens an account. If the address has an account of an unverified signup, the new signup replaces its profile. If it has an
/// unverified account that an operator opened, it gets a new link. If it has a verified account, it gets a mail which says so.
pub async fn sign_up<S, E>(cx: &Context<S, E>, profile: Profile, cause: Cause) -> Result<(), Failure>
where
    S: OpenAccounts + ReadAgents + StoreMailTokens + Throttle + ReadThrottles,
    E: Scheduler + Mailer,
{
    let email = profile.email.clone();
    let request_for = |username: String| AccountRequest {
        username,
        password: None,
        profile: profile.clone(),
        signup: Some(cause),
        created_by: Some(CreatedBy::Signup),
    };
    let window = cx.settings.verify_sign_up_within;
    // An address that is not a valid username, such as one with the guest prefix, counts as taken.
    let mut outcome = match parse_username(&email) {
        Ok(username) => open(cx, request_for(username), window).await?,
        Err(_) => OpenAccountOutcome::UsernameTaken,
    };
    if matches!(outcome, OpenAccountOutcome::UsernameTaken) {
        outcome = open(cx, request_for(cx.providers.generated_username("admin-")), window).await?;
    }
    match outcome {
        // The mail function sends the verification link when it handles the event of the new account.
        OpenAccountOutcome::Done(_) => Ok(()),
        OpenAccountOutcome::EmailTaken => replace_or_mail_owner(cx, profile, cause).await,
        OpenAccountOutcome::UsernameTaken => Err(Failure::unavailable("a new username", "in use already")),
    }
}

async fn replace_or_mail_owner<S, E>(
    cx: &Context<S, E>,
    profile: Profile,
    cause: Cause,
) -> Result<(), Failure>
where
    S: FindNames + ChangeCustomers + ReadAgents + StoreMailTokens + Throttle + ReadThrottles,
    E: Mailer,
{
    let Some(holder) = cx.store.name_holders(&profile.email).await?.email else { return Ok(()) };
    let Some(customer) = cx.store.customer(holder.customer).await? else { return Ok(()) };
    match (customer.status(), customer.signup) {
        // A signup whose mail would be dropped must not replace a link that works.
        (Status::Initial, Some(_)) if mail_limits::drop_if_full(cx, &profile.email).await? => Ok(()),
        (Status::Initial, Some(_)) => replace_signup(cx, customer.id, profile, cause).await,
        // An operator opened the account. A request that is older may be a redelivery.
        (Status::Initial, None) if cause.at <= customer.tm_create => Ok(()),
        (Status::Initial, None) => resend_verification(cx, customer.id, cause).await,
        _ if cause.at <= customer.tm_create => Ok(()),
        _ => send_account_exists(cx, &customer, &profile.email, cause).await,
    }
}

/// Replaces the profile of an unverified account by that of a newer signup. The event of the change sends a new link, and the
/// earlier link stops working, so a link opens an account only with the profile of its own signup.
async fn replace_signup<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    id: CustomerId,
    profile: Profile,
    cause: Cause,
) -> Result<(), Failure> {
    let mut retry = Retry::new("the customer", RetryBudget::Short);
    loop {
        let before = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
        // After its deadline, no link could verify the account. A hold keeps the account as it is.
        let now = cx.now();
        let is_replaceable = |row: &Customer| {
            row.signup < Some(cause)
                && row.active_hold(now).is_none()
                && row.due().is_none_or(|due| now < due)
        };
        let Some(before) = before.filter(is_replaceable) else { return Ok(()) };
        let after = before.with_signup(profile.clone(), cause, cx.now());
        match cx.store.commit(CustomerChange::new(&before, &after)).await? {
            CustomerWriteOutcome::Done => return Ok(()),
            CustomerWriteOutcome::Stale
            | CustomerWriteOutcome::EmailTaken
            | CustomerWriteOutcome::TokenUsed
            | CustomerWriteOutcome::DeletionsPaused => retry.wait(&*cx.providers.entropy).await?,
        }
    }
}

/// Sends the mail that the account already exists.
async fn send_account_exists<S: StoreMailTokens + Throttle, E: Mailer>(
    cx: &Context<S, E>,
    customer: &Customer,
    email: &str,
    cause: Cause,
) -> Result<(), Failure> {
    let mails = [mail::account_exists(&cx.settings, customer, email)];
    let notice = mail::notice_token(cx, customer, cause);
    mail::send_once_limited(cx, &notice, Status::NOT_TERMINAL, &mails).await
}
