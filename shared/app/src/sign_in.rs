//! Sign-in. A wrong username, a wrong password and a terminal account give the same response after the same time.

use custodian_auth::{Claims, password};
use custodian_domain::ids::PLATFORM;
use custodian_domain::profile::fold_case;
use custodian_domain::{Agent, AgentId, Customer, Reason, Secret};
use uuid::Uuid;

use crate::context::Context;
use crate::create::hash_password;
use crate::failure::{Failure, ignore};
use crate::log;
use crate::metrics::Metric;
use crate::ports::{
    Authenticator, FindLogins, Prefetch, PrincipalId, Rehash, Session, Throttle, TokenSigner,
};
use crate::throttle::{password_limits, reserve};

pub async fn sign_in<S: FindLogins + Authenticator + Throttle + Rehash, E: TokenSigner>(
    cx: &Context<S, E>,
    username: String,
    password: Secret,
    address: &str,
) -> Result<Session, Failure> {
    let name = fold_case(&username);
    let limits = password_limits(&name, address);
    let (reservation, found) = futures::try_join!(reserve(cx, &limits), find_agent(cx, &username))?;
    let stored = found.as_ref().and_then(|(_, agent)| agent.password_hash.clone());
    let matches = password_matches(password.clone(), stored).await?;
    let Some((customer, agent)) = found.filter(|_| matches) else {
        cx.metrics.record(&[Metric::LoginsRefused]);
        return Err(Reason::InvalidCredentials.into());
    };
    log::record_customer(customer.id);
    reservation.release(cx).await;
    renew_hash(cx, &agent, password).await;
    let claims = Claims {
        agent_id: agent.id,
        customer_id: customer.id,
        customer_epoch: customer.epoch,
        agent_epoch: agent.epoch,
        operator: None,
    };
    let now = cx.now();
    let token = cx.services.signer().sign(claims, now, now.plus(cx.settings.session));
    let token = token.ok_or_else(|| Failure::unavailable("the signer", "the claims do not serialise"))?;
    Ok(Session { username: agent.username, token })
}

/// Replaces a hash that has outdated parameters. A new hash needs the password itself, which sign-in has.
async fn renew_hash<S: Rehash, E>(cx: &Context<S, E>, agent: &Agent, password: Secret) {
    if agent.password_hash.as_ref().is_some_and(password::is_outdated) {
        let renewed = match hash_password(cx, password).await {
            Ok(hash) => cx.store.rehash(agent, &hash).await,
            Err(failure) => Err(failure),
        };
        ignore(renewed, "the old hash still verifies, and the next sign-in tries again");
    }
}

/// The agent with this username, if it may sign in.
async fn find_agent<S: FindLogins + Authenticator, E>(
    cx: &Context<S, E>,
    username: &str,
) -> Result<Option<(Customer, Agent)>, Failure> {
    // Reads the same number of rows for an unknown username, so that the response time does not reveal whether it exists.
    let unknown = (PLATFORM, AgentId(Uuid::nil()));
    let (customer, agent) = cx.store.login(username).await?.unwrap_or(unknown);
    let read = cx.store.auth_context(customer, PrincipalId::Agent(agent), Prefetch::None).await?;
    let not_terminal = read.customer.filter(|customer| !customer.status().is_terminal());
    Ok(not_terminal.zip(read.principal.into_agent().filter(|agent| !agent.guest)))
}

/// Verifies a password on a blocking thread, because it takes tens of milliseconds of CPU time.
pub async fn password_matches(password: Secret, stored: Option<Secret>) -> Result<bool, Failure> {
    tokio::task::spawn_blocking(move || password::verify(&password, stored.as_ref()))
        .await
        .map_err(|cause| Failure::unavailable("password verification", cause))
}
