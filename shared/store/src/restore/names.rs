//! The names that rows should hold, compared with the identifiers.

use custodian_app::Failure;
use custodian_app::ports::ReadAgents;
use custodian_cascade::restore::NameRepair;
use custodian_domain::ids::lowest_at;
use custodian_domain::kinds::Kind;
use custodian_domain::{AgentId, Customer, CustomerId, Timestamp};

use super::claims::{Holder, claim_again};
use super::holders::read_identifiers;
use super::row::{Pairs, Row, WantedName, main_row, names_of};
use crate::Store;
use crate::identifiers::{self, IdentifierRow, Strength, main_key, owner_partition, owner_row_key};
use crate::item::{decode, s};

/// The main rows of these names, and their rows under this owner.
async fn read_pairs(store: &Store, owner: CustomerId, names: &[&str]) -> Result<Pairs, Failure> {
    let keys = names.iter().flat_map(|name| [main_key(name), owner_row_key(owner, name)]);
    read_identifiers(store, &keys.collect::<Vec<_>>()).await
}

/// Whether the owner holds the name by both rows of the pair, and for this row.
fn is_held(pairs: &Pairs, owner: CustomerId, name: &WantedName) -> bool {
    let is_owned = main_row(pairs, &name.text)
        .is_some_and(|main| main.get("owner") == Some(&s(owner)) && name.is_held_in(main));
    is_owned && pairs.contains_key(&(owner_partition(owner), name.text.clone()))
}

pub(super) async fn repair_rows(
    store: &Store,
    kind: &'static Kind,
    rows: &[&Row],
) -> Result<Vec<NameRepair>, Failure> {
    let Some(owner) = rows.first().and_then(|row| row.owner) else { return Ok(Vec::new()) };
    let wanted: Vec<_> = rows.iter().map(|row| names_of(kind, &row.stored)).collect::<Result<_, _>>()?;
    let texts: Vec<&str> = wanted.iter().flatten().map(|name| &*name.text).collect();
    let mut distinct = texts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let pairs = read_pairs(store, owner, &distinct).await?;
    let mut repairs = Vec::with_capacity(rows.len());
    for (row, names) in rows.iter().zip(&wanted) {
        let mut repair = NameRepair::default();
        for name in names.iter().filter(|name| !is_held(&pairs, owner, name)) {
            let holder = Holder { owner, kind: Some(kind), row: &row.stored, confirmed: None };
            match claim_again(store, &holder, name, Strength::Unconfirmed).await? {
                Ok(is_new) => repair.reclaimed += u64::from(is_new),
                Err(other) => repair.held_by.push(other),
            }
        }
        repairs.push(repair);
    }
    Ok(repairs)
}

pub(super) async fn repair_email(store: &Store, customer: &Customer) -> Result<NameRepair, Failure> {
    let mut repair = NameRepair::default();
    if customer.profile.email.is_empty() {
        return Ok(repair);
    }
    let text = identifiers::email(&customer.profile.email);
    let pairs = read_pairs(store, customer.id, &[&text]).await?;
    let main = main_row(&pairs, &text).cloned().map(decode::<IdentifierRow>).transpose()?;
    // A claim that is restored from before the verification is unconfirmed, so a new agent of another account could get the address
    // as its username.
    let has_right_confirmation = main.is_some_and(|main| main.confirmed == Some(customer.email_verified));
    let wanted = WantedName { text: text.clone(), agent: None, row_id: None };
    if has_right_confirmation && is_held(&pairs, customer.id, &wanted) {
        return Ok(repair);
    }
    let known = main.filter(|main| main.owner == customer.id).and_then(|main| main.agent_id);
    let agent = match known {
        Some(agent) => Some(agent),
        None => owner_agent(store, customer).await?,
    };
    let (row, verified) = (crate::customers::item(customer)?, customer.email_verified);
    let holder = Holder { owner: customer.id, kind: None, row: &row, confirmed: Some(verified) };
    let strength = if verified { Strength::Confirmed } else { Strength::Unconfirmed };
    match claim_again(store, &holder, &WantedName { text, agent, row_id: None }, strength).await? {
        Ok(is_new) => repair.reclaimed += u64::from(is_new),
        // Another account may confirm the address of an unverified one and take it, so its loss is no conflict.
        Err(other) => repair.held_by.extend(Some(other).filter(|_| verified)),
    }
    Ok(repair)
}

/// The administrator that was created with the account: one of its two oldest agents.
async fn owner_agent(store: &Store, customer: &Customer) -> Result<Option<AgentId>, Failure> {
    let next_instant = Timestamp::from_micros(customer.tm_create.micros() + 1);
    let oldest = store.agents(customer.id, Some(lowest_at(next_instant)), 2).await?.rows;
    Ok(oldest
        .iter()
        .find(|agent| custodian_app::confirm_email::is_owner(customer, agent))
        .map(|agent| agent.id))
}
