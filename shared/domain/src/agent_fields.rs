//! Parses the request bodies of agent routes.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::agent::{ADDRESS_TYPES, Address, Agent, RING_ALL, RING_METHODS, STATUSES};
use crate::credentials::{MAX_ENTERED_PASSWORD, new_password, new_username};
use crate::field_problem::{FieldProblem, Values};
use crate::fields::{Fields, given};
use crate::kinds::values;
use crate::plain_values::integer;
use crate::plain_values::text_error;
use crate::profile::{MAX_DETAIL, MAX_NAME};
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::{Permission, Secret};

/// The maximum number of addresses of one agent.
pub const MAX_ADDRESSES: usize = 100;
/// The maximum number of tags of one agent. The transaction that writes the agent checks each new tag.
pub const MAX_TAGS: usize = 50;

/// The maximum number of bytes of each text in an address.
pub const MAX_ADDRESS_TEXT: usize = 255;

/// The body of a request that creates an agent.
#[derive(Debug)]
pub struct NewAgent {
    pub username: String,
    pub password: Secret,
    pub permission: Permission,
    pub profile: AgentPatch,
    pub tag_ids: Vec<Uuid>,
    pub addresses: Vec<Address>,
}

impl NewAgent {
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let username = new_username(&mut fields);
        let password = new_password(&mut fields);
        let profile = AgentPatch::read_from(&mut fields);
        if profile.ring_method.as_deref().is_some_and(|method| method != RING_ALL) {
            let problem = FieldProblem::NewAgentRingMethod { value: RING_ALL };
            fields.refuse_as(Reason::InvalidRingMethod, "ring_method", problem);
        }
        let permission = permission(&mut fields).unwrap_or(Permission::AGENT);
        let (tag_ids, addresses) = (tag_ids(&mut fields), addresses(&mut fields));
        fields.finish(Self {
            username,
            password,
            permission,
            profile,
            tag_ids: tag_ids.unwrap_or_default(),
            addresses: addresses.unwrap_or_default(),
        })
    }
}

/// New values of name, detail and ring method. An absent field is unchanged.
#[derive(Clone, Debug, Default)]
pub struct AgentPatch {
    /// An update must not change the username.
    username: Option<String>,
    pub name: Option<String>,
    pub detail: Option<String>,
    pub ring_method: Option<String>,
}

impl AgentPatch {
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let username = fields.text("username", 4 * 255);
        let patch = Self { username, ..Self::read_from(&mut fields) };
        fields.finish(patch)
    }

    fn read_from(fields: &mut Fields<'_>) -> Self {
        Self {
            username: None,
            name: fields.text("name", MAX_NAME),
            detail: fields.multi_line_text("detail", MAX_DETAIL),
            ring_method: fields.one_of_or_empty(Reason::InvalidRingMethod, "ring_method", &RING_METHODS),
        }
    }

    /// Whether the patch changes the agent's name.
    pub fn renames(&self, agent: &Agent) -> bool {
        self.name.as_ref().is_some_and(|name| *name != agent.name)
    }

    /// Refuses an update that would change the username.
    pub fn require_same_username(&self, agent: &Agent) -> Result<(), Refusal> {
        match &self.username {
            Some(given) if *given != agent.username => {
                Err(Refusal::field(Reason::InvalidArgument, "username", FieldProblem::CreateOnly))
            }
            _ => Ok(()),
        }
    }

    pub fn apply(&self, agent: &mut Agent) {
        let pairs = [
            (&self.name, &mut agent.name),
            (&self.detail, &mut agent.detail),
            (&self.ring_method, &mut agent.ring_method),
        ];
        for (given, field) in pairs {
            if let Some(given) = given {
                field.clone_from(given);
            }
        }
    }
}

/// The body of `PUT …/permission`.
pub fn read_permission(body: &Map<String, Value>) -> Result<Permission, Refusal> {
    let mut fields = Fields::new(body);
    let read = permission(&mut fields);
    fields.require("permission");
    fields.finish(read.unwrap_or(Permission::AGENT))
}

/// The body of `PUT …/password`: the new password, and the current one if the agent changes its own.
pub fn read_password(body: &Map<String, Value>) -> Result<(Secret, Option<Secret>), Refusal> {
    let mut fields = Fields::new(body);
    let password = new_password(&mut fields);
    let current = fields.text("current_password", MAX_ENTERED_PASSWORD).map(Secret::new);
    fields.finish((password, current))
}

/// The body of `PUT …/status`.
pub fn read_status(body: &Map<String, Value>) -> Result<String, Refusal> {
    let mut fields = Fields::new(body);
    let status = fields.one_of("status", &STATUSES);
    fields.require("status");
    fields.finish(status.unwrap_or_default())
}

/// The body of `PUT …/addresses`.
pub fn read_addresses(body: &Map<String, Value>) -> Result<Vec<Address>, Refusal> {
    let mut fields = Fields::new(body);
    let read = addresses(&mut fields);
    fields.require("addresses");
    fields.finish(read.unwrap_or_default())
}

/// The body of `PUT …/tag_ids`.
pub fn read_tag_ids(body: &Map<String, Value>) -> Result<Vec<Uuid>, Refusal> {
    let mut fields = Fields::new(body);
    let read = tag_ids(&mut fields);
    fields.require("tag_ids");
    fields.finish(read.unwrap_or_default())
}

fn permission(fields: &mut Fields<'_>) -> Option<Permission> {
    let bits = integer(fields.given("permission")?).and_then(|bits| u32::try_from(bits).ok());
    let permission = bits.and_then(Permission::from_bits);
    if permission.is_none() {
        fields.refuse("permission", FieldProblem::WrongPermission);
    }
    permission
}

fn tag_ids(fields: &mut Fields<'_>) -> Option<Vec<Uuid>> {
    let read = values::distinct_ids(fields.given("tag_ids")?, MAX_TAGS);
    if read.is_none() {
        fields.refuse("tag_ids", FieldProblem::NotUuids { max: MAX_TAGS });
    }
    read
}

fn addresses(fields: &mut Fields<'_>) -> Option<Vec<Address>> {
    let given = fields.given("addresses")?.as_array().filter(|addresses| addresses.len() <= MAX_ADDRESSES);
    let read = given.and_then(|addresses| addresses.iter().map(address).collect());
    if read.is_none() {
        let types = Values(&ADDRESS_TYPES);
        fields.refuse("addresses", FieldProblem::NotAddresses { max: MAX_ADDRESSES, types });
    }
    read
}

fn address(value: &Value) -> Option<Address> {
    let members = value.as_object()?;
    let text = |name: &str| match given(members, name) {
        None => Some(String::new()),
        Some(Value::String(text)) if text_error(text, MAX_ADDRESS_TEXT).is_none() => Some(text.clone()),
        Some(_) => None,
    };
    let address = Address {
        kind: text("type")?,
        target: text("target")?,
        target_name: text("target_name")?,
        name: text("name")?,
        detail: text("detail")?,
    };
    (ADDRESS_TYPES.contains(&&*address.kind) && !address.target.is_empty()).then_some(address)
}
