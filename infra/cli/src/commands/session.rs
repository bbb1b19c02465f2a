//! `login`, `logout` and `whoami`.

use custodian_domain::{Permission, Secret};
use serde_json::{Value, json};

use crate::args::{GlobalOptions, Login};
use crate::client::{ApiRequest, Client};
use crate::config::{Session, SessionFile};
use crate::connection::{connect, connect_anonymously};
use crate::console::{ask, ask_password, note, read_line};
use crate::exit::Failure;
use crate::output::{Output, clean, field, fields};

pub(crate) fn login(options: &GlobalOptions, output: Output, login: &Login) -> Result<(), Failure> {
    let client = connect_anonymously(options)?;
    let username = login.username.clone().map_or_else(|| ask("Username:"), Ok)?;
    let password = if login.password_stdin { read_line().map(Secret::new)? } else { ask_password()? };
    let body = json!({ "username": username, "password": password.expose() });
    let reply = client.send(&ApiRequest::sign_in(body))?.body;
    let token = reply.get("token").and_then(Value::as_str).map(Secret::new);
    let token = token.ok_or_else(|| Failure::unavailable("The service sent no token."))?;
    let session = Session { url: client.url().clone(), username, token };
    SessionFile::locate(options.config.as_deref())?.save(&session)?;
    let signed_in = json!({ "url": session.url.as_str(), "username": session.username });
    output.result(&signed_in, |_| {
        format!("You are signed in as {} at {}.", clean(&session.username), session.url.as_str())
    })
}

/// Signs out the token in use. If the session file holds it, removes the file, even if the service cannot be reached.
pub(crate) fn logout(options: &GlobalOptions) -> Result<(), Failure> {
    let client = connect(options)?;
    let response = client.send(&ApiRequest::post("/auth/logout", json!({}))?);
    let stored = file_with_token(options, &client);
    let is_stored = stored.is_some();
    if let Some(file) = stored {
        file.remove()?;
    }
    match response {
        Ok(_) => note("You are signed out."),
        Err(failure) if is_stored => {
            return Err(failure
                .hint("The token was removed from this computer, but it may stay valid until it expires."));
        }
        Err(failure) => return Err(failure.hint("Remove the variable CUSTODIAN_TOKEN yourself.")),
    }
    Ok(())
}

/// The session file, if it holds the client's token. A file that cannot be read does not: the token is that of the environment, or
/// there would be no client.
fn file_with_token(options: &GlobalOptions, client: &Client) -> Option<SessionFile> {
    let file = SessionFile::locate(options.config.as_deref()).ok()?;
    let session = file.load().ok()??;
    (client.token() == Some(&session.token)).then_some(file)
}

pub(crate) fn whoami(options: &GlobalOptions, output: Output) -> Result<(), Failure> {
    let client = connect(options)?;
    output.result(&client.get("/v1.0/me")?.body, |agent| {
        fields(&[
            ("Username", field(agent, "username")),
            ("Name", field(agent, "name")),
            ("Permission", permission(agent)),
            ("Agent", field(agent, "id")),
            ("Account", field(agent, "customer_id")),
            ("Service", client.url().as_str().to_owned()),
        ])
    })
}

fn permission(agent: &Value) -> String {
    let bits = agent
        .get("permission")
        .and_then(Value::as_u64)
        .and_then(|bits| u32::try_from(bits).ok())
        .unwrap_or_default();
    let names = [
        (Permission::PLATFORM, "platform admin"),
        (Permission::ADMIN, "admin"),
        (Permission::MANAGER, "manager"),
        (Permission::AGENT, "agent"),
    ];
    let held: Vec<_> = names
        .into_iter()
        .filter(|(permission, _)| permission.bits() & bits != 0)
        .map(|(_, name)| name)
        .collect();
    if held.is_empty() { "none".to_owned() } else { held.join(", ") }
}
