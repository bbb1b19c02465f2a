//! The mails: each sent once for its cause; their words, as text and as HTML that says the same.

use custodian_domain::{Asker, Customer, Secret, Status, Timestamp};

use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::ports::{KeepMailTokens, Mail, MailToken, Mailer, TokenKept};
use crate::retry::{Patience, Race};

/// Sends the mails of a token, once for its cause: what comes again finds that they were sent. If that is not known, they
/// are sent again, with a token of their own, for which the earlier one makes room: the mail with the link comes last, so that
/// none is sent in vain because of another.
pub(crate) async fn send_once<S: KeepMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    token: &MailToken,
    statuses: &'static [Status],
    mails: &[Mail],
) -> Result<(), Failure> {
    let mut race = Race::new("a mailed link", Patience::Request);
    loop {
        match cx.store.keep_mail_token(token, statuses).await? {
            TokenKept::Done => break,
            TokenKept::Answered | TokenKept::Closed => return Ok(()),
            // Whoever was quicker may mail what is later than this, or earlier.
            TokenKept::Lost => race.again(&*cx.sources.entropy).await?,
        }
    }
    for mail in mails {
        cx.ends.send(mail).await?;
    }
    cx.store.note_mailed(token).await
}

/// Asks to confirm an e-mail address.
pub fn verification(
    settings: &Settings,
    customer: &Customer,
    username: &str,
    token: &Secret,
    until: Timestamp,
) -> Mail {
    let link = format!("{}/auth/email-verify?token={}", settings.base_url, token.expose());
    let end = format!(
        "The link works until {}. If you do not know of this account, do nothing: it then expires, and nothing of it \
         is kept.",
        until.to_rfc3339()
    );
    let ask = format!(
        "an account was opened with this e-mail address; its administrator is {username}. Confirm the address with \
         this link:"
    );
    letter(&customer.profile.email, "Confirm your e-mail address", &ask, Some(&link), &end)
}

/// Tells somebody who signed up again that there is an account.
pub fn known(settings: &Settings, to: &str) -> Mail {
    let ask = "somebody, perhaps you, wanted to open an account with this e-mail address, but there is one already.";
    let end = format!(
        "If you forgot its password, ask for a link to set one: POST {}/auth/password-forgot. If this was not you, do \
         nothing.",
        settings.base_url
    );
    letter(to, "You already have an account", ask, None, &end)
}

/// Asks to confirm the address that is to replace an account's.
pub fn change(settings: &Settings, to: &str, token: &Secret, until: Timestamp) -> Mail {
    let link = format!("{}/auth/email-verify?token={}", settings.base_url, token.expose());
    let ask = "this address is to become the e-mail address of an account. Confirm that with this link:";
    let end = format!("The link works until {}. If you do not know of this, do nothing.", until.to_rfc3339());
    letter(to, "Confirm your new e-mail address", ask, Some(&link), &end)
}

/// Tells the present address that another is to replace it, and how that is called off.
pub fn change_noted(to: &str, asked_by: Asker) -> Mail {
    let (who, call_off) = match asked_by {
        Asker::Agent { .. } => (
            "an administrator",
            "If none of you meant this, each should change the password or log out: what was asked for ends with that.",
        ),
        Asker::Key { .. } => (
            "a program with an access key",
            "If this was not meant, delete the keys that you do not know: what was asked for ends with its key.",
        ),
        Asker::Operator => ("the platform's operator", "If you did not wish this, tell the operator."),
    };
    let ask = format!("{who} asked to replace this e-mail address of your account by another.");
    let end = format!("It stays as it is until the other one is confirmed. {call_off}");
    letter(to, "Your e-mail address is about to change", &ask, None, &end)
}

/// Offers to set a password.
pub fn reset(settings: &Settings, to: &str, username: &str, token: &Secret, until: Timestamp) -> Mail {
    let link = format!("{}/auth/password-reset?token={}", settings.base_url, token.expose());
    let ask = format!("here is the link to set the password of the agent {username}:");
    let end = format!(
        "The link works once, until {}. If you did not ask for it, do nothing: the password stays as it is.",
        until.to_rfc3339()
    );
    letter(to, "Set your password", &ask, Some(&link), &end)
}

fn letter(to: &str, subject: &str, ask: &str, link: Option<&str>, end: &str) -> Mail {
    let (line, anchor) = match link {
        Some(link) => (format!("{link}\n\n"), format!("<p><a href=\"{0}\">{0}</a></p>", escaped(link))),
        None => (String::new(), String::new()),
    };
    let text = format!("Hello,\n\n{ask}\n\n{line}{end}\n");
    let html = format!(
        "<!doctype html><html lang=\"en\"><body><p>Hello,</p><p>{}</p>{anchor}<p>{}</p></body></html>",
        escaped(ask),
        escaped(end)
    );
    Mail { to: to.to_owned(), subject: subject.to_owned(), text, html }
}

/// A text as HTML: what people typed into a name must stay a name.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
