//! Proving that an account's e-mail address is read by who opened it.

use custodian_auth::mail_token;
use custodian_domain::access_key::KeyPatch;
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::lifecycle::Command;
use custodian_domain::{
    Customer, CustomerId, PendingEmail, Reason, Resource, Secret, Status, Timestamp, gate,
};
use serde_json::json;

use crate::access_keys::{NewKey, new_key};
use crate::change::{Outcome, change};
use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::log;
use crate::mail;
use crate::ports::{
    Alarms, Cause, Change, ChangeCustomers, Committed, KeepMailTokens, MailToken, Mailer, Purpose,
    ReadAgents, UseMailTokens, Verification,
};
use crate::retry::{Patience, Race};

/// An account whose address is proven, with its first access key if it has just become active.
#[derive(Debug)]
pub struct Verified {
    pub customer: Customer,
    /// What the link was for.
    pub purpose: Purpose,
    /// None if the account was active already: a key is shown only when it is made.
    pub access_key: Option<NewKey>,
}

/// Follows the mail's link: the account becomes active and gets its billing account and its first access key.
pub async fn verify<S: UseMailTokens + ChangeCustomers, E: Alarms>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<Verified, Failure> {
    let token_hash = mail_token::hash(token);
    let Some(known) = cx.store.mail_token(&token_hash).await? else {
        let late = cx.store.is_late(&token_hash).await?;
        return Err(if late { Reason::VerificationWindowEnded } else { Reason::InvalidToken }.into());
    };
    log::concerns(known.customer_id);
    match known.purpose {
        Purpose::Verify => activate(cx, &known).await,
        Purpose::Change => confirm_change(cx, &known).await,
        Purpose::Reset { .. } | Purpose::Note => Err(Reason::InvalidToken.into()),
    }
}

async fn activate<S: UseMailTokens + ChangeCustomers, E: Alarms>(
    cx: &Context<S, E>,
    known: &MailToken,
) -> Result<Verified, Failure> {
    let waiting = cx.store.customer(known.customer_id).await?.ok_or(Reason::InvalidToken)?;
    // A link proves the address that it was mailed to, and no other that has taken its place since.
    if waiting.status() == Status::Initial && waiting.profile.email != known.email {
        return Err(Reason::InvalidToken.into());
    }
    let billing_account = billing_account(cx, &waiting, cx.now());
    let made = new_key(cx, known.customer_id, first_key());
    let verification = Verification { billing_account, access_key: made.key.clone() };
    match change(cx, known.customer_id, Some(waiting), Command::Verify, Some((&verification, known))).await? {
        Outcome::Moved { after, .. } => {
            Ok(Verified { customer: *after, purpose: known.purpose, access_key: Some(made) })
        }
        // Active before, it has no need of the link, which is used up all the same. Of those who follow one link at the
        // same moment one has used it up, and the others find that.
        stayed => {
            let customer = stayed.customer()?;
            let used = cx.store.burn_mail_token(known).await?;
            let verified = Verified { customer, purpose: known.purpose, access_key: None };
            if used { Ok(verified) } else { Err(Reason::InvalidToken.into()) }
        }
    }
}

/// The address that was to be confirmed takes the place of the old one, if the credential that asked for it stands.
async fn confirm_change<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    known: &MailToken,
) -> Result<Verified, Failure> {
    let mut race = Race::new("the customer", Patience::Request);
    loop {
        let before = cx.store.customer(known.customer_id).await?.ok_or(Reason::InvalidToken)?;
        gate::open(&before)?;
        let waiting = before.pending_email.as_ref().filter(|pending| cx.now() < pending.ends);
        if waiting.is_none_or(|pending| pending.address != known.email) {
            return Err(Reason::InvalidToken.into());
        }
        let after = before.with_confirmed_email(known.email.clone(), cx.now());
        let change = Change {
            before: &before,
            after: &after,
            verification: None,
            billing: None,
            burn: Some(known),
            farewell: None,
        };
        match cx.store.commit(change).await? {
            Committed::Done => {
                return Ok(Verified { customer: after, purpose: known.purpose, access_key: None });
            }
            Committed::Lost => race.again(&*cx.sources.entropy).await?,
            Committed::TokenGone | Committed::EmailTaken => return Err(Reason::InvalidToken.into()),
        }
    }
}

/// Mails a link to the address that is to replace an account's, and a note to the present one.
pub async fn send_change<S: ReadAgents + KeepMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = cx.store.customer(id).await?.filter(|row| row.status() == Status::Active) else {
        return Ok(());
    };
    let Some(PendingEmail { address: email, ends, asked_by }) = customer.pending_email else { return Ok(()) };
    let token = mail_token::new(cx.sources.random());
    let kept = MailToken {
        hash: mail_token::hash(&token),
        customer_id: id,
        cause,
        purpose: Purpose::Change,
        email: email.clone(),
        subject: String::new(),
        ends,
        keep_until: ends.plus(Settings::DAY),
    };
    let mails = [
        mail::change_noted(&customer.profile.email, asked_by),
        mail::change(&cx.settings, &email, &token, ends),
    ];
    mail::send_once(cx, &kept, &[Status::Active], &mails).await
}

fn first_key() -> KeyPatch {
    let text = |text: &str| Some(text.to_owned());
    KeyPatch { name: text("default"), detail: text("Auto-provisioned API key"), life: None }
}

/// The billing account that every active customer has from its first moment.
fn billing_account<S, E>(cx: &Context<S, E>, customer: &Customer, now: Timestamp) -> Resource {
    let first = json!({
        "name": "basic billing account", "plan_type": customer.plan, "balance_token": customer.plan.tokens(),
        "payment_type": "prepaid",
    });
    let first = first.as_object().cloned().unwrap_or_default();
    Resource::first(&BILLING_ACCOUNTS, customer.id, cx.sources.stamp(now).uuid(), now, first)
}

/// Mails a fresh verification link to an account that still waits for it; the earlier link stops working.
pub async fn send_verification<S: ReadAgents + KeepMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let waiting = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
    let waiting = waiting.and_then(|row| row.due().map(|due| (row, due)));
    // A link that has ended before it is mailed helps nobody.
    let Some((customer, verify_by)) = waiting.filter(|(_, due)| cx.now() < *due) else { return Ok(()) };
    let token = mail_token::new(cx.sources.random());
    let kept = MailToken {
        hash: mail_token::hash(&token),
        customer_id: id,
        cause,
        purpose: Purpose::Verify,
        email: customer.profile.email.clone(),
        subject: String::new(),
        ends: verify_by,
        // What is left of it outlives the window by a month, so that a late click is told that it is late.
        keep_until: verify_by.plus(30 * Settings::DAY),
    };
    let agents = cx.store.agents(id, None, 10).await?;
    let admin = agents.rows.iter().rfind(|agent| !agent.guest).map_or("", |agent| &agent.username);
    let mail = mail::verification(&cx.settings, &customer, admin, &token, verify_by);
    mail::send_once(cx, &kept, &[Status::Initial], &[mail]).await
}
