//! Names that identify no row.

use custodian_app::Failure;
use custodian_app::retry::RetryBudget;
use custodian_domain::kinds::{AGENTS, ALL, Kind};
use custodian_domain::{Customer, CustomerId};
use futures::stream::{StreamExt, TryStreamExt, iter};
use uuid::Uuid;

use super::holders::{HolderRows, MAX_CONCURRENT_WRITES, read_holders, read_identifiers};
use super::row::{Row, has_name, main_row, text};
use crate::Store;
use crate::claims::delete_owner_row;
use crate::expr::Expr;
use crate::identifiers::{
    self, EMAIL_PREFIX, IdentifierRow, MAIN_ROW, USERNAME_PREFIX, main_key, new_owner_row, owner_row_key,
};
use crate::item::{Item, decode, s, simple_key};
use crate::resources::row_key;
use crate::schema::{CUSTOMERS, IDENTIFIERS};
use crate::transaction::Transaction;

/// What an identifier names.
#[derive(Clone, Copy)]
enum NameOf {
    Account,
    Row(&'static Kind),
}

/// `None` if this is no key of an identifier that this version knows.
fn name_of(key: &str) -> Option<NameOf> {
    if key.starts_with(EMAIL_PREFIX) {
        return Some(NameOf::Account);
    }
    if key.starts_with(USERNAME_PREFIX) {
        return Some(NameOf::Row(&AGENTS));
    }
    let prefix = key.split('#').next().unwrap_or_default();
    let has_prefix = |kind: &&&Kind| kind.unique.as_ref().is_some_and(|unique| unique.prefix == prefix);
    ALL.iter().find(has_prefix).copied().map(NameOf::Row)
}

/// An identifier of the account, by its main row.
struct Held<'a> {
    name: &'a str,
    of: NameOf,
    claim: IdentifierRow,
}

impl Held<'_> {
    fn holder(&self) -> Option<(&'static Kind, Uuid)> {
        match self.of {
            NameOf::Account => None,
            NameOf::Row(kind) => self.claim.holder().map(|id| (kind, id)),
        }
    }
}

/// What an identifier needs.
enum Repair {
    Nothing,
    /// It has no row under its owner, by which the account's deletion finds it.
    Complete,
    /// It identifies no row. The condition, on a row of this table, is that this is still so.
    Release(Option<(&'static str, Item, Expr)>),
}

/// Handles the identifiers of an account in a page. The account is not terminal. Rows that are no identifiers, such as mail tokens,
/// are kept. A name without the id of its row is unused if the run has recorded the holders of its kind before.
pub(super) async fn release(
    store: &Store,
    customer: &Customer,
    rows: &[&Row],
    recorded: &[&'static Kind],
) -> Result<u64, Failure> {
    let is_main = |row: &&Row| text(&row.stored, "key") == Some(MAIN_ROW);
    let (main_rows, owner_rows): (Vec<&Row>, Vec<&Row>) = rows.iter().copied().partition(is_main);
    let mut held = Vec::new();
    for row in main_rows {
        let Some(name) = text(&row.stored, "id") else { continue };
        if let Some(of) = name_of(name) {
            held.push(Held { name, of, claim: decode(row.stored.clone())? });
        }
    }
    let listed = owner_rows.iter().filter_map(|row| text(&row.stored, "key"));
    let listed: Vec<_> = listed.filter(|name| name_of(name).is_some()).collect();
    let owner_keys = held.iter().map(|held| owner_row_key(customer.id, held.name));
    let keys: Vec<_> = owner_keys.chain(listed.iter().map(|name| main_key(name))).collect();
    let pairs = read_identifiers(store, &keys).await?;
    let holders: Vec<_> = held.iter().filter_map(Held::holder).collect();
    let holders = read_holders(store, customer.id, &holders).await?;
    let mut repairs = Vec::new();
    for held in &held {
        let owner_key = (identifiers::owner_partition(customer.id), held.name.to_owned());
        let is_complete = pairs.contains_key(&owner_key);
        let needed = repair_for(customer, held, &holders, recorded, is_complete)?;
        repairs.push(repair(store, held, needed));
    }
    let released = iter(repairs)
        .buffer_unordered(MAX_CONCURRENT_WRITES)
        .try_fold(0, |sum, released| async move { Ok(sum + u64::from(released)) })
        .await?;
    for name in listed {
        let owner = main_row(&pairs, name).and_then(|main| main.get("owner"));
        if owner != Some(&s(customer.id)) {
            remove_listed(store, customer.id, name).await?;
        }
    }
    Ok(released)
}

fn repair_for(
    customer: &Customer,
    held: &Held<'_>,
    holders: &HolderRows,
    recorded: &[&'static Kind],
    is_complete: bool,
) -> Result<Repair, Failure> {
    let used = if is_complete { Repair::Nothing } else { Repair::Complete };
    let version_is = |row: &Item| row.get("version").cloned();
    let unchanged = |version| Expr::new("#version = :version").with(":version", version);
    Ok(match (held.of, held.holder()) {
        (NameOf::Account, _) if identifiers::email(&customer.profile.email) == held.name => used,
        // The account may have changed its address to this one since it was read.
        (NameOf::Account, _) => Repair::Release(Some((
            CUSTOMERS,
            simple_key("id", customer.id),
            unchanged(crate::item::n(customer.version)),
        ))),
        (NameOf::Row(kind), None) if recorded.iter().any(|known| known.table == kind.table) => {
            Repair::Release(None)
        }
        (NameOf::Row(_), None) => used,
        (NameOf::Row(kind), Some((_, id))) => {
            let key = row_key(customer.id, id);
            match holders.get(&(kind.table, id)) {
                Some(row) if has_name(kind, row, held.name)? => used,
                Some(row) => match version_is(row) {
                    Some(version) => Repair::Release(Some((kind.table, key, unchanged(version)))),
                    None => used,
                },
                None => Repair::Release(Some((kind.table, key, Expr::new("attribute_not_exists(#id)")))),
            }
        }
    })
}

/// Returns whether the name was released. If a condition fails, a request has changed the name or the row meanwhile, and has
/// taken care of the other.
async fn repair(store: &Store, held: &Held<'_>, needed: Repair) -> Result<bool, Failure> {
    let (key, owner) = (main_key(held.name), held.claim.owner);
    let tx = Transaction::new(store, RetryBudget::Short);
    match needed {
        Repair::Nothing => Ok(false),
        Repair::Complete => {
            let tx = tx.check((), IDENTIFIERS, key, held.claim.is_unchanged())?;
            let owner_row = new_owner_row(owner, held.name);
            let tx = tx.put((), IDENTIFIERS, owner_row, Expr::new("attribute_not_exists(#id)"))?;
            tx.run().await.map(|_| false)
        }
        Repair::Release(condition) => {
            let mut tx = tx.delete((), IDENTIFIERS, key, held.claim.is_unchanged())?;
            tx = delete_owner_row(tx, (), held.name, owner)?;
            if let Some((table, key, condition)) = condition {
                tx = tx.check((), table, key, condition)?;
            }
            Ok(tx.run().await?.is_ok())
        }
    }
}

/// Removes the row under an owner that does not hold the name.
async fn remove_listed(store: &Store, owner: CustomerId, name: &str) -> Result<(), Failure> {
    let is_not_held = Expr::new("attribute_not_exists(#id) OR #owner <> :owner").with(":owner", s(owner));
    let tx = Transaction::new(store, RetryBudget::Short);
    let tx = tx.check((), IDENTIFIERS, main_key(name), is_not_held)?;
    delete_owner_row(tx, (), name, owner)?.run().await.map(|_| ())
}
