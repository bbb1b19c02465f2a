//! The account's webhook: endpoint, secret and deliveries.

use custodian_domain::Reason;
use custodian_views::{DeliveryView, NewWebhookSecretView, TestWebhookView, WebhookView};

use crate::components::view_schema;
use crate::operation::Operation;

const PATH: &str = "/v1.0/customer/webhook";

pub(super) fn all() -> Vec<Operation> {
    vec![
        Operation::new("GET", PATH, "Returns the webhook endpoint of the account and its state.")
            .returns(view_schema::<WebhookView<'_>>()),
        Operation::new(
            "POST",
            format!("{PATH}/rotate"),
            "Shows a signing secret once: the current one if no response has shown it, such as after the first delivery, else a \
             new one. Secrets that were replaced within 24 hours keep signing, at most four of them. A fifth rotation within a day \
             is refused.",
        )
        .returns(view_schema::<NewWebhookSecretView>())
        .fails_with(&[Reason::StateInvalid]),
        Operation::new(
            "POST",
            format!("{PATH}/test"),
            "Sends a test webhook. Returns the id of its delivery.",
        )
        .returns(view_schema::<TestWebhookView>())
        .fails_with(&[Reason::WebhookNotConfigured, Reason::RateLimitExceeded]),
        Operation::new("GET", format!("{PATH}/deliveries"), "Lists the webhook deliveries of the last 30 days, newest first.")
            .returns_page("Delivery"),
        Operation::new(
            "POST",
            format!("{PATH}/deliveries/{{id}}/redeliver"),
            "Attempts a delivery again, with any status, even if the endpoint is disabled or failing.",
        )
        .returns(view_schema::<DeliveryView>())
        .fails_with(&[Reason::DeliveryNotFound, Reason::WebhookNotConfigured, Reason::RateLimitExceeded]),
    ]
}
