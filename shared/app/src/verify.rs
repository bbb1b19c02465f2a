//! Follows the links that verify an e-mail address, and activates new accounts.

use custodian_auth::mail_token;
use custodian_domain::access_key::KeyPatch;
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::{Cause, Customer, CustomerId, Reason, Resource, Secret, Status, Timestamp};
use serde_json::json;

use crate::access_keys::{KeyOrigin, NewKey, new_key};
use crate::change::{Activation, ChangeOutcome, change};
use crate::confirm_email::{confirm_email_change, confirmation, owner, require_pending};
use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::log;
use crate::mail;
use crate::ports::{
    ActivationRows, ChangeCustomers, FindNames, Mail, MailToken, Mailer, Purpose, ReadAgents, ReadCustomers,
    ReadMailTokens, Scheduler, StoreMailTokens, Throttle, UseMailTokens,
};
use crate::retry::{Retry, RetryBudget};

/// The outcome of following a verification link.
#[derive(Debug)]
pub struct Verified {
    pub customer: Customer,
    /// The purpose of the link.
    pub purpose: Purpose,
    /// The first access key. `None` if the caller wanted none, or if the account was active already: a token is shown only
    /// once.
    pub access_key: Option<NewKey>,
}

/// Follows a verification link. A new account becomes active and gets its billing account and its first access key.
pub async fn verify<S, E>(cx: &Context<S, E>, token: &Secret) -> Result<Verified, Failure>
where
    S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents,
    E: Scheduler,
{
    follow(cx, token, Some(first_key())).await
}

/// Follows a verification link for a caller that cannot receive an access key, such as a page.
pub async fn verify_without_key<S, E>(cx: &Context<S, E>, token: &Secret) -> Result<Verified, Failure>
where
    S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents,
    E: Scheduler,
{
    follow(cx, token, None).await
}

async fn follow<S, E>(
    cx: &Context<S, E>,
    token: &Secret,
    first_key: Option<KeyPatch>,
) -> Result<Verified, Failure>
where
    S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents,
    E: Scheduler,
{
    let mail_token = find_token(cx, token).await?;
    if mail_token.used {
        return Err(Reason::InvalidToken.into());
    }
    log::record_customer(mail_token.customer_id);
    match mail_token.purpose {
        Purpose::Verify => activate(cx, &mail_token, first_key).await,
        Purpose::EmailChange => {
            let customer = confirm_email_change(cx, &mail_token).await?;
            Ok(Verified { customer, purpose: mail_token.purpose, access_key: None })
        }
        Purpose::Reset { .. } | Purpose::Notice { .. } | Purpose::Unknown => Err(Reason::InvalidToken.into()),
    }
}

/// Activates a new account. If another account has confirmed the address first, refuses with that reason.
async fn activate<S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents, E: Scheduler>(
    cx: &Context<S, E>,
    link: &MailToken,
    first_key: Option<KeyPatch>,
) -> Result<Verified, Failure> {
    let new_key = match first_key {
        Some(patch) => {
            let origin = KeyOrigin::signup(&patch, cx.now())?;
            Some(new_key(cx, link.customer_id, patch, origin))
        }
        None => None,
    };
    let mut retry = Retry::new("the customer", RetryBudget::Long);
    loop {
        let customer = cx.store.customer(link.customer_id).await?.ok_or(Reason::InvalidToken)?;
        if customer.status() == Status::Initial && !is_for(link, &customer) {
            return Err(Reason::InvalidToken.into());
        }
        let billing_account = billing_account(cx, &customer, cx.now());
        let access_key = new_key.as_ref().map(|made| made.key.clone());
        let rows = ActivationRows { billing_account, access_key };
        let confirmation = confirmation(cx, &customer, &customer.profile.email).await?;
        let activation = Activation { rows: &rows, confirmation: &confirmation, link };
        let id = customer.id;
        match change(cx, id, Some(customer), Command::Verify, Some(activation)).await? {
            ChangeOutcome::Changed { after, .. } => {
                return Ok(Verified { customer: *after, purpose: link.purpose, access_key: new_key });
            }
            ChangeOutcome::Stale => retry.wait(&*cx.providers.entropy).await?,
            // The account was active already. The request still marks the token as used, so only one of several concurrent
            // requests with the token succeeds.
            unchanged => {
                let customer = unchanged.customer()?;
                let is_used_now = cx.store.use_mail_token(link).await?;
                let verified = Verified { customer, purpose: link.purpose, access_key: None };
                return if is_used_now { Ok(verified) } else { Err(Reason::InvalidToken.into()) };
            }
        }
    }
}

/// The stored token of a mailed link, used or not. It may have another purpose than a verification.
async fn find_token<S: ReadMailTokens, E>(cx: &Context<S, E>, token: &Secret) -> Result<MailToken, Failure> {
    let token_hash = mail_token::hash(token);
    if let Some(mail_token) = cx.store.mail_token(&token_hash).await? {
        return Ok(mail_token);
    }
    let is_late = cx.store.is_expired_verification(&token_hash).await?;
    Err(if is_late { Reason::VerificationWindowEnded } else { Reason::InvalidToken }.into())
}

