//! Scanned rows, and the names that they should hold.

use std::collections::BTreeMap;

use custodian_app::Failure;
use custodian_cascade::restore::ScannedRow;
use custodian_domain::kinds::{AGENTS, Kind};
use custodian_domain::{Agent, AgentId};
use uuid::Uuid;

use crate::identifiers::{self, MAIN_ROW};
use crate::item::{Item, decode, s};
use crate::resources::decode_resource;

/// A scanned row.
pub(super) type Row = ScannedRow<Item>;

/// The main rows of identifiers and the rows under their owners, by hash key and range key.
pub(super) type Pairs = BTreeMap<(String, String), Item>;

/// A name that a row should hold.
pub(super) struct WantedName {
    /// The hash key of the name's main row, such as `username#ann`.
    pub(super) text: String,
    pub(super) agent: Option<AgentId>,
    pub(super) row_id: Option<Uuid>,
}

impl WantedName {
    /// The id of the agent or row with this name.
    pub(super) fn holder(&self) -> Option<Uuid> {
        self.row_id.or(self.agent.map(|agent| agent.0))
    }

    /// Whether the main row of an identifier names the same agent or row.
    pub(super) fn is_held_in(&self, main: &Item) -> bool {
        let is_agents = self.agent.is_none_or(|agent| main.get("agent_id") == Some(&s(agent)));
        is_agents && self.row_id.is_none_or(|id| main.get("row_id") == Some(&s(id)))
    }
}

/// The names of a row. The guest agent has none.
pub(super) fn names_of(kind: &'static Kind, stored: &Item) -> Result<Vec<WantedName>, Failure> {
    if kind.table == AGENTS.table {
        let agent: Agent = decode(stored.clone())?;
        let text = identifiers::stored_username(&agent.username);
        let named = Some(WantedName { text, agent: Some(agent.id), row_id: None }).filter(|_| !agent.guest);
        return Ok(named.into_iter().collect());
    }
    let Some(unique) = &kind.unique else { return Ok(Vec::new()) };
    let resource = decode_resource(kind, stored.clone())?.row;
    let names = unique.of(resource.customer_id, &resource.fields);
    let wanted = |text| WantedName { text, agent: None, row_id: Some(resource.id) };
    Ok(names.into_iter().map(|name| wanted(name.0)).collect())
}

/// Whether a row has this name.
pub(super) fn has_name(kind: &'static Kind, stored: &Item, name: &str) -> Result<bool, Failure> {
    Ok(names_of(kind, stored)?.iter().any(|wanted| wanted.text == name))
}

pub(super) fn main_row<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a Item> {
    pairs.get(&(name.to_owned(), MAIN_ROW.to_owned()))
}

/// The text in an attribute.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}
