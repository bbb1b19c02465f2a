//! The rows that the requests of the matrix address.

use std::collections::BTreeMap;

use custodian_domain::kinds::{Verbs, routed};
use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

use super::model::Id;

const UNKNOWN: &str = "5e4a0680-804e-11ec-8477-2fea5968d85b";
const MALFORMED: &str = "5e4a0680-804e-11ec-8477";

/// The ids of one account's rows, by collection, and of its guest agent and its first platform admin.
#[derive(Debug, Default)]
pub(super) struct Rows {
    ids: BTreeMap<&'static str, String>,
    guest: Option<String>,
    operator: Option<String>,
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Rows {
    /// Creates a key, an agent and a row of each kind with all five operations. `number` differs for each account.
    pub(super) async fn create(owner: &Client, customer: &str, number: u32) -> Self {
        let mut ids = BTreeMap::from([("customers", customer.to_owned())]);
        let created = routed().filter(|kind| kind.verbs == Verbs::All).map(|kind| kind.route);
        for collection in ["accesskeys", "agents"].into_iter().chain(created) {
            let body = match collection {
                "agents" => json!({ "username": format!("row-{number}"), "password": PASSWORD }),
                "numbers" => json!({ "number": format!("+1555123456{number}") }),
                "extensions" => json!({ "extension": "100", "password": "dial tone" }),
                _ => json!({}),
            };
            let response = owner.post(&format!("/v1.0/{collection}"), body).await;
            assert!(response.status < 300, "{collection}: {}", response.text);
            ids.insert(collection, text(&response.json()["id"]));
        }
        let billing = owner.get("/v1.0/billing_account").await;
        if billing.status == 200 {
            ids.insert("billing_accounts", text(&billing.json()["id"]));
        }
        let agents = owner.get("/v1.0/agents").await.rows();
        let find =
            |matches: fn(&Value) -> bool| agents.iter().find(|row| matches(row)).map(|row| text(&row["id"]));
        let guest = find(|agent| agent["name"] == "guest");
        let operator = find(|agent| agent["permission"] == 0x21);
        Self { ids, guest, operator }
    }
}

/// The id that a request sends, or `None` if the account has no such row.
pub(super) fn id_text(
    id: Id,
    collection: &str,
    itself: Option<&str>,
    own: Option<&Rows>,
    foreign: &Rows,
) -> Option<String> {
    let is_agent = collection == "agents";
    match id {
        Id::None => Some(String::new()),
        Id::Own => own?.ids.get(collection).cloned(),
        Id::Itself => itself.filter(|_| is_agent).map(str::to_owned),
        Id::Guest => own?.guest.clone().filter(|_| is_agent),
        Id::Operator => own?.operator.clone().filter(|_| is_agent),
        Id::Foreign => foreign.ids.get(collection).cloned(),
        Id::Unknown => Some(UNKNOWN.to_owned()),
        Id::Malformed => Some(MALFORMED.to_owned()),
    }
}
