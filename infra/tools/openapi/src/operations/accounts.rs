//! The caller's account, and all accounts for platform admins.

use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::plain_values::MAX_INTEGER;
use custodian_domain::{Plan, Reason, Status};
use custodian_views::EmailChangeView;
use serde_json::{Value, json};

use crate::components::{email, new_password, profile_fields, username, view_schema};
use crate::operation::Operation;
use crate::schema::{enumeration, object, reference, time, uuid, with_description, with_keywords};

pub(super) fn all() -> Vec<Operation> {
    [own_account(), all_accounts()].into_iter().flatten().collect()
}

/// The rule about the URL of the webhook endpoint.
pub(super) const OWN_ADDRESS: &str = "`webhook_uri` leads to this API.";
/// The rule about credits.
const TOO_HIGH: &str = "The balance would exceed 9007199254740991.";

fn own_account() -> Vec<Operation> {
    vec![
        Operation::new("GET", "/v1.0/customer", "Returns the caller's account. Also if it is unverified or awaits its deletion.")
            .returns_row("Customer"),
        Operation::new(
            "PUT",
            "/v1.0/customer",
            "Changes the profile of the caller's account. A new e-mail address takes effect when the mailed link confirms it \
             within a day, provided that the requesting session or access key is still valid. Until then it is not reserved: \
             another account may confirm it first. Another request for the same address mails a new link. A request for \
             another address replaces the first one. Sending the current address cancels a requested change.",
        )
        .body(object(profile_fields(), &[]))
        .returns_row("Customer")
        .fails_with(&[Reason::EmailAlreadyExists, Reason::RateLimitExceeded])
        .also_refuses(Reason::InvalidArgument, "webhook_uri", OWN_ADDRESS),
        Operation::new("GET", "/v1.0/customer/email_change", "Returns the requested e-mail address that waits for its confirmation.")
            .returns(view_schema::<EmailChangeView<'_>>())
            .fails_with(&[Reason::EmailChangeNotFound]),
        Operation::new("DELETE", "/v1.0/customer/email_change", "Cancels the requested change of the e-mail address. The mailed link stops working.")
            .returns(view_schema::<EmailChangeView<'_>>())
            .fails_with(&[Reason::EmailChangeNotFound]),
        Operation::new("GET", "/v1.0/customer/usage", "Returns the number of rows of each kind and the limits of the plan. Admins may read it also while the account awaits its deletion.")
            .returns(reference("Usage")),
        Operation::new(
            "GET",
            "/v1.0/customer/audit",
            "Lists what was done to the caller's account, newest first: changes of its status, its address and its credentials, \
             exports, and everything that platform admins did. Also if the account is unverified or awaits its deletion.",
        )
        .returns_page("AuditEntry"),
        Operation::new("PUT", "/v1.0/customer/billing_account_id", "Selects the default billing account from the account's billing accounts.")
            .body(object(vec![("billing_account_id", uuid())], &["billing_account_id"]))
            .returns_row("Customer")
            .fails_with(&[Reason::BillingAccountNotFound, Reason::InvalidId]),
        Operation::new("GET", "/v1.0/billing_account", "Returns the default billing account with its balance.")
            .returns_row("BillingAccount")
            .of_kind(&BILLING_ACCOUNTS)
            .fails_with(&[Reason::BillingAccountNotFound]),
    ]
}

fn all_accounts() -> Vec<Operation> {
    let mut new_account = vec![
        (
            "username",
            with_description(username(), "The owner's username. The default is the e-mail address."),
        ),
        (
            "password",
            with_description(new_password(), "The owner's password. Without it, a mailed link sets it."),
        ),
    ];
    new_account.extend(profile_fields());
    let amount = || json!({ "type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER });
    let adjustment = object(
        vec![("balance_credit", with_description(amount(), "In millionths.")), ("balance_token", amount())],
        &[],
    );
    let amount_in =
        |field: &str| json!({ "required": [field], "properties": { field: { "type": "integer" } } });
    let at_least_one = json!({ "anyOf": [amount_in("balance_credit"), amount_in("balance_token")] });
    let status = json!({ "name": "status", "in": "query", "schema": enumeration(&Status::ALL.map(Status::as_str)),
        "description": "Only accounts with this status. By default, accounts that are neither deleted nor expired." });
    let query = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    let change = |method, suffix: &str, description| {
        Operation::new(method, format!("/v1.0/customers/{{id}}{suffix}"), description)
            .returns_row("Customer")
            .fails_with(&[Reason::CustomerNotFound, Reason::StateInvalid])
    };
    vec![
        Operation::new(
            "GET",
            "/v1.0/customers",
            "Lists accounts, newest first, and finds accounts. All parameters must match. Any other parameter is refused.",
        )
            .parameter(status)
            .parameter(query(
                "email",
                email(),
                "Only accounts with this e-mail address, in any spelling of its letters, and accounts that had it before.",
            ))
            .parameter(query("username", username(), "Only the account with an agent of this username."))
            .parameter(query(
                "due_before",
                json!({ "type": "string", "format": "date-time" }),
                "Only accounts that are deleted or expire before this time, the earliest first.",
            ))
            .parameter(query("held", json!({ "type": "boolean" }), "Only accounts with a hold, or without one."))
            .returns_page("Customer"),
        Operation::new(
            "POST",
            "/v1.0/customers",
            "Creates an account. It is `initial` until its e-mail address is verified. Without a password, its owner gets a link \
             to set one when the address is verified.",
        )
        .body(object(new_account, &["email"]))
        .returns_row("Customer")
        .fails_with(&[Reason::EmailAlreadyExists, Reason::AgentAlreadyExists])
        .also_refuses(Reason::InvalidArgument, "webhook_uri", OWN_ADDRESS)
        .also_refuses(
            Reason::InvalidArgument,
            "username",
            "`username` is not given, and the e-mail address is no valid username.",
        ),
        Operation::new("GET", "/v1.0/customers/{id}", "Returns any account. Also a deleted or expired one.")
            .returns_row("Customer")
            .fails_with(&[Reason::CustomerNotFound]),
        Operation::new(
            "GET",
            "/v1.0/customers/{id}/audit",
            "Lists what was done to an account, newest first. The entries are deleted with the account.",
        )
        .returns_page("AuditEntry")
        .fails_with(&[Reason::CustomerNotFound]),
        change(
            "PUT",
            "",
            "Changes the profile of an initial or active account. A new e-mail address of an active account takes effect when it \
             is confirmed.",
        )
        .body(object(profile_fields(), &[]))
            .fails_with(&[Reason::EmailAlreadyExists, Reason::RateLimitExceeded])
            .also_refuses(Reason::InvalidArgument, "webhook_uri", OWN_ADDRESS),
        change(
            "DELETE",
            "",
            "Deletes an account at once. The response shows its data for the last time; the stored row is anonymised.",
        )
        .fails_with(&[Reason::AccountHeld, Reason::DeletionsPaused]),
        change(
            "POST",
            "/freeze",
            "Freezes an account. It is deleted after the grace period, or at the date in the body. Only a platform admin can recover \
             it. An account that is frozen already is taken over, and a later date extends the freeze.",
        )
        .optional_body(object(
            vec![(
                "tm_deletion_scheduled",
                with_description(time(), "When the account is deleted. Not before the date that is set already."),
            )],
            &[],
        ))
        .fails_with(&[Reason::GracePeriodEnded])
        .also_refuses(
            Reason::InvalidArgument,
            "tm_deletion_scheduled",
            "`tm_deletion_scheduled` is not in the future, or is before the date that is set already.",
        ),
        change("POST", "/recover", "Recovers a frozen account before its deletion.")
            .fails_with(&[Reason::GracePeriodEnded]),
        change("PUT", "/plan", "Changes the plan of an account. Existing rows beyond the new limits stay.")
            .body(object(vec![("plan", enumeration(&Plan::ALL.map(Plan::as_str)))], &["plan"])),
        change("PUT", "/billing_account_id", "Selects the default billing account of an account from its own.")
            .body(object(vec![("billing_account_id", uuid())], &["billing_account_id"]))
            .fails_with(&[Reason::BillingAccountNotFound, Reason::InvalidId]),
        change(
            "POST",
            "/balance",
            "Credits (a positive amount) or debits (a negative one) the account's default billing account.",
        )
        .body(with_keywords(adjustment, at_least_one))
        .returns(reference("BillingAccount"))
        .fails_with(&[Reason::BillingAccountNotFound, Reason::InsufficientBalance])
        .also_refuses(Reason::InvalidArgument, "balance_credit", TOO_HIGH)
        .also_refuses(Reason::InvalidArgument, "balance_token", TOO_HIGH),
    ]
}
