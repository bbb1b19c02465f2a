//! Proving that an account's e-mail address is read by who opened it.

use custodian_auth::mail_token;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Customer, CustomerId, Reason, Resource, Secret, Status, Timestamp};
use serde_json::json;

use crate::change::change;
use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::mail;
use crate::ports::{
    Alarms, ChangeCustomers, KeepMailTokens, MailToken, Mailer, ReadCustomers, ReadMailTokens, Verification,
    Written,
};

/// Follows the mail's link: the account becomes active and gets its billing account.
pub async fn verify<S: ReadMailTokens + ChangeCustomers, E: Alarms>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<Customer, Failure> {
    let token_hash = mail_token::hash(token);
    let known = cx.store.mail_token(&token_hash).await?.ok_or(Reason::InvalidToken)?;
    let billing_account = billing_account(cx, known.customer_id, cx.now());
    let verification = Verification { token_hash, billing_account };
    change(cx, known.customer_id, None, Command::Verify, Some(&verification)).await?.customer()
}

/// The billing account that every active customer has from its first moment.
fn billing_account<S, E>(cx: &Context<S, E>, customer_id: CustomerId, now: Timestamp) -> Resource {
    let fields = json!({
        "name": "basic billing account", "detail": "", "plan_type": "free", "plan_status": "active",
        "balance_credit": 0, "balance_token": 100, "payment_type": "prepaid", "payment_method": "",
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    Resource {
        customer_id,
        id: cx.sources.stamp(now).uuid(),
        version: 1,
        tm_create: now,
        tm_update: now,
        fields,
    }
}

/// Mails a fresh verification link to an account that still waits for it; the earlier link stops working.
pub async fn send_verification<S: ReadCustomers + KeepMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
) -> Result<(), Failure> {
    let waiting = cx.store.customer(id).await?.filter(|row| row.status() == Status::Initial);
    let Some((customer, verify_by)) = waiting.and_then(|row| row.due().map(|due| (row, due))) else {
        return Ok(());
    };
    let token = mail_token::new(cx.sources.random());
    // The row outlives the window by a day, so that a late click is told that it is late.
    let keep_until = verify_by.plus(Settings::DAY);
    let kept = MailToken { hash: mail_token::hash(&token), customer_id: id, keep_until };
    match cx.store.keep_mail_token(&kept).await? {
        Written::Done => cx.ends.send(&mail::verification(&cx.settings, &customer, &token, verify_by)).await,
        Written::Closed => Ok(()),
        Written::Lost => Err(Failure::unavailable("the mail token", "replaced at the same moment")),
    }
}
