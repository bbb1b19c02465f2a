//! Verifies the e-mail address of an account: of a new account, and after a change.

use custodian_auth::mail_token;
use custodian_domain::access_key::KeyPatch;
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::lifecycle::Command;
use custodian_domain::{
    Customer, CustomerId, PendingEmail, Reason, Resource, Secret, Status, Timestamp, account_status,
};
use serde_json::json;

use crate::access_keys::{NewKey, new_key};
use crate::change::{ChangeOutcome, change};
use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::log;
use crate::mail;
use crate::ports::{
    Cause, ChangeCustomers, CustomerChange, CustomerWriteOutcome, MailToken, Mailer, Purpose, ReadAgents,
    Scheduler, StoreMailTokens, UseMailTokens, Verification,
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

/// Uses the token of a verification link. A new account becomes active and gets its billing account and its first access key.
pub async fn verify<S: UseMailTokens + ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<Verified, Failure> {
    let token_hash = mail_token::hash(token);
    let Some(mail_token) = cx.store.mail_token(&token_hash).await? else {
        let is_late = cx.store.is_expired_verification(&token_hash).await?;
        return Err(if is_late { Reason::VerificationWindowEnded } else { Reason::InvalidToken }.into());
    };
    log::record_customer(mail_token.customer_id);
    match mail_token.purpose {
        Purpose::Verify => activate(cx, &mail_token).await,
        Purpose::EmailChange => confirm_change(cx, &mail_token).await,
        Purpose::Reset { .. } | Purpose::Notice => Err(Reason::InvalidToken.into()),
    }
}

async fn activate<S: UseMailTokens + ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    mail_token: &MailToken,
) -> Result<Verified, Failure> {
    let customer = cx.store.customer(mail_token.customer_id).await?.ok_or(Reason::InvalidToken)?;
    // A link verifies only the address that it was mailed to. The account's address may have changed since.
    if customer.status() == Status::Initial && customer.profile.email != mail_token.email {
        return Err(Reason::InvalidToken.into());
    }
    let billing_account = billing_account(cx, &customer, cx.now());
    let new_key = new_key(cx, mail_token.customer_id, first_key());
    let verification = Verification { billing_account, access_key: new_key.key.clone() };
    match change(
        cx,
        mail_token.customer_id,
        Some(customer),
        Command::Verify,
        Some((&verification, mail_token)),
    )
    .await?
    {
        ChangeOutcome::Changed { after, .. } => {
            Ok(Verified { customer: *after, purpose: mail_token.purpose, access_key: Some(new_key) })
        }
        // The account is active already. The token is still used up, so that a concurrent request with the same token
        // fails.
        unchanged => {
            let customer = unchanged.customer()?;
            let is_used_now = cx.store.use_mail_token(mail_token).await?;
            let verified = Verified { customer, purpose: mail_token.purpose, access_key: None };
            if is_used_now { Ok(verified) } else { Err(Reason::InvalidToken.into()) }
        }
    }
}

/// Replaces the e-mail address by the confirmed one, if the credential that requested it is still valid.
async fn confirm_change<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    mail_token: &MailToken,
) -> Result<Verified, Failure> {
    let mut retry = Retry::new("the customer", RetryBudget::Request);
    loop {
        let before = cx.store.customer(mail_token.customer_id).await?.ok_or(Reason::InvalidToken)?;
        account_status::require_active(&before)?;
        let pending = before.pending_email.as_ref().filter(|pending| cx.now() < pending.tm_expire);
        if pending.is_none_or(|pending| pending.address != mail_token.email) {
            return Err(Reason::InvalidToken.into());
        }
        let after = before.with_confirmed_email(mail_token.email.clone(), cx.now());
        let change = CustomerChange { used_token: Some(mail_token), ..CustomerChange::new(&before, &after) };
        match cx.store.commit(change).await? {
            CustomerWriteOutcome::Done => {
                return Ok(Verified { customer: after, purpose: mail_token.purpose, access_key: None });
            }
            CustomerWriteOutcome::Stale => retry.wait(&*cx.providers.entropy).await?,
            CustomerWriteOutcome::TokenUsed | CustomerWriteOutcome::EmailTaken => {
                return Err(Reason::InvalidToken.into());
            }
        }
    }
}

/// Mails a confirmation link to the new e-mail address of an account, and a notice to the current one.
pub async fn send_email_change<S: ReadAgents + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = cx.store.customer(id).await?.filter(|row| row.status() == Status::Active) else {
        return Ok(());
    };
    let Some(PendingEmail { address: email, tm_expire, requested_by }) = customer.pending_email else {
        return Ok(());
    };
    let token = mail_token::new(cx.providers.random());
    let stored = MailToken {
        hash: mail_token::hash(&token),
        customer_id: id,
        cause,
        purpose: Purpose::EmailChange,
        email: email.clone(),
        bound_to: String::new(),
        tm_expire,
        keep_until: tm_expire.plus(Settings::DAY),
    };
    let mails = [
        mail::email_change_requested(&customer.profile.email, requested_by),
        mail::confirm_email_change(&cx.settings, &email, &token, tm_expire),
    ];
    mail::send_once(cx, &stored, &[Status::Active], &mails).await
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
pub async fn send_verification<S: ReadAgents + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let unverified = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
    let unverified = unverified.and_then(|row| row.due().map(|due| (row, due)));
    // Send no mail if the link would be expired.
    let Some((customer, verify_by)) = unverified.filter(|(_, due)| cx.now() < *due) else { return Ok(()) };
    let token = mail_token::new(cx.providers.random());
    let stored = MailToken {
        hash: mail_token::hash(&token),
        customer_id: id,
        cause,
        purpose: Purpose::Verify,
        email: customer.profile.email.clone(),
        bound_to: String::new(),
        tm_expire: verify_by,
        // The row outlives the window by a month, so that a late click gets VERIFICATION_WINDOW_ENDED.
        keep_until: verify_by.plus(30 * Settings::DAY),
    };
    let agents = cx.store.agents(id, None, 10).await?;
    let admin = agents.rows.iter().rfind(|agent| !agent.guest).map_or("", |agent| &agent.username);
    let mail = mail::verification(&cx.settings, &customer, admin, &token, verify_by);
    mail::send_once(cx, &stored, &[Status::Initial], &[mail]).await
}
