//! What the service refused, as a sentence for a person.

use std::io::ErrorKind;
use std::time::Duration;

use rustls::CertificateError;
use serde_json::Value;
use ureq::http::StatusCode;
use uuid::Uuid;

use crate::exit::{Failure, FailureKind};
use crate::output::clean;
use crate::service_url::ServiceUrl;

/// The failure of a response that is no success or no JSON.
pub(crate) fn failure(
    status: StatusCode,
    body: Option<&Value>,
    retry_after: Option<Duration>,
    url: &ServiceUrl,
) -> Failure {
    let error = body.and_then(|body| body.get("error"));
    let text = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str);
    let (Some(reason), Some(message)) = (text("reason"), text("message")) else {
        return foreign(status, url);
    };
    let mut failure = Failure::new(kind(status, reason), sentence(message) + &details(error));
    failure.running_export = running_export(error).filter(|_| reason == "EXPORT_ALREADY_RUNNING");
    failure.retry_after = retry_after.filter(|_| matches!(status.as_u16(), 429 | 503));
    if let Some(wait) = failure.retry_after {
        return failure.hint(&format!("Try again in {}.", duration(wait)));
    }
    match (hint(reason), text("request_id")) {
        (Some(hint), _) => failure.hint(hint),
        (None, Some(id)) if status.is_server_error() => failure
            .hint(&format!("Try again later, and report the request {} if it does not help.", clean(id))),
        _ => failure,
    }
}

fn kind(status: StatusCode, reason: &str) -> FailureKind {
    match (status.as_u16(), reason) {
        (_, "ROUTE_NOT_FOUND") => FailureKind::Refused,
        (401 | 403, _) => FailureKind::Forbidden,
        (404, _) => FailureKind::NotFound,
        (429 | 500.., _) => FailureKind::Unavailable,
        _ => FailureKind::Refused,
    }
}

/// What to do next, where the service's own sentence does not say it.
fn hint(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "AUTHENTICATION_REQUIRED" | "INVALID_TOKEN" => "Sign in with `custodianctl login`.",
        "INVALID_CREDENTIALS" => {
            "If you are signing in, check the username and the password. Otherwise sign in again with `custodianctl login`."
        }
        "PERMISSION_DENIED" => {
            "`export` needs an administrator of the account. The commands for operators need a platform admin. Sign in with `custodianctl login`."
        }
        "ROUTE_NOT_FOUND" => "This version of the service does not have this command.",
        "CUSTOMER_NOT_FOUND" => "Find the account with `custodianctl customers search`.",
        "ACCOUNT_HELD" => "See `custodianctl hold show ID`.",
        "DELETIONS_PAUSED" => "See `custodianctl brake status`.",
        "PRECONDITION_FAILED" => {
            "Another request has changed the account. Show it again, and then repeat the command."
        }
        "DELETION_NOT_FOUND" => "See `custodianctl customers show ID`.",
        _ => return None,
    })
}

/// Which argument is wrong, and why.
fn details(error: Option<&Value>) -> String {
    let details = error.and_then(|error| error.get("details")).and_then(Value::as_array);
    let text = |detail: &Value| {
        let part = |name: &str| detail.get(name).and_then(Value::as_str).map(clean);
        Some(format!(" {}: {}", part("field")?, sentence(&part("description")?)))
    };
    details.into_iter().flatten().filter_map(text).collect()
}

/// The id of the running export in the details.
fn running_export(error: Option<&Value>) -> Option<Uuid> {
    let details = error?.get("details")?.as_array()?;
    details.iter().find_map(|detail| Uuid::try_parse(detail.get("export_id")?.as_str()?).ok())
}

fn sentence(text: &str) -> String {
    let text = clean(text);
    if text.ends_with(['.', '!', '?']) { text } else { text + "." }
}

fn duration(wait: Duration) -> String {
    match wait.as_secs() {
        1 => "1 second".to_owned(),
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// A response that Custodian did not write.
fn foreign(status: StatusCode, url: &ServiceUrl) -> Failure {
    let kind = match status.as_u16() {
        401 | 403 => FailureKind::Forbidden,
        _ => FailureKind::Unavailable,
    };
    Failure::new(
        kind,
        format!("{} does not answer like Custodian (status {}).", url.as_str(), status.as_u16()),
    )
    .hint("Check the address, and try again later.")
}

/// The failure of a request without a response.
pub(crate) fn no_response(error: &ureq::Error, url: &ServiceUrl) -> Failure {
    let cause = match error {
        ureq::Error::HostNotFound => "its name is not known".to_owned(),
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        ureq::Error::Io(error) => io_cause(error),
        ureq::Error::Rustls(error) => tls_cause(error),
        error => error.to_string(),
    };
    Failure::unavailable(format!("{} cannot be reached: {cause}.", url.as_str()))
        .hint("Check the address and your network, and try again.")
}

fn io_cause(error: &std::io::Error) -> String {
    if let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        return tls_cause(error);
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        ErrorKind::TimedOut => "it does not answer in time".to_owned(),
        _ => error.to_string(),
    }
}

fn tls_cause(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(cause) = error else {
        return format!("the encryption failed ({error})");
    };
    match cause {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        _ => "this computer does not trust its certificate",
    }
    .to_owned()
}
