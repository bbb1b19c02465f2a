//! The names that rows should hold, compared with the identifiers.

use custodian_app::Failure;
use custodian_app::ports::ReadAgents;
use custodian_cascade::restore::NameRepair;
use custodian_domain::ids::lowest_at;
use custodian_domain::kinds::{self, Kind};
use custodian_domain::{Agent, AgentId, Customer, CustomerId, Timestamp};

use super::claims::{Holder, claim_again};
use super::row::{Pairs, Row, WantedName};
use crate::Store;
use crate::batch_get::MAX_BATCH_GET;
use crate::identifiers::{self, IdentifierRow, MAIN_ROW, Strength, owner_partition};
use crate::item::{Item, composite_key, decode, s};
use crate::resources::decode_resource;
use crate::schema::{CUSTOMERS, IDENTIFIERS};

/// The names of a row. The guest agent has none.
pub(super) fn of_row(kind: &'static Kind, row: &Row) -> Result<Vec<WantedName>, Failure> {
    if kind.table == kinds::AGENTS.table {
        let agent: Agent = decode(row.stored.clone())?;
        let text = identifiers::stored_username(&agent.username);
        let named = Some(WantedName { text, agent: Some(agent.id) }).filter(|_| !agent.guest);
        return Ok(named.into_iter().collect());
    }
    let Some(unique) = &kind.unique else { return Ok(Vec::new()) };
    let resource = decode_resource(kind, row.stored.clone())?.row;
    let names = unique.of(resource.customer_id, &resource.fields);
    Ok(names.into_iter().map(|name| WantedName { text: name.0, agent: None }).collect())
}

/// The main rows of these names, and their rows under this owner.
pub(super) async fn read_pairs(store: &Store, owner: CustomerId, names: &[&str]) -> Result<Pairs, Failure> {
    let keys: Vec<Item> = names
        .iter()
        .flat_map(|name| {
            let of_owner = composite_key("id", owner_partition(owner), "key", name);
            [identifiers::main_key(name), of_owner]
        })
        .collect();
    let mut pairs = Pairs::new();
    for keys in keys.chunks(MAX_BATCH_GET) {
        let found = store.batch_get(vec![(IDENTIFIERS, keys.to_vec())]).await?;
        for item in found.into_values().flatten() {
            let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
            let key = (part("id").unwrap_or_default(), part("key").unwrap_or_default());
            pairs.insert(key, item);
        }
    }
    Ok(pairs)
}

pub(super) fn main_row<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a Item> {
    pairs.get(&(name.to_owned(), MAIN_ROW.to_owned()))
}

/// Whether the owner holds the name by both rows of the pair, and for this agent.
fn is_held(pairs: &Pairs, owner: CustomerId, name: &WantedName) -> bool {
    let is_owned = main_row(pairs, &name.text).is_some_and(|main| {
        let is_agents = name.agent.is_none_or(|agent| main.get("agent_id") == Some(&s(agent)));
        main.get("owner") == Some(&s(owner)) && is_agents
    });
    is_owned && pairs.contains_key(&(owner_partition(owner), name.text.clone()))
}

pub(super) async fn repair_rows(
    store: &Store,
    kind: &'static Kind,
    rows: &[&Row],
) -> Result<Vec<NameRepair>, Failure> {
    let Some(owner) = rows.first().and_then(|row| row.owner) else { return Ok(Vec::new()) };
    let wanted: Vec<_> = rows.iter().map(|row| of_row(kind, row)).collect::<Result<_, _>>()?;
    let texts: Vec<&str> = wanted.iter().flatten().map(|name| &*name.text).collect();
    let mut distinct = texts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let pairs = read_pairs(store, owner, &distinct).await?;
    let mut repairs = Vec::with_capacity(rows.len());
    for (row, names) in rows.iter().zip(&wanted) {
        let mut repair = NameRepair::default();
        for name in names.iter().filter(|name| !is_held(&pairs, owner, name)) {
            let holder = Holder { owner, table: kind.table, row: &row.stored, confirmed: None };
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
    if is_held(&pairs, customer.id, &WantedName { text: text.clone(), agent: None }) {
        return Ok(repair);
    }
    let main = main_row(&pairs, &text).cloned().map(decode::<IdentifierRow>).transpose()?;
    let known = main.filter(|main| main.owner == customer.id).and_then(|main| main.agent_id);
    let agent = match known {
        Some(agent) => Some(agent),
        None => owner_agent(store, customer).await?,
    };
    let (row, verified) = (crate::customers::item(customer)?, customer.email_verified);
    let holder = Holder { owner: customer.id, table: CUSTOMERS, row: &row, confirmed: Some(verified) };
    let strength = if verified { Strength::Confirmed } else { Strength::Unconfirmed };
    match claim_again(store, &holder, &WantedName { text, agent }, strength).await? {
        Ok(is_new) => repair.reclaimed += u64::from(is_new),
        // An unverified account reserves nothing against the account that confirmed its address.
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
