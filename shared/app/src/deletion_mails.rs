//! The two mails about a deletion: that it has begun, and that it is done. The deletion clears the e-mail address in the
//! customer's row, so each mail has a recipient of its own, which is encrypted and removed with the sending.

use std::time::Duration;

use custodian_domain::deletion_notice::EncryptedDestination;
use custodian_domain::{Customer, CustomerId, Status, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::deletion_link::{self, create_link};
use crate::failure::Failure;
use crate::mail;
use crate::ports::{DeletionLinks, DeletionRecipients, LastMail, Mailer, NoticeRows, ReadCustomers};

/// The encryption purpose of the recipients.
const ENCRYPTION_PURPOSE: &str = "deletion-mail";
/// How long the recipient of the last mail is stored at most.
const LAST_MAIL_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// The recipient of a mail about a deletion, in plain text.
#[derive(Debug, Serialize, Deserialize)]
struct DeletedAccount {
    email: String,
    name: String,
}

/// Encrypts the recipients of the mails about a deletion. `None` if the change does not delete the account, or if the account has
/// no confirmed address.
pub(crate) fn encrypt_recipients<S, E>(
    cx: &Context<S, E>,
    before: &Customer,
    after: &Customer,
) -> Result<Option<DeletionRecipients>, Failure> {
    let email = &before.profile.email;
    let is_due = after.status() == Status::Deleted && before.has_confirmed_email(email) && !email.is_empty();
    let Some(tm_delete) = after.tm_delete().filter(|_| is_due) else { return Ok(None) };
    let account = DeletedAccount { email: email.clone(), name: mail::account_name(before).to_owned() };
    let encrypt = |lifetime| {
        let nonce = cx.providers.random();
        let ciphertext = cx.keys.encrypt_for(ENCRYPTION_PURPOSE, before.id, &account, nonce)?;
        Ok::<_, Failure>(EncryptedDestination { ciphertext, until: tm_delete.plus(lifetime) })
    };
    Ok(Some(DeletionRecipients {
        begun: encrypt(EncryptedDestination::LIFETIME)?,
        done: encrypt(LAST_MAIL_LIFETIME)?,
    }))
}

fn decrypt<S, E>(
    cx: &Context<S, E>,
    id: CustomerId,
    stored: &EncryptedDestination,
) -> Result<Option<DeletedAccount>, Failure> {
    let account = cx.keys.decrypt_for(ENCRYPTION_PURPOSE, id, &stored.ciphertext)?;
    Ok(account.filter(|_| cx.now() < stored.until))
}

/// Sends the first mail about the deletion of an account, which says that it has begun, and removes the stored recipient. Returns
/// whether a recipient was stored, in which case a step of the cascade waits for the removal. A crash between the mail and the
/// removal sends the mail again.
pub async fn send_deletion_begun<S: ReadCustomers + NoticeRows + DeletionLinks, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
) -> Result<bool, Failure> {
    let Some(stored) = cx.store.first_mail_recipient(id).await? else { return Ok(false) };
    let customer = cx.store.customer(id).await?;
    let at = customer.and_then(|customer| customer.tm_delete());
    if let (Some(DeletedAccount { email, name }), Some(at)) = (decrypt(cx, id, &stored)?, at) {
        let link = deletion_link::url(&cx.settings, &create_link(cx, id).await?);
        cx.services.send_mail(&mail::deletion_begun(&cx.settings, &email, &name, at, link), None).await?;
    }
    cx.store.remove_first_mail_recipient(id).await?;
    Ok(true)
}

/// Removes the recipient of the last mail when its time is over, however far the deletion is. The TTL of DynamoDB alone might
/// remove it days later.
pub async fn remove_expired_recipient<S: LastMail, E>(
    cx: &Context<S, E>,
    id: CustomerId,
) -> Result<(), Failure> {
    match cx.store.last_mail_recipient(id).await? {
        Some(stored) if stored.until <= cx.now() => cx.store.remove_last_mail_recipient(id).await,
        _ => Ok(()),
    }
}

/// Sends the last mail about an account, and removes its recipient. A crash between the two sends the mail again.
pub async fn send_deletion_done<S: LastMail + DeletionLinks, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    tm_confirmed: Timestamp,
) -> Result<(), Failure> {
    let Some(stored) = cx.store.last_mail_recipient(id).await? else { return Ok(()) };
    if let Some(DeletedAccount { email, name }) = decrypt(cx, id, &stored)? {
        let link = deletion_link::url(&cx.settings, &create_link(cx, id).await?);
        let mail = mail::deletion_done(&cx.settings, &email, &name, tm_confirmed, link);
        cx.services.send_mail(&mail, None).await?;
    }
    cx.store.remove_last_mail_recipient(id).await
}
