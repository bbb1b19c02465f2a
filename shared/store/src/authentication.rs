//! Authentication: the caller's rows and the prefetched row, in one consistent read.

use custodian_app::Failure;
use custodian_app::ports::{AuthContext, Authenticator, Prefetch, Prefetched, PrincipalId, PrincipalRows};
use custodian_domain::CustomerId;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::Store;
use crate::batch_get::ItemsByTable;
use crate::item::{Item, composite_key, decode_some, simple_key};
use crate::resources;
use crate::schema::{ACCESS_KEYS, AGENTS, CUSTOMERS};

/// The keys of a batch, by table. `add` skips duplicates, because BatchGetItem rejects a batch with duplicate keys.
#[derive(Default)]
struct BatchKeys(Vec<(&'static str, Vec<Item>)>);

impl BatchKeys {
    fn add(&mut self, table: &'static str, key: Item) {
        match self.0.iter_mut().find(|(known, _)| *known == table) {
            Some((_, keys)) if keys.contains(&key) => {}
            Some((_, keys)) => keys.push(key),
            None => self.0.push((table, vec![key])),
        }
    }
}

/// The items that a batch returned, for lookups by key.
struct BatchItems<'a> {
    store: &'a Store,
    items: ItemsByTable,
}

impl BatchItems<'_> {
    fn item(&self, table: &str, key: &Item) -> Option<Item> {
        let items = self.items.get(&self.store.table(table));
        let has_key = |item: &&Item| key.iter().all(|(name, value)| item.get(name) == Some(value));
        items.and_then(|items| items.iter().find(has_key)).cloned()
    }

    fn row<T: DeserializeOwned>(&self, table: &str, key: &Item) -> Result<Option<T>, Failure> {
        decode_some(self.item(table, key))
    }
}

impl Authenticator for Store {
    async fn auth_context(
        &self,
        customer: CustomerId,
        principal: PrincipalId,
        prefetch: Prefetch,
    ) -> Result<AuthContext, Failure> {
        let owned = |id: Uuid| composite_key("customer_id", customer, "id", id);
        let customer_key = simple_key("id", customer);
        let mut keys = BatchKeys::default();
        keys.add(CUSTOMERS, customer_key.clone());
        match principal {
            PrincipalId::Agent { id, key } => {
                keys.add(AGENTS, owned(id.0));
                if let Some(key) = key {
                    keys.add(ACCESS_KEYS, owned(key));
                }
            }
            PrincipalId::Key(id) => keys.add(ACCESS_KEYS, owned(id)),
            PrincipalId::Delegate { guest, operator } => {
                keys.add(AGENTS, owned(guest.0));
                keys.add(AGENTS, composite_key("customer_id", operator.0, "id", operator.1));
            }
        }
        match prefetch {
            Prefetch::None | Prefetch::Kind(_) | Prefetch::Endpoint(_) => {}
            Prefetch::Customer(id) => keys.add(CUSTOMERS, simple_key("id", id)),
            Prefetch::Resource(kind, id) => keys.add(kind.table, owned(id)),
            Prefetch::Key(id) => keys.add(ACCESS_KEYS, owned(id)),
            Prefetch::Agent(id) => keys.add(AGENTS, owned(id.0)),
        }
        let batch = BatchItems { store: self, items: self.batch_get(keys.0).await? };

        let principal = match principal {
            PrincipalId::Agent { id, key } => PrincipalRows::Agent {
                agent: batch.row(AGENTS, &owned(id.0))?,
                key: key.map(|key| batch.row(ACCESS_KEYS, &owned(key))).transpose()?.flatten(),
            },
            PrincipalId::Key(id) => PrincipalRows::Key(batch.row(ACCESS_KEYS, &owned(id))?),
            PrincipalId::Delegate { guest, operator } => PrincipalRows::Delegate {
                guest: batch.row(AGENTS, &owned(guest.0))?,
                operator: batch.row(AGENTS, &composite_key("customer_id", operator.0, "id", operator.1))?,
            },
        };
        let prefetched = match prefetch {
            Prefetch::None | Prefetch::Kind(_) | Prefetch::Endpoint(_) => Prefetched::None,
            Prefetch::Customer(id) => {
                Prefetched::Customer(batch.row(CUSTOMERS, &simple_key("id", id))?.map(Box::new))
            }
            Prefetch::Resource(kind, id) => {
                let item = batch.item(kind.table, &owned(id));
                Prefetched::Resource(item.map(|item| resources::decode_resource(kind, item)).transpose()?)
            }
            Prefetch::Key(id) => Prefetched::Key(batch.row(ACCESS_KEYS, &owned(id))?),
            Prefetch::Agent(id) => Prefetched::Agent(batch.row(AGENTS, &owned(id.0))?),
        };
        Ok(AuthContext { customer: batch.row(CUSTOMERS, &customer_key)?, principal, prefetched })
    }
}
