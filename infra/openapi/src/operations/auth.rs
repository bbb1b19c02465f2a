//! `/auth` and `/ping`: signing up, logging in, leaving.

use custodian_domain::Reason;
use serde_json::json;

use crate::operation::Operation;
use crate::refusals::Told;
use crate::schema::{filled, named, nullable, object, one_of, text, time, uuid, whole, with};
use crate::views::{new_password, profile};

pub(super) fn all() -> Vec<Operation> {
    let nothing = || whole(Vec::new());
    let jwt = || json!({ "type": "string", "description": "A signed token (JWT)." });
    let password = || with(filled(512), json!({ "writeOnly": true }));
    let mailed = || object(vec![("token", filled(255))], &["token"]);
    let token_of_link = || {
        json!({ "name": "token", "in": "query", "required": true, "description": "The token of the mail's link.",
            "schema": { "type": "string", "pattern": "^[0-9a-f]{64}$" } })
    };
    let mut sign_up = profile();
    sign_up.push(("accepted_tos", json!({ "const": true })));
    let page = "Opening it changes nothing, since mail scanners open links too; its button does.";
    vec![
        Operation::new("GET", "/ping", "The service answers.").gives(whole(vec![("message", json!({ "const": "pong" }))])),
        Operation::new(
            "POST",
            "/auth/signup",
            "Opens an account for whoever reads the mail. Known and new addresses get one answer; the difference is in the mail.",
        )
        .takes(object(sign_up, &["email", "accepted_tos"]))
        .gives(nothing())
        .refuses(&[Reason::RateLimitExceeded]),
        Operation::new("GET", "/auth/email-verify", format!("The page behind the link that proves an address. {page}"))
            .parameter(token_of_link())
            .told(Told::Page)
            .refuses(&[Reason::InvalidToken]),
        Operation::new(
            "POST",
            "/auth/email-verify",
            "Proves an e-mail address by the token that was mailed to it. An account that was not verified becomes active \
             and gets its first access key. `accesskey` is null if the link was to confirm another address, or if the account \
             was active before. A page's form is answered with a page.",
        )
        .takes(mailed())
        .gives(whole(vec![("customer", named("Customer")), ("accesskey", nullable(named("NewAccessKey")))]))
        .told(Told::Both)
        .refuses(&[
            Reason::InvalidToken,
            Reason::InvalidCredentials,
            Reason::AccountFrozen,
            Reason::AccountNotVerified,
            Reason::StateInvalid,
            Reason::VerificationWindowEnded,
            Reason::RateLimitExceeded,
        ]),
        Operation::new(
            "POST",
            "/auth/login",
            "A username and a password for a token. It comes in the body and as a cookie. An unknown username and a wrong \
             password are one answer.",
        )
        .takes(object(vec![("username", filled(1020)), ("password", password())], &["username", "password"]))
        .gives(whole(vec![("username", text(1020)), ("token", jwt())]))
        .with_header("Set-Cookie")
        .refuses(&[Reason::InvalidCredentials, Reason::RateLimitExceeded]),
        Operation::new("POST", "/auth/logout", "Ends every token of the agent. A key is no session, and is refused.")
            .gives(nothing())
            .with_header("Set-Cookie"),
        Operation::new(
            "POST",
            "/auth/password-forgot",
            "Mails a link to set a password. Known and unknown usernames get one answer.",
        )
        .takes(object(vec![("username", filled(1020))], &["username"]))
        .gives(nothing())
        .refuses(&[Reason::RateLimitExceeded]),
        Operation::new("GET", "/auth/password-reset", format!("The page behind the link that sets a password. {page}"))
            .parameter(token_of_link())
            .told(Told::Page)
            .refuses(&[Reason::InvalidToken]),
        Operation::new(
            "POST",
            "/auth/password-reset",
            "Sets a password with a mailed token. Every token of the agent is dead then. A page's form is answered with a page.",
        )
        .takes(object(vec![("token", filled(255)), ("password", new_password())], &["token", "password"]))
        .gives(nothing())
        .told(Told::Both)
        .refuses(&[Reason::InvalidToken, Reason::RateLimitExceeded]),
        Operation::new(
            "POST",
            "/auth/delegate",
            "Acts as a customer's guest agent. The token lasts eight hours; the reason is kept with the account.",
        )
        .takes(object(
            vec![("customer_id", uuid()), ("reason", json!({ "type": "string", "pattern": "^[ -~]{10,200}$" }))],
            &["customer_id", "reason"],
        ))
        .gives(whole(vec![("token", jwt()), ("customer_id", uuid()), ("expire", time())]))
        .refuses(&[Reason::CustomerNotFound]),
        Operation::new(
            "POST",
            "/auth/unregister",
            "Leaves: freezes the account, which is deleted 30 days later. An agent confirms by its password, an access key \
             by the phrase. `immediate` deletes at once, and needs the password and the phrase. A delegate is refused.",
        )
        .takes(object(
            vec![
                ("password", with(text(512), json!({ "writeOnly": true }))),
                ("confirmation_phrase", one_of(&["DELETE", ""])),
                ("immediate", json!({ "type": "boolean", "default": false })),
            ],
            &[],
        ))
        .gives_row("Customer")
        .refuses(&[
            Reason::InvalidConfirmationPhrase,
            Reason::ConfirmationRequired,
            Reason::PasswordNotSet,
            Reason::InvalidPassword,
            Reason::ReauthenticationRequired,
            Reason::StateInvalid,
            Reason::RateLimitExceeded,
        ]),
        Operation::new("DELETE", "/auth/unregister", "Recovers a frozen account before its deadline.")
            .gives_row("Customer")
            .refuses(&[Reason::StateInvalid, Reason::GracePeriodEnded]),
    ]
}
