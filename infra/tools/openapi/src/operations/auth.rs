//! `/auth` and `/ping`: sign up, sign in, unregister.

use custodian_app::delegate::{MAX_REASON, MIN_REASON};
use custodian_domain::Reason;
use custodian_domain::credentials::{MAX_ENTERED_PASSWORD, MAX_ENTERED_USERNAME};
use custodian_views::{DelegationView, EmailVerificationView, SessionView};
use serde_json::json;

use crate::components::{new_password, profile_fields, view_schema};
use crate::errors::ErrorFormat;
use crate::operation::Operation;
use crate::schema::{all_required, enumeration, nonempty_text, object, reference, text, uuid, with_keywords};

/// The maximum number of bytes of a mailed token in a body.
const MAX_TOKEN: usize = 255;
/// The rule about the tokens of mailed links.
const UNKNOWN_TOKEN: &str = "`token` is of no link, or of one that was used, replaced or has expired.";
/// The same rule where the page of a used link says that the address is confirmed.
const UNKNOWN_VERIFICATION: &str = "`token` is of no link, or of one that was replaced or has expired. In a JSON body, it is also refused \
     once it was used; the page of a used link says that the address is confirmed.";

pub(super) fn all() -> Vec<Operation> {
    let empty = || all_required(Vec::new());
    let password = || with_keywords(nonempty_text(MAX_ENTERED_PASSWORD), json!({ "writeOnly": true }));
    let token_body = || object(vec![("token", nonempty_text(MAX_TOKEN))], &["token"]);
    let token_parameter = || {
        json!({ "name": "token", "in": "query", "required": true, "description": "The token in the link of the mail.",
            "schema": { "type": "string", "pattern": "^[0-9a-f]{64}$" } })
    };
    let mut sign_up = profile_fields();
    sign_up.retain(|(field, _)| !field.starts_with("webhook_"));
    sign_up.push(("accepted_tos", json!({ "const": true })));
    let page =
        "Opening the page has no effect, because mail scanners also open links. Its button submits the form.";
    vec![
        Operation::new("GET", "/ping", "Checks that the service responds.").returns(all_required(vec![("message", json!({ "const": "pong" }))])),
        Operation::new(
            "POST",
            "/auth/signup",
            "Signs up for an account. The response is the same for known and for new addresses; only the mail differs. Its link works for \
             an hour, unless the operator of the service set another time. To get another mail, sign up again: until the address is \
             verified, this replaces the earlier link and the fields of the account.",
        )
        .body(object(sign_up, &["email", "accepted_tos"]))
        .returns(empty())
        .fails_with(&[Reason::RateLimitExceeded]),
        Operation::new("GET", "/auth/email-verify", format!("Shows the page of the link that verifies an e-mail address. {page}"))
            .parameter(token_parameter())
            .parameter(json!({ "name": "done", "in": "query", "description": "Whether the form was sent.", "schema": { "const": "1" } }))
            .error_format(ErrorFormat::Page)
            .fails_with(&[
                Reason::InvalidToken,
                Reason::InvalidCredentials,
                Reason::AccountFrozen,
                Reason::AccountNotVerified,
                Reason::StateInvalid,
                Reason::VerificationWindowEnded,
            ])
            .also_refuses(Reason::InvalidToken, None, UNKNOWN_VERIFICATION),
        Operation::new(
            "POST",
            "/auth/email-verify",
            "Verifies an e-mail address with the mailed token. An unverified account becomes active and gets its first access \
             key. `accesskey` is null if the link confirmed a change of address, or if the account was already active. A form \
             submission creates no access key, and gets a redirect to a page.",
        )
        .body(token_body())
        .returns(view_schema::<EmailVerificationView<'_>>())
        .error_format(ErrorFormat::JsonOrPage)
        .fails_with(&[
            Reason::InvalidToken,
            Reason::InvalidCredentials,
            Reason::AccountFrozen,
            Reason::AccountNotVerified,
            Reason::StateInvalid,
            Reason::VerificationWindowEnded,
            Reason::EmailAlreadyExists,
            Reason::RateLimitExceeded,
        ])
        .also_refuses(Reason::InvalidToken, None, UNKNOWN_VERIFICATION),
        Operation::new(
            "POST",
            "/auth/login",
            "Signs in with a username and a password. The token is in the body and in a cookie. Its claim `agent` names the agent, as \
             it was at the sign-in. The response is the same for an unknown username and for a wrong password. The body is JSON, \
             with any `Content-Type`; with another type than `application/json`, the response has no cookie.",
        )
        .body(object(vec![("username", nonempty_text(MAX_ENTERED_USERNAME)), ("password", password())], &["username", "password"]))
        .returns(view_schema::<SessionView<'_>>())
        .of_any_media_type()
        .with_optional_header(
            "Set-Cookie",
            json!({ "description": "Sets the cookie `__Host-token`, if the media type of the body is `application/json`.",
                "schema": { "type": "string", "pattern": "^__Host-token=" } }),
        )
        .fails_with(&[Reason::InvalidCredentials, Reason::RateLimitExceeded]),
        Operation::new("POST", "/auth/logout", "Signs out: revokes every token of the agent. A delegate's sign-out revokes all delegation tokens of the account. An access key is refused, because it has no session.")
            .returns(empty())
            .with_header("Set-Cookie"),
        Operation::new(
            "GET",
            "/auth/password-forgot",
            "Shows the page that asks for a link to set a password. With `done`, it says that the link is on its way.",
        )
        .parameter(json!({ "name": "done", "in": "query", "description": "Whether the form was sent.", "schema": { "const": "1" } }))
        .error_format(ErrorFormat::Page),
        Operation::new(
            "POST",
            "/auth/password-forgot",
            "Mails a link to set a password. The response is the same for known and for unknown usernames. A form submission \
             gets a redirect to a page.",
        )
        .body(object(vec![("username", nonempty_text(MAX_ENTERED_USERNAME))], &["username"]))
        .returns(empty())
        .error_format(ErrorFormat::JsonOrPage)
        .fails_with(&[Reason::RateLimitExceeded]),
        Operation::new("GET", "/auth/password-reset", format!("Shows the page of the link that sets a password. {page}"))
            .parameter(token_parameter())
            .error_format(ErrorFormat::Page)
            .fails_with(&[Reason::InvalidToken])
            .also_refuses(Reason::InvalidToken, None, UNKNOWN_TOKEN),
        Operation::new(
            "POST",
            "/auth/password-reset",
            "Sets a password with a mailed token. Revokes every session token of the agent. A form submission gets a redirect to a page.",
        )
        .body(object(vec![("token", nonempty_text(MAX_TOKEN)), ("password", new_password())], &["token", "password"]))
        .returns(empty())
        .error_format(ErrorFormat::JsonOrPage)
        .fails_with(&[Reason::InvalidToken, Reason::RateLimitExceeded])
        .also_refuses(Reason::InvalidToken, None, UNKNOWN_TOKEN),
        Operation::new(
            "POST",
            "/auth/delegate",
            "Issues a token with which a platform admin acts as the account's guest agent. It is valid for eight hours. The reason is stored in the account's audit log.",
        )
        .body(object(
            vec![("customer_id", uuid()), ("reason", json!({ "type": "string", "pattern": format!("^[ -~]{{{MIN_REASON},{MAX_REASON}}}$") }))],
            &["customer_id", "reason"],
        ))
        .returns(view_schema::<DelegationView<'_>>())
        .fails_with(&[Reason::CustomerNotFound]),
        Operation::new(
            "POST",
            "/auth/unregister",
            "Freezes the account. It is deleted after the grace period, 30 days by default. An agent confirms with its \
             password, an access key with the phrase. `immediate` deletes the account at once: an agent confirms with both, and \
             an access key is refused. A delegation token is always refused. With `dry_run`, nothing changes and nothing is \
             confirmed: the response shows what would be deleted, and when.",
        )
        .body(object(
            vec![
                ("password", with_keywords(text(MAX_ENTERED_PASSWORD), json!({ "writeOnly": true }))),
                ("confirmation_phrase", enumeration(&["DELETE", ""])),
                ("immediate", json!({ "type": "boolean", "default": false })),
                ("dry_run", json!({ "type": "boolean", "default": false })),
            ],
            &[],
        ))
        .returns(json!({ "anyOf": [reference("Customer"), reference("UnregisterPlan")] }))
        .with_optional_header(
            "ETag",
            json!({ "description": "The version of the account. A dry run returns none.", "schema": { "type": "string" } }),
        )
        .with_optional_header(
            "Link",
            json!({ "description": "The state of the deletion (`rel=\"status\"`), as a path with a token. A dry run returns none.",
                "schema": { "type": "string", "pattern": "^</auth/deletion\\?token=[0-9a-f]{64}>; rel=\"status\"$" } }),
        )
        .fails_with(&[
            Reason::InvalidConfirmationPhrase,
            Reason::ConfirmationRequired,
            Reason::PasswordNotSet,
            Reason::InvalidPassword,
            Reason::ReauthenticationRequired,
            Reason::StateInvalid,
            Reason::FrozenByOperator,
            Reason::AccountHeld,
            Reason::DeletionsPaused,
            Reason::RateLimitExceeded,
        ])
        .also_refuses(
            Reason::ConfirmationRequired,
            None,
            "`password` or `confirmation_phrase` is missing for this caller. A dry run needs neither.",
        )
        .also_refuses(Reason::PasswordNotSet, None, "The agent has no password."),
        Operation::new("DELETE", "/auth/unregister", "Recovers a frozen account before its deletion.")
            .returns_row("Customer")
            .fails_with(&[Reason::StateInvalid, Reason::FrozenByOperator, Reason::GracePeriodEnded]),
    ]
}
