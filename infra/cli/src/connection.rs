//! Which service a command talks to, and as whom.

use custodian_domain::Secret;

use crate::args::GlobalOptions;
use crate::client::Client;
use crate::config::{Session, SessionFile, variable};
use crate::exit::{Failure, FailureKind};
use crate::service_url::ServiceUrl;

/// The service of `--url`, of `CUSTODIAN_URL`, or of the sign-in, in this order.
fn service_url(options: &GlobalOptions, session: Option<&Session>) -> Result<ServiceUrl, Failure> {
    match options.url.clone().or_else(|| variable("CUSTODIAN_URL")) {
        Some(text) => ServiceUrl::parse(&text),
        None => session.map(|session| session.url.clone()).ok_or_else(|| {
            Failure::usage("No service is named. Use --url https://… or the variable CUSTODIAN_URL.")
        }),
    }
}

/// A client without a credential.
pub(crate) fn connect_anonymously(options: &GlobalOptions) -> Result<Client, Failure> {
    let session = SessionFile::locate(options.config.as_deref()).and_then(|file| file.load());
    let session = if options.url.is_some() { None } else { session? };
    Ok(Client::new(service_url(options, session.as_ref())?, None))
}

/// A client with the token of `CUSTODIAN_TOKEN` or of the sign-in. The token of a sign-in is only sent to the service that
/// issued it.
pub(crate) fn connect(options: &GlobalOptions) -> Result<Client, Failure> {
    let token = variable("CUSTODIAN_TOKEN").map(Secret::new);
    let session = match (&token, &options.url) {
        (Some(_), Some(_)) => None,
        _ => SessionFile::locate(options.config.as_deref())?.load()?,
    };
    let url = match service_url(options, session.as_ref()) {
        Err(_) if session.is_none() && options.url.is_none() && variable("CUSTODIAN_URL").is_none() => {
            return Err(not_signed_in("You are not signed in."));
        }
        url => url?,
    };
    let stored = session.filter(|session| session.url == url).map(|session| session.token);
    let Some(token) = token.or(stored) else {
        return Err(not_signed_in(&format!("You are not signed in at {}.", url.as_str())));
    };
    Ok(Client::new(url, Some(token)))
}

fn not_signed_in(sentence: &str) -> Failure {
    Failure::new(FailureKind::Forbidden, sentence).hint("Sign in with `custodianctl login --url https://…`.")
}
