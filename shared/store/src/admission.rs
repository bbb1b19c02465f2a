//! Who calls, and the row that is wanted, by one consistent read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use custodian_app::Failure;
use custodian_app::ports::{Admission, Admissions, Principal, Wanted};
use custodian_domain::CustomerId;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::Store;
use crate::item::{Item, decode_some, key, key2};
use crate::resources;
use crate::retry::{Backoff, Patience};
use crate::schema::{ACCESS_KEYS, AGENTS, CUSTOMERS};
use crate::transaction::{failed, unbuilt};

/// Items by the table they are in.
pub(crate) type ByTable = HashMap<String, Vec<Item>>;

impl Store {
    /// Reads these keys consistently; what the engine leaves unprocessed is asked for again.
    pub(crate) async fn batch(&self, keys: Vec<(&str, Vec<Item>)>) -> Result<ByTable, Failure> {
        let mut wanted = HashMap::new();
        for (table, keys) in keys {
            let part = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
            wanted.insert(self.table(table), part.build().map_err(unbuilt)?);
        }
        let mut found = ByTable::new();
        let mut backoff = Backoff::new(Patience::Request);
        loop {
            let answer = self.client.batch_get_item().set_request_items(Some(wanted)).send().await;
            let answer = answer.map_err(|error| failed("the store", &error))?;
            for (table, items) in answer.responses.unwrap_or_default() {
                found.entry(table).or_default().extend(items);
            }
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(found);
            }
            if !backoff.wait(&*self.entropy).await {
                return Err(Failure::unavailable("the store", "keys were left unprocessed"));
            }
        }
    }
}

/// A batch of keys by table, in which no key stands twice: the engine refuses that.
#[derive(Default)]
struct Keys(Vec<(&'static str, Vec<Item>)>);

impl Keys {
    fn add(&mut self, table: &'static str, key: Item) {
        match self.0.iter_mut().find(|(known, _)| *known == table) {
            Some((_, keys)) if keys.contains(&key) => {}
            Some((_, keys)) => keys.push(key),
            None => self.0.push((table, vec![key])),
        }
    }
}

/// Rows found, to be picked by their key.
struct Found<'a> {
    store: &'a Store,
    items: ByTable,
}

impl Found<'_> {
    fn item(&self, table: &str, key: &Item) -> Option<Item> {
        let items = self.items.get(&self.store.table(table));
        let is_it = |item: &&Item| key.iter().all(|(name, value)| item.get(name) == Some(value));
        items.and_then(|items| items.iter().find(is_it)).cloned()
    }

    fn pick<T: DeserializeOwned>(&self, table: &str, key: &Item) -> Result<Option<T>, Failure> {
        decode_some(self.item(table, key))
    }
}

impl Admissions for Store {
    async fn admission(
        &self,
        customer: CustomerId,
        principal: Principal,
        wanted: Wanted,
    ) -> Result<Admission, Failure> {
        let owned = |id: Uuid| key2("customer_id", customer, "id", id);
        let own = key("id", customer);
        let mut keys = Keys::default();
        keys.add(CUSTOMERS, own.clone());
        match principal {
            Principal::Agent(agent) => keys.add(AGENTS, owned(agent.0)),
            Principal::Key(id) => keys.add(ACCESS_KEYS, owned(id)),
            Principal::Delegate { guest, operator } => {
                keys.add(AGENTS, owned(guest.0));
                keys.add(AGENTS, key2("customer_id", operator.0, "id", operator.1));
            }
        }
        match wanted {
            Wanted::Nothing | Wanted::Kind(_) => {}
            Wanted::Customer(id) => keys.add(CUSTOMERS, key("id", id)),
            Wanted::Resource(kind, id) => keys.add(kind.table, owned(id)),
            Wanted::Key(id) => keys.add(ACCESS_KEYS, owned(id)),
            Wanted::Agent(id) => keys.add(AGENTS, owned(id.0)),
        }
        let found = Found { store: self, items: self.batch(keys.0).await? };

        let mut admission = Admission { customer: found.pick(CUSTOMERS, &own)?, ..Admission::default() };
        match principal {
            Principal::Agent(agent) => admission.agent = found.pick(AGENTS, &owned(agent.0))?,
            Principal::Key(id) => admission.key = found.pick(ACCESS_KEYS, &owned(id))?,
            Principal::Delegate { guest, operator } => {
                admission.agent = found.pick(AGENTS, &owned(guest.0))?;
                admission.operator =
                    found.pick(AGENTS, &key2("customer_id", operator.0, "id", operator.1))?;
            }
        }
        match wanted {
            Wanted::Nothing | Wanted::Kind(_) => {}
            Wanted::Customer(id) => admission.wanted_customer = found.pick(CUSTOMERS, &key("id", id))?,
            Wanted::Resource(kind, id) => {
                let item = found.item(kind.table, &owned(id));
                admission.wanted_resource = item.map(|item| resources::row(kind, item)).transpose()?;
            }
            Wanted::Key(id) => admission.wanted_key = found.pick(ACCESS_KEYS, &owned(id))?,
            Wanted::Agent(id) => admission.wanted_agent = found.pick(AGENTS, &owned(id.0))?,
        }
        Ok(admission)
    }
}
