//! Accounts: the own one, and all of them for platform admins.

use custodian_domain::kinds::{BILLING_ACCOUNTS, MOST_INTEGER};
use custodian_domain::{Plan, Reason, Status};
use serde_json::json;

use crate::operation::Operation;
use crate::schema::{described, named, object, one_of, uuid, with};
use crate::views::{new_password, profile, username};

pub(super) fn all() -> Vec<Operation> {
    [own(), every()].into_iter().flatten().collect()
}

fn own() -> Vec<Operation> {
    vec![
        Operation::new("GET", "/v1.0/customer", "The own account. Also while it awaits its verification or its deletion.")
            .gives_row("Customer"),
        Operation::new(
            "PUT",
            "/v1.0/customer",
            "Changes the own profile. A new e-mail address is reserved for a day and counts once it is confirmed by the link that \
             is mailed to it, if the session or the key that asked for it stands until then. To ask for it again mails a \
             fresh link; another one takes its place; the present one asks for nothing.",
        )
        .takes(object(profile(), &[]))
        .gives_row("Customer")
        .refuses(&[Reason::EmailAlreadyExists]),
        Operation::new("GET", "/v1.0/customer/usage", "How many rows of each kind there are, and how many the plan allows.")
            .gives(named("Usage")),
        Operation::new("PUT", "/v1.0/customer/billing_account_id", "Names the default billing account among the own ones.")
            .takes(object(vec![("billing_account_id", uuid())], &["billing_account_id"]))
            .gives_row("Customer")
            .refuses(&[Reason::BillingAccountNotFound, Reason::InvalidId]),
        Operation::new("GET", "/v1.0/billing_account", "The default billing account, with its balance.")
            .gives_row("BillingAccount")
            .of_kind(&BILLING_ACCOUNTS)
            .refuses(&[Reason::BillingAccountNotFound]),
    ]
}

fn every() -> Vec<Operation> {
    let mut opening = vec![("username", username()), ("password", new_password())];
    opening.extend(profile());
    let amount = || json!({ "type": "integer", "minimum": -MOST_INTEGER, "maximum": MOST_INTEGER });
    let adjustment = object(
        vec![("balance_credit", described(amount(), "In millionths.")), ("balance_token", amount())],
        &[],
    );
    let either = json!({ "anyOf": [{ "required": ["balance_credit"] }, { "required": ["balance_token"] }] });
    let status = json!({ "name": "status", "in": "query", "schema": one_of(&Status::ALL.map(Status::as_str)),
        "description": "Only accounts in this state; without it, those that are not gone." });
    let change = |method, end: &str, words| {
        Operation::new(method, format!("/v1.0/customers/{{id}}{end}"), words)
            .gives_row("Customer")
            .refuses(&[Reason::CustomerNotFound, Reason::StateInvalid])
    };
    vec![
        Operation::new("GET", "/v1.0/customers", "The accounts, newest first.")
            .parameter(status)
            .gives_page("Customer"),
        Operation::new(
            "POST",
            "/v1.0/customers",
            "Opens an account. It awaits the verification of its e-mail address.",
        )
        .takes(object(opening, &["username", "password", "email"]))
        .gives_row("Customer")
        .refuses(&[Reason::EmailAlreadyExists, Reason::AgentAlreadyExists]),
        Operation::new("GET", "/v1.0/customers/{id}", "Any account. Also one that is gone.")
            .gives_row("Customer")
            .refuses(&[Reason::CustomerNotFound]),
        change(
            "PUT",
            "",
            "Changes the profile of an account that is initial or active. A new e-mail address of an active one counts once \
             it is confirmed.",
        )
        .takes(object(profile(), &[]))
            .refuses(&[Reason::EmailAlreadyExists]),
        change(
            "DELETE",
            "",
            "Deletes an account at once. It is shown as it was, for the last time; what is stored is anonymised.",
        ),
        change("POST", "/freeze", "Freezes an account. It is deleted 30 days later."),
        change("POST", "/recover", "Recovers a frozen account before its deadline.")
            .refuses(&[Reason::GracePeriodEnded]),
        change("PUT", "/plan", "Gives an account another plan. What it has beyond the new limits stays.")
            .takes(object(vec![("plan", one_of(&Plan::ALL.map(Plan::as_str)))], &["plan"])),
        change(
            "POST",
            "/balance",
            "Credits (a positive amount) or debits (a negative one) the account's default billing account.",
        )
        .takes(with(adjustment, either))
        .gives(named("BillingAccount"))
        .refuses(&[Reason::BillingAccountNotFound, Reason::InsufficientBalance]),
    ]
}
