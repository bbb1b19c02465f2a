//! Names that identify no row.

use std::collections::{BTreeMap, HashSet};

use custodian_app::Failure;
use custodian_app::ports::ReadAgents;
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{Customer, CustomerId};

use super::names::{main_row, read_pairs};
use super::row::{Row, text};
use crate::Store;
use crate::expr::Expr;
use crate::identifiers::{self, IdentifierRow, MAIN_ROW, PAIR_ATTRIBUTE, owner_partition};
use crate::item::{Item, composite_key, decode, s};
use crate::resources::decode_resource;
use crate::schema::IDENTIFIERS;

/// The rows of a kind are read in queries of at most this many rows.
const MAX_ROWS_PER_QUERY: usize = 1000;

/// Handles the identifiers of a living account in a page: mail tokens have no `owner` row that matters here and are kept.
pub(super) async fn release(store: &Store, customer: &Customer, rows: &[&Row]) -> Result<u64, Failure> {
    let is_main = |row: &&Row| text(&row.stored, "key") == Some(MAIN_ROW);
    let (main_rows, owner_rows): (Vec<&Row>, Vec<&Row>) = rows.iter().copied().partition(is_main);
    let is_identifier = |item: &Item| text(item, "id").is_some_and(is_name);
    for row in main_rows.iter().filter(|row| is_identifier(&row.stored)) {
        complete_pair(store, customer.id, &row.stored).await?;
    }
    let names = owner_rows.iter().filter_map(|row| text(&row.stored, "key")).filter(|name| is_name(name));
    release_names(store, customer, names.collect()).await
}

/// Whether this is the key of an identifier that this version knows.
fn is_name(key: &str) -> bool {
    let prefix = key.split('#').next().unwrap_or_default();
    ["email", "username"].contains(&prefix) || kind_with(prefix).is_some()
}

fn kind_with(prefix: &str) -> Option<&'static Kind> {
    let has_prefix = |kind: &&&Kind| kind.unique.as_ref().is_some_and(|unique| unique.prefix == prefix);
    ALL.iter().find(has_prefix).copied()
}

/// Creates the row under the owner, by which the account's deletion finds the name.
async fn complete_pair(store: &Store, owner: CustomerId, main: &Item) -> Result<(), Failure> {
    let Some(name) = text(main, "id") else { return Ok(()) };
    let mut row = composite_key("id", owner_partition(owner), "key", name);
    row.insert(PAIR_ATTRIBUTE.to_owned(), s(name));
    store.put_if(IDENTIFIERS, row, Expr::new("attribute_not_exists(#id)")).await.map(|_| ())
}

async fn release_names(store: &Store, customer: &Customer, names: Vec<&str>) -> Result<u64, Failure> {
    let pairs = read_pairs(store, customer.id, &names).await?;
    let (mut released, mut of_kinds) = (0, BTreeMap::new());
    for name in names {
        let main = main_row(&pairs, name).cloned().map(decode::<IdentifierRow>).transpose()?;
        let main = main.filter(|main| main.owner == customer.id);
        let Some(main) = main else {
            let key = composite_key("id", owner_partition(customer.id), "key", name);
            store.delete_if(IDENTIFIERS, key, Expr::unconditional("id")).await?;
            continue;
        };
        if !is_used(store, customer, name, main, &mut of_kinds).await? {
            let tx = crate::transaction::Transaction::new(store, custodian_app::retry::RetryBudget::Request);
            released += u64::from(identifiers::release(tx, (), name, customer.id)?.run().await?.is_ok());
        }
    }
    Ok(released)
}

/// Whether a row of the account has this name.
async fn is_used(
    store: &Store,
    customer: &Customer,
    name: &str,
    main: IdentifierRow,
    of_kinds: &mut BTreeMap<&'static str, HashSet<String>>,
) -> Result<bool, Failure> {
    let prefix = name.split('#').next().unwrap_or_default();
    if prefix == "email" {
        return Ok(identifiers::email(&customer.profile.email) == name);
    }
    let Some(kind) = kind_with(prefix) else {
        let Some(agent) = main.agent_id else { return Ok(true) };
        let agent = store.agent(customer.id, agent).await?;
        return Ok(agent.is_some_and(|agent| identifiers::stored_username(&agent.username) == name));
    };
    if !of_kinds.contains_key(kind.table) {
        of_kinds.insert(kind.table, names_of_kind(store, customer.id, kind).await?);
    }
    Ok(of_kinds.get(kind.table).is_some_and(|names| names.contains(name)))
}

async fn names_of_kind(
    store: &Store,
    customer: CustomerId,
    kind: &'static Kind,
) -> Result<HashSet<String>, Failure> {
    let (mut names, mut below) = (HashSet::new(), None);
    loop {
        let page = store.owned_rows(kind.table, customer, below, MAX_ROWS_PER_QUERY).await?;
        for item in page.rows {
            let row = decode_resource(kind, item)?.row;
            let unique = kind.unique.as_ref().map(|unique| unique.of(customer, &row.fields));
            names.extend(unique.into_iter().flatten().map(|name| name.0));
        }
        below = page.next;
        if below.is_none() {
            return Ok(names);
        }
    }
}
