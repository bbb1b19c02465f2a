//! Who calls, and the row that is wanted, by one consistent read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use custodian_app::Failure;
use custodian_app::ports::{Admission, Admissions, Wanted};
use custodian_domain::{AgentId, CustomerId};

use crate::Store;
use crate::item::{Item, decode, key, key2};
use crate::retry::{Backoff, Patience};
use crate::schema::{AGENTS, CUSTOMERS};
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
            if !backoff.wait(self).await {
                return Err(Failure::unavailable("the store", "keys were left unprocessed"));
            }
        }
    }
}

impl Admissions for Store {
    async fn admission(
        &self,
        customer: CustomerId,
        agent: AgentId,
        wanted: Wanted,
    ) -> Result<Admission, Failure> {
        let mut customers = vec![key("id", customer)];
        let mut keys = vec![(AGENTS, vec![key2("customer_id", customer, "id", agent)])];
        match wanted {
            Wanted::Customer(id) if id != customer => customers.push(key("id", id)),
            Wanted::Customer(_) | Wanted::Nothing => {}
            Wanted::Resource(kind, id) => {
                keys.push((kind.table, vec![key2("customer_id", customer, "id", id)]))
            }
        }
        keys.push((CUSTOMERS, customers));
        let mut found = self.batch(keys).await?;

        let mut admission = Admission::default();
        for item in found.remove(&self.table(CUSTOMERS)).unwrap_or_default() {
            let row: custodian_domain::Customer = decode(item)?;
            if matches!(wanted, Wanted::Customer(id) if id == row.id) {
                admission.wanted_customer = Some(row.clone());
            }
            if row.id == customer {
                admission.customer = Some(row);
            }
        }
        let mut first =
            |table: &str| found.remove(&self.table(table)).and_then(|items| items.into_iter().next());
        admission.agent = first(AGENTS).map(decode).transpose()?;
        if let Wanted::Resource(kind, _) = wanted {
            admission.wanted_resource = first(kind.table).map(decode).transpose()?;
        }
        Ok(admission)
    }
}
