//! The configuration of a function: the environment variables that template.yaml sets. In a function, only this file and libraries
//! read the environment.

use std::time::Duration;

use custodian_app::{Brand, Failure, Settings, WebhookBudget, WebhookBudgets};
use custodian_domain::destination::DestinationRules;
use custodian_domain::kinds::{self, Kind};
use custodian_domain::own_address::OwnAddress;

const MINUTE: Duration = Duration::from_secs(60);

/// Reads a variable that must be set.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn required(name: &'static str) -> Result<String, Failure> {
    std::env::var(name).map_err(|_| Failure::unavailable("the configuration", format!("{name} is not set")))
}

fn variable_or(name: &'static str, default: &str) -> String {
    required(name).unwrap_or_else(|_| default.to_owned())
}

fn number(name: &'static str, default: u32) -> Result<u32, Failure> {
    let Ok(text) = required(name) else { return Ok(default) };
    text.parse().map_err(|_| Failure::unavailable("the configuration", format!("{name} is not a number")))
}

fn duration(name: &'static str, unit: Duration, default: Duration) -> Result<Duration, Failure> {
    if required(name).is_err() {
        return Ok(default);
    }
    Ok(number(name, 0)? * unit)
}

/// The name of the function's stack.
pub(crate) fn stack() -> String {
    variable_or("STACK_NAME", "custodian")
}

pub(crate) fn settings() -> Result<Settings, Failure> {
    let default = Settings::default();
    Ok(Settings {
        base_url: variable_or("BASE_URL", &default.base_url).trim_end_matches('/').to_owned(),
        token_issuer: variable_or("TOKEN_ISSUER", &default.token_issuer),
        grace: duration("GRACE_DAYS", Settings::DAY, default.grace)?,
        verify_within: duration("VERIFY_DAYS", Settings::DAY, default.verify_within)?,
        verify_sign_up_within: duration("VERIFY_SIGN_UP_MINUTES", MINUTE, default.verify_sign_up_within)?,
        mail_sender: variable_or("MAIL_SENDER", &default.mail_sender),
        brand: Brand {
            product_name: variable_or("PRODUCT_NAME", &default.brand.product_name),
            logo_url: variable_or("LOGO_URL", ""),
            accent_color: variable_or("ACCENT_COLOR", ""),
            support: variable_or("SUPPORT_CONTACT", ""),
            return_url: variable_or("RETURN_URL", ""),
        },
        destinations: DestinationRules { own: own_addresses(), ..default.destinations },
        webhook_budgets: webhook_budgets(default.webhook_budgets)?,
        mails_per_hour: number("MAILS_PER_HOUR", default.mails_per_hour)?,
        reminder_days: reminder_days(default.reminder_days)?,
        max_deletions_per_hour: number("MAX_DELETIONS_PER_HOUR", default.max_deletions_per_hour)?,
        read_bytes_per_second: number("READ_BYTES_PER_SECOND", default.read_bytes_per_second)?,
        ..default
    })
}

/// The days of the reminders, as a list with commas. An empty list means no reminders.
fn reminder_days(default: Vec<u16>) -> Result<Vec<u16>, Failure> {
    let Ok(text) = required("REMINDER_DAYS") else { return Ok(default) };
    let days = text.split(',').map(str::trim).filter(|day| !day.is_empty()).map(str::parse);
    days.collect::<Result<_, _>>()
        .map_err(|_| Failure::unavailable("the configuration", "REMINDER_DAYS is not a list of days"))
}

/// Where this stack is reached, as far as the template can tell the function.
fn own_addresses() -> Vec<OwnAddress> {
    let base_url = OwnAddress::host_of(&variable_or("BASE_URL", ""));
    base_url.into_iter().chain(required("API_ID").ok().map(OwnAddress::Api)).collect()
}

fn webhook_budgets(default: WebhookBudgets) -> Result<WebhookBudgets, Failure> {
    let budget = |attempts, mebibytes, default: WebhookBudget| {
        let bytes = number(mebibytes, 0)?;
        Ok::<_, Failure>(WebhookBudget {
            attempts: number(attempts, default.attempts)?,
            bytes: if bytes == 0 { default.bytes } else { u64::from(bytes) << 20 },
        })
    };
    Ok(WebhookBudgets {
        endpoint: budget("WEBHOOK_ATTEMPTS_PER_HOUR", "WEBHOOK_MEBIBYTES_PER_HOUR", default.endpoint)?,
        destination: budget(
            "DESTINATION_ATTEMPTS_PER_MINUTE",
            "DESTINATION_MEBIBYTES_PER_MINUTE",
            default.destination,
        )?,
    })
}

/// The kind of resource that this function serves.
pub fn resource_kind() -> Result<&'static Kind, lambda_http::Error> {
    let name = required("RESOURCE_KIND")?;
    kinds::by_route(&name).ok_or_else(|| format!("RESOURCE_KIND {name} is not a kind").into())
}
