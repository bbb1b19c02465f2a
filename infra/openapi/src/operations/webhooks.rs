//! The account's webhook: where it goes, its secret, what was delivered.

use custodian_domain::Reason;
use serde_json::json;

use crate::operation::Operation;
use crate::schema::{described, named, nullable, one_of, text, time, uuid, whole};
use crate::views::webhook_method;

const PATH: &str = "/v1.0/customer/webhook";

pub(super) fn all() -> Vec<Operation> {
    let state = described(
        one_of(&["off", "refused", "disabled", "active"]),
        "Off without a URI; refused where the URI leads to what webhooks never go to; disabled after it answered 410.",
    );
    let webhook = whole(vec![
        ("webhook_uri", text(1023)),
        ("webhook_method", webhook_method()),
        (
            "secret_prefix",
            described(json!({ "type": "string" }), "The first letters of the secret, if there is one."),
        ),
        (
            "tm_previous_secret_until",
            described(nullable(time()), "Until when a secret signs too that was replaced."),
        ),
        ("state", state),
    ]);
    let secret = whole(vec![("secret", json!({ "type": "string", "pattern": "^whsec_" }))]);
    vec![
        Operation::new("GET", PATH, "Where the account is told what happens, and whether that works.")
            .gives(webhook),
        Operation::new(
            "POST",
            format!("{PATH}/rotate"),
            "Makes a new signing secret and shows it, this once. Every secret of the last day signs too, of which there \
             are four at most: a fifth rotation within a day is refused.",
        )
        .gives(secret)
        .refuses(&[Reason::StateInvalid]),
        Operation::new(
            "POST",
            format!("{PATH}/test"),
            "Sends a webhook that says nothing. Its id is that of the delivery.",
        )
        .gives(whole(vec![("id", uuid())]))
        .refuses(&[Reason::WebhookNotConfigured, Reason::RateLimitExceeded]),
        Operation::new("GET", format!("{PATH}/deliveries"), "What became of the webhooks of the last thirty days, newest first.")
            .gives_page("Delivery"),
        Operation::new(
            "POST",
            format!("{PATH}/deliveries/{{id}}/redeliver"),
            "Attempts a webhook once more, however it stands, and also where the destination was disabled.",
        )
        .gives(named("Delivery"))
        .refuses(&[Reason::DeliveryNotFound, Reason::WebhookNotConfigured, Reason::RateLimitExceeded]),
    ]
}
