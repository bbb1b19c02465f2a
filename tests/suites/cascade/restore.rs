//! The rehearsal of a restore: each table that a run repairs, and all of them, go back to an earlier time. Then a restore run
//! repairs them.

use std::collections::{BTreeMap, BTreeSet};

use custodian_cascade::restore::restorable_tables;
use custodian_domain::kinds::{Field, FieldType, Verbs, routed};
use custodian_tests::{Client, PASSWORD, PREFIX, Tables};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::table_agreement::{check, text};

/// All rows of the tables that a run repairs.
type Snapshot = BTreeMap<&'static str, Vec<Value>>;

fn snapshot(tables: &Tables) -> Snapshot {
    restorable_tables().map(|table| (table, tables.scan(table))).collect()
}

/// Gives a table these rows and no others, as a restore does.
fn put_back(tables: &Tables, table: &str, rows: &[Value]) {
    let described = tables.call("DescribeTable", &json!({ "TableName": format!("{PREFIX}{table}") }));
    let schema = described["Table"]["KeySchema"].as_array().unwrap().clone();
    let key = |row: &Value| -> Value {
        let names = schema.iter().map(|part| part["AttributeName"].as_str().unwrap());
        names.map(|name| (name.to_owned(), row[name].clone())).collect::<Map<_, _>>().into()
    };
    let kept: BTreeSet<_> = rows.iter().map(|row| key(row).to_string()).collect();
    for row in tables.scan(table).iter().filter(|row| !kept.contains(&key(row).to_string())) {
        tables.call("DeleteItem", &json!({ "TableName": format!("{PREFIX}{table}"), "Key": key(row) }));
    }
    tables.insert(table, rows);
}

/// Repeats the call until it is done. Returns the sum of the counts and all conflicts.
async fn restore(platform: &Client, table: &str, purge: bool) -> (BTreeMap<String, u64>, Vec<Value>) {
    let (mut counts, mut conflicts, mut start) = (BTreeMap::new(), Vec::new(), Value::Null);
    loop {
        let body = json!({ "table": table, "start": start, "purge_without_owner": purge });
        let report = platform.post("/v1.0/platform/restore", body).await.ok();
        for (name, value) in report.as_object().unwrap() {
            if let Some(count) = value.as_u64() {
                *counts.entry(name.clone()).or_default() += count;
            }
        }
        conflicts.extend(report["conflicts"].as_array().unwrap().clone());
        start = report["next"].clone();
        if start.is_null() {
            return (counts, conflicts);
        }
    }
}

/// What happens between the earlier time, to which tables go back, and now: accounts are deleted, created and frozen, and names
/// change hands.
struct Rehearsal {
    client: Client,
    tables: Tables,
    platform: Client,
    earlier: Snapshot,
    now: Snapshot,
    /// The accounts `stays`, which exists at both times, and `arrives`, which is created in between.
    owners: Vec<Client>,
}

async fn number(owner: &Client, number: &str) {
    owner.post("/v1.0/numbers", json!({ "number": number })).await.ok();
}

/// A value for a field that a row needs or that gives it a name.
fn sample_value(field: &Field, number: u128) -> Value {
    match field.field_type {
        FieldType::Phone => json!(format!("+1555000000{number}")),
        FieldType::Domain => json!(format!("host{number}.example.com")),
        FieldType::Text { .. } => json!(format!("{} {number}", field.name)),
        FieldType::Choice { values, .. } => json!(values[0]),
        FieldType::Id => json!(Uuid::from_u128(number)),
        FieldType::Addresses { .. } => json!([
            { "type": "tel", "target": format!("+1666000000{number}") },
            { "type": "email", "target": format!("c{number}@example.com") },
        ]),
        _ => panic!("{} needs a sample value", field.name),
    }
}

/// Creates a row of each kind with all five operations, with its names. Different numbers give different names. Returns the rows'
/// paths by table.
async fn create_rows(owner: &Client, number: u128) -> BTreeMap<&'static str, String> {
    let mut paths = BTreeMap::new();
    for kind in routed().filter(|kind| kind.verbs == Verbs::All) {
        let names = kind.unique.as_ref().map_or(&[][..], |unique| unique.fields);
        let needed = kind.fields.iter().filter(|field| field.required || names.contains(&field.name));
        let given = needed.filter(|field| field.is_writable(true));
        let body: Map<_, _> =
            given.map(|field| (field.name.to_owned(), sample_value(field, number))).collect();
        let created = owner.post(&format!("/v1.0/{}", kind.route), body.into()).await;
        assert_eq!(created.status, kind.created_status, "{}: {}", kind.route, created.text);
        let path = format!("/v1.0/{}/{}", kind.route, created.json()["id"].as_str().unwrap());
        paths.insert(kind.table, path);
    }
    paths
}

