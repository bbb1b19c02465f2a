//! Checks that the tables do not contradict each other: owners, deletions, names, gates and counters.

use std::collections::BTreeSet;

use custodian_cascade::restore::restorable_tables;
use custodian_domain::CustomerId;
use custodian_domain::kinds::{ALL, Kind};
use custodian_tests::Tables;
use serde_json::{Map, Value};

pub(crate) fn text(row: &Value, name: &str) -> String {
    row[name]["S"].as_str().unwrap_or_default().to_owned()
}

/// The unique names of a kind's row, as keys of the table `identifiers`.
fn names_of(kind: &Kind, row: &Value) -> Vec<String> {
    let Some(unique) = &kind.unique else { return Vec::new() };
    let mut fields = Map::new();
    for name in unique.fields {
        let stored = text(row, name);
        let is_nested = kind.field(name).is_some_and(|field| field.field_type.is_nested());
        let value = if is_nested { serde_json::from_str(&stored).unwrap() } else { Value::String(stored) };
        fields.insert((*name).to_owned(), value);
    }
    let owner = CustomerId(text(row, "customer_id").parse().unwrap());
    unique.of(owner, &fields).into_iter().map(|name| name.0).collect()
}

/// The names that the rows of accounts that are not terminal should hold, each with its owner.
fn wanted_names(tables: &Tables, not_terminal: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let mut wanted = BTreeSet::new();
    for row in tables.scan("customers").iter().filter(|row| not_terminal.contains(&text(row, "id"))) {
        wanted.insert((format!("email#{}", text(row, "email")), text(row, "id")));
    }
    for row in tables.scan("agents").iter().filter(|row| row["guest"]["BOOL"] == false) {
        wanted.insert((format!("username#{}", text(row, "username")), text(row, "customer_id")));
    }
    for kind in ALL {
        for row in tables.scan(kind.table) {
            wanted.extend(names_of(kind, &row).into_iter().map(|name| (name, text(&row, "customer_id"))));
        }
    }
    wanted.retain(|(name, owner)| not_terminal.contains(owner) && !name.ends_with('#'));
    wanted
}

/// The names that the table `identifiers` holds, each with its owner.
fn held_names(tables: &Tables) -> BTreeSet<(String, String)> {
    let rows = tables.scan("identifiers");
    let owner_rows: BTreeSet<_> = rows
        .iter()
        .filter(|row| text(row, "key") != "-")
        .map(|row| (text(row, "key"), text(row, "id")))
        .collect();
    let main_rows = rows.iter().filter(|row| text(row, "key") == "-");
    let held: BTreeSet<_> = main_rows.map(|row| (text(row, "id"), text(row, "owner"))).collect();
    let pairs: BTreeSet<_> =
        held.iter().map(|(name, owner)| (name.clone(), format!("owner#{owner}"))).collect();
    assert_eq!(pairs, owner_rows, "each identifier has both rows");
    held
}

fn count_of(tables: &Tables, customer: &str, kind: &Kind) -> i64 {
    let number = |row: &Value, name: &str| row[name]["N"].as_str().map_or(0, |n| n.parse::<i64>().unwrap());
    let rows = tables.query("usage", "customer_id", customer);
    let single = rows.iter().filter(|row| text(row, "key") == format!("count#{}", kind.table));
    let gates = rows.iter().map(|row| number(row, &format!("n_{}", kind.table)));
    single.map(|row| number(row, "n")).sum::<i64>() + gates.sum::<i64>()
}

/// Fails if the tables contradict each other.
pub(crate) fn check(tables: &Tables, restored: &str, conflicts: &[Value]) {
    let ledgers: BTreeSet<_> = tables.scan("deletions").iter().map(|row| text(row, "customer_id")).collect();
    let mut not_terminal = BTreeSet::new();
    for row in tables.scan("customers") {
        let is_not_terminal = !["deleted", "expired"].contains(&&*text(&row, "status"));
        assert!(
            is_not_terminal || ledgers.contains(&text(&row, "id")),
            "{restored}: a deletion without a ledger"
        );
        assert!(
            !is_not_terminal || !ledgers.contains(&text(&row, "id")),
            "{restored}: a deleted account is not terminal: {row}"
        );
        assert!(is_not_terminal || text(&row, "email").is_empty(), "{restored}: not anonymised: {row}");
        if is_not_terminal {
            not_terminal.insert(text(&row, "id"));
        }
    }
    for table in restorable_tables().filter(|table| !["customers", "deletions"].contains(table)) {
        for row in tables.scan(table) {
            let pair_owner = text(&row, "id").strip_prefix("owner#").map(str::to_owned);
            let owners = [pair_owner.unwrap_or_default(), text(&row, "owner"), text(&row, "customer_id")];
            let owner = owners.iter().find(|owner| !owner.is_empty());
            assert!(
                owner.is_none_or(|owner| not_terminal.contains(owner)),
                "{restored}: {table} has an orphan: {row}"
            );
        }
    }
    for id in &not_terminal {
        let status = text(&tables.customer(id), "status");
        assert_eq!(tables.gates(id), vec![status; 8], "{restored}: the gates of {id}");
        for kind in ALL {
            let rows = tables.query(kind.table, "customer_id", id);
            let rows = rows.iter().filter(|row| row["guest"]["BOOL"] != true).count();
            let counted = count_of(tables, id, kind);
            assert_eq!(counted, i64::try_from(rows).unwrap(), "{restored}: {} of {id}", kind.table);
        }
    }
    let (wanted, held) = (wanted_names(tables, &not_terminal), held_names(tables));
    assert!(held.is_subset(&wanted), "{restored}: unused names: {:?}", held.difference(&wanted));
    let without_name = wanted.difference(&held).count();
    let reported = conflicts.iter().filter(|conflict| conflict["problem"] == "name_taken").count();
    assert_eq!(without_name, reported, "{restored}: {:?} {conflicts:?}", wanted.difference(&held));
}
