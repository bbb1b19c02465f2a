//! Sign-in. A wrong username, a wrong password and a terminal account give the same response after the same time. Only for a name
//! of several agents, a wrong password takes longer.

use custodian_auth::password::{self, PasswordMatch};
use custodian_domain::precis::username_key;
use custodian_domain::{Agent, Reason, Secret};

use crate::context::Context;
use crate::create::hash_password;
use crate::failure::{Failure, ignore};
use crate::log;
use crate::metrics::Metric;
use crate::named_agents::{NamedAgent, named_agents};
use crate::ports::{
    Authenticator, FindNames, Prefetch, PrincipalId, PrincipalRows, RecordSignIns, SignedInAgent, Throttle,
    TokenSigner,
};
use crate::rate_limits::{client_network, known_network_quotas, sign_in_quotas};
use crate::throttle::{Reservation, reserve};

pub async fn sign_in<S: FindNames + Authenticator + Throttle + RecordSignIns, E: TokenSigner>(
    cx: &Context<S, E>,
    username: String,
    password: Secret,
    client_ip: &str,
) -> Result<SignedInAgent, Failure> {
    let name = username_key(&username);
    let quotas = sign_in_quotas(&name, client_ip);
    let (reserved, named) = futures::join!(reserve(cx, &quotas), named_agents(cx, &username));
    let named = match named {
        Ok(named) => named,
        Err(failure) => return Err(release_after(cx, reserved, failure).await),
    };
    let reservation = match reserved {
        Err(refused) if refused.is(Reason::RateLimitExceeded) => {
            reserve_in_known_network(cx, &name, client_ip, &named).await?.ok_or(refused)?
        }
        reserved => reserved?,
    };
    let matched = match first_live_match(cx, named, &password).await {
        Ok(matched) => matched,
        Err(failure) => return Err(release_after(cx, Ok(reservation), failure).await),
    };
    let Some((NamedAgent { customer, agent, .. }, password_match)) = matched else {
        reservation.fail(cx).await;
        cx.metrics.record(&[Metric::LoginsRefused]);
        return Err(Reason::InvalidCredentials.into());
    };
    log::record_customer(customer.id);
    log::record_agent(agent.id);
    futures::join!(reservation.release(cx), record_network(cx, &agent, client_ip));
    renew_hash(cx, &agent, password_match, password).await;
    let (now, issuer) = (cx.now(), &cx.settings.token_issuer);
    let expires = now.plus(cx.settings.session);
    let token = cx.services.signer().sign_login((&customer, &agent), issuer, now, expires);
    let token = token.ok_or_else(|| Failure::unavailable("the signer", "the claims do not serialise"))?;
    Ok(SignedInAgent { username: agent.username, token })
}

/// The first agent whose password this is, unless the key on which it depends is no longer valid.
async fn first_live_match<S: Authenticator, E>(
    cx: &Context<S, E>,
    named: Vec<NamedAgent>,
    password: &Secret,
) -> Result<Option<(NamedAgent, PasswordMatch)>, Failure> {
    let Some(matched) = first_match(named, password).await? else { return Ok(None) };
    Ok(is_key_live(cx, &matched.0.agent).await?.then_some(matched))
}

/// Whether the key on which the agent's password or permission depends is valid, if there is one.
async fn is_key_live<S: Authenticator, E>(cx: &Context<S, E>, agent: &Agent) -> Result<bool, Failure> {
    let Some(id) = agent.depends_on_key() else { return Ok(true) };
    let read = cx.store.auth_context(agent.customer_id, PrincipalId::Key(id), Prefetch::None).await?;
    Ok(matches!(read.principal, PrincipalRows::Key(Some(key)) if key.is_live(cx.now())))
}

/// Releases quota after a failure of the service, because that is not a wrong password.
async fn release_after<S: Throttle, E>(
    cx: &Context<S, E>,
    reserved: Result<Reservation, Failure>,
    failure: Failure,
) -> Failure {
    if let Ok(reservation) = reserved {
        reservation.release(cx).await;
    }
    failure
}

/// Reserves quota if the agent signed in from this network before, even if guesses from other networks have used up the quota of
/// the name.
async fn reserve_in_known_network<S: Throttle, E>(
    cx: &Context<S, E>,
    name: &str,
    client_ip: &str,
    named: &[NamedAgent],
) -> Result<Option<Reservation>, Failure> {
    for named in named {
        if named.agent.knows_network(&network_hash(cx, &named.agent, client_ip)?, cx.now()) {
            return reserve(cx, &known_network_quotas(name, client_ip)).await.map(Some);
        }
    }
    Ok(None)
}

/// Records the network of a sign-in.
async fn record_network<S: RecordSignIns, E>(cx: &Context<S, E>, agent: &Agent, client_ip: &str) {
    let recorded = async {
        match agent.networks_after(network_hash(cx, agent, client_ip)?, cx.now()) {
            Some(networks) => cx.store.record_networks(agent, &networks).await,
            None => Ok(()),
        }
    };
    ignore(recorded.await, "the next sign-in from this network records it");
}

/// The keyed hash differs from agent to agent, so it does not reveal who shares a network.
fn network_hash<S, E>(cx: &Context<S, E>, agent: &Agent, client_ip: &str) -> Result<String, Failure> {
    cx.keys.keyed_hash("agent-network", &format!("{} {}", agent.id, client_network(client_ip)))
}

/// Replaces a hash that has outdated parameters or is that of an unprepared password. A new hash needs the password itself, which
/// sign-in has.
async fn renew_hash<S: RecordSignIns, E>(
    cx: &Context<S, E>,
    agent: &Agent,
    password_match: PasswordMatch,
    password: Secret,
) {
    let is_outdated = agent.password_hash.as_ref().is_some_and(password::is_outdated);
    if is_outdated || password_match == PasswordMatch::RightUnprepared {
        let renewed = match hash_password(cx, password).await {
            Ok(hash) => cx.store.rehash(agent, &hash).await,
            Err(failure) => Err(failure),
        };
        ignore(renewed, "the old hash still verifies, and the next sign-in tries again");
    }
}

/// The first agent whose password this is. An unknown name costs a verification as well.
async fn first_match(
    named: Vec<NamedAgent>,
    password: &Secret,
) -> Result<Option<(NamedAgent, PasswordMatch)>, Failure> {
    if named.is_empty() {
        verify(password.clone(), None).await?;
    }
    for named in named {
        match verify(password.clone(), named.agent.password_hash.clone()).await? {
            PasswordMatch::Wrong => {}
            right => return Ok(Some((named, right))),
        }
    }
    Ok(None)
}

pub async fn password_matches(password: Secret, stored: Option<Secret>) -> Result<bool, Failure> {
    Ok(verify(password, stored).await? != PasswordMatch::Wrong)
}

/// Verifies a password on a blocking thread, because it takes tens of milliseconds of CPU time.
async fn verify(password: Secret, stored: Option<Secret>) -> Result<PasswordMatch, Failure> {
    tokio::task::spawn_blocking(move || password::verify(&password, stored.as_ref()))
        .await
        .map_err(|cause| Failure::unavailable("password verification", cause))
}