/// The effect of a verification link.
#[derive(Debug)]
pub enum VerificationLink {
    /// It activates this new account.
    Activates(Box<Customer>),
    /// It gives this account a new e-mail address.
    ChangesEmail { customer: Box<Customer>, address: String },
    /// Nothing: the address is confirmed already.
    Confirmed { purpose: Purpose, address: String },
}

/// The effect that a verification link would have, for the page that asks the person to confirm. Changes nothing.
pub async fn look_up<S: ReadMailTokens + ReadCustomers, E>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<VerificationLink, Failure> {
    let link = find_token(cx, token).await?;
    let confirmed = VerificationLink::Confirmed { purpose: link.purpose, address: link.email.clone() };
    if matches!(link.purpose, Purpose::Reset { .. } | Purpose::Notice { .. } | Purpose::Unknown) {
        return Err(Reason::InvalidToken.into());
    }
    if link.used {
        return Ok(confirmed);
    }
    let customer = cx.store.customer(link.customer_id).await?.ok_or(Reason::InvalidToken)?;
    log::record_customer(link.customer_id);
    if link.purpose == Purpose::EmailChange {
        require_pending(&customer, &link, cx.now())?;
        return Ok(VerificationLink::ChangesEmail { customer: Box::new(customer), address: link.email });
    }
    if customer.status() == Status::Initial && !is_for(&link, &customer) {
        return Err(Reason::InvalidToken.into());
    }
    match decide(&customer, Command::Verify, cx.now())? {
        Decision::Change(_) => Ok(VerificationLink::Activates(Box::new(customer))),
        Decision::Unchanged | Decision::TooEarly => Ok(confirmed),
    }
}

/// Whether a link was mailed for the account's current address and signup. A link verifies only its recipient's address, and opens
/// an account only with the profile of its own signup.
fn is_for(link: &MailToken, customer: &Customer) -> bool {
    link.email == customer.profile.email && link.bound_to == binding(customer)
}

fn binding(customer: &Customer) -> String {
    customer.signup.map(|signup| signup.id.to_string()).unwrap_or_default()
}

fn first_key() -> KeyPatch {
    let text = |text: &str| Some(text.to_owned());
    KeyPatch { name: text("default"), detail: text("Auto-provisioned API key"), ..KeyPatch::default() }
}

/// The billing account that verification creates.
fn billing_account<S, E>(cx: &Context<S, E>, customer: &Customer, now: Timestamp) -> Resource {
    let first = json!({
        "name": "basic billing account", "plan_type": customer.plan, "balance_token": customer.plan.tokens(),
        "payment_type": "prepaid",
    });
    let first = first.as_object().cloned().unwrap_or_default();
    Resource::new(&BILLING_ACCOUNTS, customer.id, cx.providers.id_seed(now).uuid(), now, first)
}

/// Mails a new verification link to an unverified account. The earlier link stops working.
pub async fn send_verification<S: ReadAgents + StoreMailTokens + Throttle, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some((customer, stored, mail)) = verification_mail(cx, id, cause).await? else { return Ok(()) };
    match customer.signup {
        Some(_) => mail::send_once_limited(cx, &stored, &[Status::Initial], &[mail]).await,
        None => mail::send_once(cx, &stored, &[Status::Initial], &[mail]).await,
    }
}

/// Mails a new verification link because a stranger signed up with the account's address.
pub(crate) async fn resend_verification<S: ReadAgents + StoreMailTokens + Throttle, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    match verification_mail(cx, id, cause).await? {
        Some((_, stored, mail)) => mail::send_once_limited(cx, &stored, &[Status::Initial], &[mail]).await,
        None => Ok(()),
    }
}

/// The mail with a new verification link. `None` if the account is not unverified, or the link would be expired.
async fn verification_mail<S: ReadAgents, E>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<Option<(Customer, MailToken, Mail)>, Failure> {
    let unverified = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
    let unverified = unverified.and_then(|row| row.due().map(|due| (row, due)));
    let Some((customer, verify_by)) = unverified.filter(|(_, due)| cx.now() < *due) else { return Ok(None) };
    let token = mail_token::new(cx.providers.random());
    let stored = MailToken {
        bound_to: binding(&customer),
        // The row outlives the window by a month, so that a late click gets VERIFICATION_WINDOW_ENDED.
        keep_until: verify_by.plus(30 * Settings::DAY),
        ..MailToken::new(&token, id, cause, Purpose::Verify, &customer.profile.email, verify_by)
    };
    let owner = owner(cx, &customer).await?;
    let username = owner.as_ref().map_or("", |owner| &owner.username);
    let mail = mail::verification(&cx.settings, &customer, username, &token, verify_by);
    Ok(Some((customer, stored, mail)))
}
