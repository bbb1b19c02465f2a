//! Which row holds a name. The main row of an identifier has the row's id, so one read of that row verifies the name.

use std::collections::BTreeMap;

use custodian_app::Failure;
use custodian_domain::CustomerId;
use custodian_domain::kinds::{AGENTS, Kind};
use futures::future::ready;
use futures::stream::{StreamExt, TryStreamExt, iter};
use uuid::Uuid;

use super::row::{Pairs, Row, has_name, main_row, names_of, text};
use crate::Store;
use crate::batch_get::MAX_BATCH_GET;
use crate::expr::Expr;
use crate::identifiers::{IdentifierRow, main_key};
use crate::item::{Item, decode, s};
use crate::resources::row_key;
use crate::schema::IDENTIFIERS;

/// The number of concurrent writes to different identifiers.
pub(super) const MAX_CONCURRENT_WRITES: usize = 16;

/// Reads these rows of the identifiers.
pub(super) async fn read_identifiers(store: &Store, keys: &[Item]) -> Result<Pairs, Failure> {
    let mut pairs = Pairs::new();
    for keys in keys.chunks(MAX_BATCH_GET) {
        let found = store.batch_get(vec![(IDENTIFIERS, keys.to_vec())]).await?;
        for item in found.into_values().flatten() {
            let part = |name: &str| text(&item, name).unwrap_or_default().to_owned();
            pairs.insert((part("id"), part("key")), item);
        }
    }
    Ok(pairs)
}

/// Rows of an account's kinds, by table and id.
pub(super) type HolderRows = BTreeMap<(&'static str, Uuid), Item>;

/// Reads these rows of an account. A missing row has no entry.
pub(super) async fn read_holders(
    store: &Store,
    owner: CustomerId,
    holders: &[(&'static Kind, Uuid)],
) -> Result<HolderRows, Failure> {
    let mut by_table: BTreeMap<&'static str, Vec<Uuid>> = BTreeMap::new();
    for (kind, id) in holders {
        by_table.entry(kind.table).or_default().push(*id);
    }
    let mut rows = HolderRows::new();
    for (table, mut ids) in by_table {
        // DynamoDB refuses a batch that has a key twice, and a row may have several names.
        ids.sort_unstable();
        ids.dedup();
        for ids in ids.chunks(MAX_BATCH_GET) {
            let keys = ids.iter().map(|id| row_key(owner, *id)).collect();
            let found = store.batch_get(vec![(table, keys)]).await?;
            for item in found.into_values().flatten() {
                if let Some(id) = text(&item, "id").and_then(|id| Uuid::try_parse(id).ok()) {
                    rows.insert((table, id), item);
                }
            }
        }
    }
    Ok(rows)
}

/// Whether the row with this id exists and has the name.
pub(super) async fn is_held_by(
    store: &Store,
    owner: CustomerId,
    (kind, id): (&'static Kind, Uuid),
    name: &str,
) -> Result<bool, Failure> {
    let rows = read_holders(store, owner, &[(kind, id)]).await?;
    rows.get(&(kind.table, id)).map_or(Ok(false), |row| has_name(kind, row, name))
}

/// Names that an earlier release claimed do not say which row holds them. Stores the row's id in them. The rows have one owner. If
/// two rows have one name, the first one holds it.
pub(super) async fn record(store: &Store, kind: &'static Kind, rows: &[&Row]) -> Result<(), Failure> {
    let Some(owner) = rows.first().and_then(|row| row.owner) else { return Ok(()) };
    let mut wanted: BTreeMap<String, Uuid> = BTreeMap::new();
    for row in rows {
        for name in names_of(kind, &row.stored)? {
            let Some(id) = name.holder() else { continue };
            wanted.entry(name.text).or_insert(id);
        }
    }
    let keys: Vec<_> = wanted.keys().map(|name| main_key(name)).collect();
    let pairs = read_identifiers(store, &keys).await?;
    let attribute = if kind.table == AGENTS.table { "agent_id" } else { "row_id" };
    let mut updates = Vec::new();
    for (name, id) in &wanted {
        let claim = main_row(&pairs, name).cloned().map(decode::<IdentifierRow>).transpose()?;
        let Some(claim) = claim.filter(|claim| claim.owner == owner && claim.holder().is_none()) else {
            continue;
        };
        let update = Expr::new(format!("SET #{attribute} = :holder")).with(":holder", s(id));
        // If the claim has changed, a request has claimed the name for its own row, or released it.
        updates.push(store.update_if(IDENTIFIERS, main_key(name), update, claim.is_unchanged()));
    }
    iter(updates).buffer_unordered(MAX_CONCURRENT_WRITES).try_for_each(|_| ready(Ok(()))).await
}
