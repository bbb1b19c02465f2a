//! Which service a command talks to, and as whom.

use custodian_domain::Secret;

use crate::args::GlobalOptions;
use crate::client::Client;
use crate::config::{Session, SessionFile, variable};
use crate::exit::{Failure, FailureKind};
use crate::service_url::ServiceUrl;

/// The service of `--url` or `CUSTODIAN_URL`, in this order.
fn named_service(options: &GlobalOptions) -> Result<Option<ServiceUrl>, Failure> {
    let text = match &options.url {
        Some(url) => Some(url.clone()),
        None => variable("CUSTODIAN_URL")?,
    };
    text.map(|text| ServiceUrl::parse(&text)).transpose()
}

fn session(options: &GlobalOptions) -> Result<Option<Session>, Failure> {
    SessionFile::locate(options.config.as_deref())?.load()
}

/// A client without a credential, of the named service or the one of the sign-in.
pub(crate) fn connect_anonymously(options: &GlobalOptions) -> Result<Client, Failure> {
    if let Some(url) = named_service(options)? {
        return Client::new(url, None);
    }
    let session = session(options)?.ok_or_else(|| {
        Failure::usage("No service is named. Use --url https://… or the variable CUSTODIAN_URL.")
    })?;
    Client::new(session.url, None)
}

/// A client with the token of `CUSTODIAN_TOKEN` or of the sign-in. The token of a sign-in is only sent to the service that
/// issued it.
pub(crate) fn connect(options: &GlobalOptions) -> Result<Client, Failure> {
    let (url, token) = (named_service(options)?, variable("CUSTODIAN_TOKEN")?.map(Secret::new));
    match (url, token) {
        (Some(url), Some(token)) => Client::new(url, Some(token)),
        (url, token) => {
            let session = session(options)?;
            let Some(session) = session.filter(|session| url.as_ref().is_none_or(|url| *url == session.url))
            else {
                return Err(not_signed_in(url.as_ref()));
            };
            Client::new(session.url, Some(token.unwrap_or(session.token)))
        }
    }
}

fn not_signed_in(url: Option<&ServiceUrl>) -> Failure {
    let place = url.map(|url| format!(" at {}", url.as_str())).unwrap_or_default();
    Failure::new(FailureKind::Forbidden, format!("You are not signed in{place}."))
        .hint("Sign in with `custodianctl login --url https://…`.")
}
