//! Logging in. A wrong name, a wrong password and an account that is gone are one answer, in the same time.

use custodian_auth::{Claims, password};
use custodian_domain::ids::PLATFORM;
use custodian_domain::profile::folded;
use custodian_domain::{Agent, AgentId, Customer, Reason, Secret};
use uuid::Uuid;

use crate::context::Context;
use crate::create::hash_password;
use crate::failure::{Failure, ignore};
use crate::log;
use crate::metrics::Metric;
use crate::ports::{Admissions, FindLogins, Principal, Rehash, Session, Signs, Throttles, Wanted};
use crate::throttle::{attempt, password_of};

pub async fn sign_in<S: FindLogins + Admissions + Throttles + Rehash, E: Signs>(
    cx: &Context<S, E>,
    username: String,
    password: Secret,
    address: &str,
) -> Result<Session, Failure> {
    let name = folded(&username);
    let limits = password_of(&name, address);
    let (attempt, found) = futures::try_join!(attempt(cx, &limits), find(cx, &username))?;
    let stored = found.as_ref().and_then(|(_, agent)| agent.password_hash.clone());
    let right = password_matches(password.clone(), stored).await?;
    let Some((customer, agent)) = found.filter(|_| right) else {
        cx.meter.note(&[Metric::LoginsRefused]);
        return Err(Reason::InvalidCredentials.into());
    };
    log::concerns(customer.id);
    attempt.take_back(cx).await;
    renew_hash(cx, &agent, password).await;
    let claims = Claims {
        agent_id: agent.id,
        customer_id: customer.id,
        customer_epoch: customer.epoch,
        agent_epoch: agent.epoch,
        operator: None,
    };
    let now = cx.now();
    let token = cx.ends.signer().sign(claims, now, now.plus(cx.settings.session));
    let token = token.ok_or_else(|| Failure::unavailable("the signer", "claims could not be written"))?;
    Ok(Session { username: agent.username, token })
}

/// A hash made with other parameters than today's is replaced while the password is at hand.
async fn renew_hash<S: Rehash, E>(cx: &Context<S, E>, agent: &Agent, password: Secret) {
    if agent.password_hash.as_ref().is_some_and(password::is_outdated) {
        let renewed = match hash_password(cx, password).await {
            Ok(hash) => cx.store.rehash(agent, &hash).await,
            Err(failure) => Err(failure),
        };
        ignore(renewed, "the old hash still verifies, and the next login tries again");
    }
}

/// The agent with this name, if somebody may log in as it.
async fn find<S: FindLogins + Admissions, E>(
    cx: &Context<S, E>,
    username: &str,
) -> Result<Option<(Customer, Agent)>, Failure> {
    // For a name that nobody has, as much is read as for one that somebody has.
    let nobody = (PLATFORM, AgentId(Uuid::nil()));
    let (customer, agent) = cx.store.login(username).await?.unwrap_or(nobody);
    let read = cx.store.admission(customer, Principal::Agent(agent), Wanted::Nothing).await?;
    let living = read.customer.filter(|customer| !customer.status().is_gone());
    Ok(living.zip(read.agent.filter(|agent| !agent.guest)))
}

/// Compares off the async threads: it takes tens of milliseconds of pure computing.
pub async fn password_matches(password: Secret, stored: Option<Secret>) -> Result<bool, Failure> {
    tokio::task::spawn_blocking(move || password::verify(&password, stored.as_ref()))
        .await
        .map_err(|cause| Failure::unavailable("password verification", cause))
}