impl Rehearsal {
    async fn new() -> Self {
        let client = Client::start().await;
        let tables = Tables(client.engine().clone());
        let platform = client.platform_admin().await;
        let (_, stays) = client.tenant("stays").await;
        let (leaves_id, leaves) = client.tenant("leaves").await;
        let (frozen_id, _) = client.tenant("freezes").await;
        let given_away = create_rows(&stays, 1).await.remove("numbers").unwrap();
        create_rows(&leaves, 2).await;
        for owner in [&stays, &leaves] {
            owner.post("/v1.0/accesskeys", json!({})).await.ok();
        }
        client.idle().await;
        let earlier = snapshot(&tables);

        platform.delete(&format!("/v1.0/customers/{leaves_id}")).await.ok();
        client.idle().await;
        stays.delete(&given_away).await.ok();
        let (_, arrives) = client.tenant("arrives").await;
        // It takes the names of the deleted account and the number that was given away.
        create_rows(&arrives, 2).await;
        number(&arrives, "+15550000001").await;
        let new_agent = json!({ "username": "later@stays.example", "password": PASSWORD });
        stays.post("/v1.0/agents", new_agent).await.ok();
        number(&stays, "+15550000003").await;
        stays.post("/v1.0/tags", json!({ "name": "later" })).await.ok();
        platform.post(&format!("/v1.0/customers/{frozen_id}/freeze"), json!({})).await.ok();
        client.advance(3600).await;
        client.idle().await;
        let now = snapshot(&tables);
        Self { client, tables, platform, earlier, now, owners: vec![stays, arrives] }
    }

    /// Gives every table its present rows, and these tables their earlier ones.
    async fn put_back(&self, tables: &[&'static str]) {
        let _paused = self.client.service().pause_background_work().await;
        for (table, rows) in &self.now {
            put_back(&self.tables, table, rows);
        }
        for table in tables {
            put_back(&self.tables, table, &self.earlier[table]);
        }
    }

    /// Runs the repair and checks everything.
    async fn repair(&self, restored: &str) -> (BTreeMap<String, u64>, Vec<Value>) {
        let (mut counts, mut conflicts) = restore(&self.platform, restored, false).await;
        // Accounts that were created since have no row now. The operator has looked at them.
        if conflicts.iter().any(|conflict| conflict["problem"] == "owner_missing") {
            let (purged, left) = restore(&self.platform, restored, true).await;
            purged.into_iter().for_each(|(name, count)| *counts.entry(name).or_default() += count);
            conflicts = left;
        }
        self.client.idle().await;
        check(&self.tables, restored, &conflicts);
        let (again, same) = restore(&self.platform, restored, false).await;
        for name in ["ended", "purged", "without_owner", "reclaimed", "released", "repaired"] {
            assert_eq!(again[name], 0, "{restored}: {name} is repaired already");
        }
        assert_eq!(conflicts, same, "{restored}: only an operator resolves conflicts");
        (counts, conflicts)
    }

    /// Restores these tables and repairs them.
    async fn rehearse(&self, restored: &str, tables: &[&'static str]) -> (BTreeMap<String, u64>, Vec<Value>) {
        self.put_back(tables).await;
        self.repair(restored).await
    }
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_of_any_table_the_tables_agree_again() {
    let rehearsal = Rehearsal::new().await;
    check(&rehearsal.tables, "nothing", &[]);
    for table in restorable_tables() {
        let (_, conflicts) = rehearsal.rehearse(table, &[table]).await;
        // Only the newest account lacks rows on which accounts depend.
        let missing = conflicts.iter().filter(|conflict| conflict["problem"] == "row_missing").count();
        assert_eq!(missing, usize::from(["agents", "billing_accounts"].contains(&table)), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_of_all_tables_but_the_proof_of_deletions_ends_deleted_accounts_again() {
    let rehearsal = Rehearsal::new().await;
    let tables: Vec<_> = restorable_tables().filter(|table| *table != "deletions").collect();
    let (counts, _) = rehearsal.rehearse("all", &tables).await;
    assert_eq!((counts["ended"], counts["resumed"]), (1, 1));
    // All tables together agree with each other. Nothing then tells that an account was deleted.
    let all: Vec<_> = restorable_tables().collect();
    let (counts, conflicts) = rehearsal.rehearse("all", &all).await;
    assert_eq!((counts["ended"], counts["purged"], conflicts.len()), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_another_account_has_now_is_reported_and_its_row_can_be_deleted() {
    let rehearsal = Rehearsal::new().await;
    // An operator copies the lost rows into the table and keeps the newer ones.
    rehearsal.put_back(&[]).await;
    rehearsal.tables.insert("numbers", &rehearsal.earlier["numbers"]);
    let (counts, conflicts) = rehearsal.repair("numbers").await;
    assert_eq!(counts["purged"], 1, "the number of the deleted account");
    let [conflict] = &conflicts[..] else { panic!("one conflict: {conflicts:?}") };
    assert_eq!((&conflict["table"], &conflict["problem"]), (&json!("numbers"), &json!("name_taken")));
    let [stays, arrives] = &rehearsal.owners[..] else { panic!("two owners") };
    let path = format!("/v1.0/numbers/{}", conflict["id"].as_str().unwrap());
    stays.delete(&path).await.ok();
    check(&rehearsal.tables, "numbers", &[]);
    // The account that has the number keeps it.
    let taken = arrives.post("/v1.0/numbers", json!({ "number": "+15550000001" })).await;
    assert_eq!(taken.status, 409);
    // Before a repair, a row without its name can be deleted.
    rehearsal.put_back(&["identifiers"]).await;
    for kind in ["numbers", "agents"] {
        let row = rehearsal.now[kind].iter().find(|row| {
            text(row, "detail").is_empty()
                && ["+15550000003", "later@stays.example"].iter().any(|name| row.to_string().contains(name))
        });
        let deleted = stays.delete(&format!("/v1.0/{kind}/{}", text(row.unwrap(), "id"))).await;
        assert_eq!(deleted.status, 200, "{kind}: {}", deleted.text);
    }
    rehearsal.repair("identifiers").await;
}
