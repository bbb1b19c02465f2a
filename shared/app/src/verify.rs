//! Follows the links that verify an e-mail address, and activates new accounts.

use custodian_auth::mail_token;
use custodian_domain::access_key::KeyPatch;
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Cause, Customer, CustomerId, Reason, Resource, Secret, Status, Timestamp};
use serde_json::json;

use crate::access_keys::{NewKey, new_key};
use crate::change::{Activation, ChangeOutcome, change};
use crate::confirm_email::{confirm_email_change, confirmation, owner};
use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::log;
use crate::mail;
use crate::mail_limits::{self, StrangersMail};
use crate::ports::{
    ChangeCustomers, FindNames, MailToken, Mailer, Purpose, ReadAgents, Scheduler, StoreMailTokens, Throttle,
    UseMailTokens, Verification,
};
use crate::retry::{Retry, RetryBudget};

/// The outcome of opening a verification link.
#[derive(Debug)]
pub struct Verified {
    pub customer: Customer,
    /// The purpose of the link.
    pub purpose: Purpose,
    /// The first access key. `None` if the account was active already: a token is shown only once.
    pub access_key: Option<NewKey>,
}

/// Follows a verification link. A new account becomes active and gets its billing account and its first access key.
pub async fn verify<S, E>(cx: &Context<S, E>, token: &Secret) -> Result<Verified, Failure>
where
    S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents,
    E: Scheduler,
{
    let token_hash = mail_token::hash(token);
    let Some(mail_token) = cx.store.mail_token(&token_hash).await? else {
        let is_late = cx.store.is_expired_verification(&token_hash).await?;
        return Err(if is_late { Reason::VerificationWindowEnded } else { Reason::InvalidToken }.into());
    };
    log::record_customer(mail_token.customer_id);
    match mail_token.purpose {
        Purpose::Verify => activate(cx, &mail_token).await,
        Purpose::EmailChange => {
            let customer = confirm_email_change(cx, &mail_token).await?;
            Ok(Verified { customer, purpose: mail_token.purpose, access_key: None })
        }
        Purpose::Reset { .. } | Purpose::Notice { .. } => Err(Reason::InvalidToken.into()),
    }
}

/// Activates a new account. If another account has confirmed the address first, the link says so.
async fn activate<S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents, E: Scheduler>(
    cx: &Context<S, E>,
    link: &MailToken,
) -> Result<Verified, Failure> {
    let new_key = new_key(cx, link.customer_id, first_key());
    let mut retry = Retry::new("the customer", RetryBudget::StatusChange);
    loop {
        let customer = cx.store.customer(link.customer_id).await?.ok_or(Reason::InvalidToken)?;
        if customer.status() == Status::Initial && !is_for(link, &customer) {
            return Err(Reason::InvalidToken.into());
        }
        let billing_account = billing_account(cx, &customer, cx.now());
        let verification = Verification { billing_account, access_key: new_key.key.clone() };
        let confirmation = confirmation(cx, &customer, &customer.profile.email).await?;
        let activation = Activation { verification: &verification, confirmation: &confirmation, link };
        let id = customer.id;
        match change(cx, id, Some(customer), Command::Verify, Some(activation)).await? {
            ChangeOutcome::Changed { after, .. } => {
                return Ok(Verified { customer: *after, purpose: link.purpose, access_key: Some(new_key) });
            }
            ChangeOutcome::Stale => retry.wait(&*cx.providers.entropy).await?,
            // The account was active already. The token is used up all the same, so only one of several concurrent requests
            // with it succeeds.
            unchanged => {
                let customer = unchanged.customer()?;
                let is_used_now = cx.store.use_mail_token(link).await?;
                let verified = Verified { customer, purpose: link.purpose, access_key: None };
                return if is_used_now { Ok(verified) } else { Err(Reason::InvalidToken.into()) };
            }
        }
    }
}

/// Whether a link was mailed for the account's present address and signup. A link proves only the address that it was mailed
/// to, and it opens only the profile of its own signup.
fn is_for(link: &MailToken, customer: &Customer) -> bool {
    link.email == customer.profile.email && link.bound_to == binding(customer)
}

fn binding(customer: &Customer) -> String {
    customer.signup.map(|signup| signup.id.to_string()).unwrap_or_default()
}

fn first_key() -> KeyPatch {
    let text = |text: &str| Some(text.to_owned());
    KeyPatch { name: text("default"), detail: text("Auto-provisioned API key"), lifetime: None }
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
    let unverified = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
    let unverified = unverified.and_then(|row| row.due().map(|due| (row, due)));
    // Send no mail if the link would be expired.
    let Some((customer, verify_by)) = unverified.filter(|(_, due)| cx.now() < *due) else { return Ok(()) };
    let strangers_mail =
        StrangersMail { recipient: &customer.profile.email, customer: id, purpose: Purpose::Verify, cause };
    if customer.signup.is_some() && !mail_limits::permits(cx, strangers_mail).await? {
        return Ok(());
    }
    let token = mail_token::new(cx.providers.random());
    let stored = MailToken {
        hash: mail_token::hash(&token),
        customer_id: id,
        cause,
        purpose: Purpose::Verify,
        email: customer.profile.email.clone(),
        bound_to: binding(&customer),
        tm_expire: verify_by,
        // The row outlives the window by a month, so that a late click gets VERIFICATION_WINDOW_ENDED.
        keep_until: verify_by.plus(30 * Settings::DAY),
    };
    let owner = owner(cx, &customer).await?;
    let username = owner.as_ref().map_or("", |owner| &owner.username);
    let mail = mail::verification(&cx.settings, &customer, username, &token, verify_by);
    mail::send_once(cx, &stored, &[Status::Initial], &[mail]).await
}
