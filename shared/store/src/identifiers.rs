//! Identifiers: names that are unique in the whole platform, such as e-mail addresses and usernames, or in their account.
//!
//! An identifier has two rows, written in the transaction of the row that it identifies. The main row names the owner and the row
//! that it identifies. The row under the owner names the identifier, so that a cascade finds all identifiers of a customer by a
//! consistent query.
//!
//! Five kinds of claims can be replaced: a claim of a deleted or expired customer, a claim of a customer without a row, an
//! unconfirmed claim on an e-mail address that another account confirms, a claim on a username that is this address, and a claim
//! on an address that is not the holder's, which an earlier release left. The new claim takes over the row, on the condition that
//! the owner and `confirmed` of the previous claim have not changed since it was read.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::ReadCustomers;
use custodian_domain::precis::{displayed_username, username_key};
use custodian_domain::profile::fold_case;
use custodian_domain::{AgentId, CustomerId};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode, decode_some, s};
use crate::schema::IDENTIFIERS;

/// Longer usernames are stored as a hash, because a DynamoDB sort key has at most 1,024 bytes.
const MAX_NAME_BYTES: usize = 512;
/// The range key of the main row of an identifier or a mail token.
pub(crate) const MAIN_ROW: &str = "-";
/// The attribute that links the row under the owner to its main row. Its value is the hash key of the main row.
pub(crate) const PAIR_ATTRIBUTE: &str = "pair";

pub(crate) const EMAIL_PREFIX: &str = "email#";
pub(crate) const USERNAME_PREFIX: &str = "username#";
const OWNER_PREFIX: &str = "owner#";

pub(crate) fn email(address: &str) -> String {
    format!("{EMAIL_PREFIX}{}", fold_case(address))
}

pub(crate) fn username(name: &str) -> String {
    of_username(&username_key(name))
}

/// The identifier of a username as an earlier release stored it: in lower case, but not prepared.
pub(crate) fn unprepared_username(name: &str) -> String {
    of_username(&fold_case(name))
}

/// The identifier that an agent's username reserves. This release would prepare some usernames of earlier releases differently;
/// their identifiers are the unprepared ones.
pub(crate) fn stored_username(name: &str) -> String {
    if displayed_username(name).is_ok_and(|displayed| displayed == name) {
        username(name)
    } else {
        unprepared_username(name)
    }
}

fn of_username(name: &str) -> String {
    if name.len() > MAX_NAME_BYTES {
        return format!("{USERNAME_PREFIX}sha256#{}", hex::encode(Sha256::digest(name)));
    }
    format!("{USERNAME_PREFIX}{name}")
}

/// The partition that lists the identifiers and former names, or the mail tokens, of a customer.
pub(crate) fn owner_partition(customer: CustomerId) -> String {
    format!("{OWNER_PREFIX}{customer}")
}

/// The customer of such a partition, as text.
pub(crate) fn owner_of(partition: &str) -> Option<&str> {
    partition.strip_prefix(OWNER_PREFIX)
}

/// The main row of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct IdentifierRow {
    pub(crate) owner: CustomerId,
    /// The agent with this username, or the administrator that was created with the account that has this e-mail address.
    pub(crate) agent_id: Option<AgentId>,
    /// Whether the account has confirmed the e-mail address. Usernames have no such attribute.
    pub(crate) confirmed: Option<bool>,
    /// The row of a kind with this name. Earlier releases did not store it.
    pub(crate) row_id: Option<Uuid>,
}

/// Whether a name can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameAvailability {
    Taken,
    Free,
    /// The holder has lost its right to the name, or has a weaker right, so a new claim can replace it.
    Replaceable(IdentifierRow),
}

/// The strength of a claim on an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    Unconfirmed,
    /// The claimant confirms the address. This replaces an unconfirmed claim of another account.
    Confirmed,
}

impl IdentifierRow {
    /// The id of the agent or row with this name. `None` if an earlier release wrote the claim.
    pub(crate) fn holder(self) -> Option<Uuid> {
        self.row_id.or(self.agent_id.map(|agent| agent.0))
    }

    /// The condition that the row has not changed since it was read.
    pub(crate) fn is_unchanged(self) -> Expr {
        let owner = Expr::new("#owner = :previous").with(":previous", s(self.owner));
        let optional = [
            ("confirmed", self.confirmed.map(AttributeValue::Bool)),
            ("agent_id", self.agent_id.map(s)),
            ("row_id", self.row_id.map(s)),
        ];
        optional.into_iter().fold(owner, |condition, (name, value)| match value {
            None => condition.and(&Expr::new(format!("attribute_not_exists(#{name})"))),
            Some(value) => {
                let previous = format!(":previous_{name}");
                condition.and(&Expr::new(format!("#{name} = {previous}")).with(&previous, value))
            }
        })
    }

    /// Extends a condition, so that it also permits a row whose owner and `confirmed` are as they were read.
    pub(crate) fn or_same_owner(self, condition: &str) -> Expr {
        match self.confirmed {
            None => {
                Expr::new(format!("{condition} OR (#owner = :previous AND attribute_not_exists(#confirmed))"))
            }
            Some(confirmed) => {
                Expr::new(format!("{condition} OR (#owner = :previous AND #confirmed = :previous_confirmed)"))
                    .with(":previous_confirmed", AttributeValue::Bool(confirmed))
            }
        }
        .with(":previous", s(self.owner))
    }
}

/// The key of the main row of an identifier.
pub(crate) fn main_key(name: &str) -> Item {
    composite_key("id", name, "key", MAIN_ROW)
}

/// The name of an identifier that may conflict with a new agent of this customer: a username, or an e-mail address that another
/// account has confirmed.
pub(crate) fn conflicting_name(customer: CustomerId, item: Item) -> Result<Option<String>, Failure> {
    let name = item.get("id").and_then(|id| id.as_s().ok()).cloned();
    let row: IdentifierRow = decode(item)?;
    let is_confirmed_elsewhere = row.owner != customer && row.confirmed != Some(false);
    Ok(name.filter(|name| is_confirmed_elsewhere || !name.starts_with(EMAIL_PREFIX)))
}

pub(crate) fn new_owner_row(owner: CustomerId, name: &str) -> Item {
    let mut row = owner_row_key(owner, name);
    row.insert(PAIR_ATTRIBUTE.to_owned(), s(name));
    row
}

/// The key of the row under the owner.
pub(crate) fn owner_row_key(owner: CustomerId, name: &str) -> Item {
    composite_key("id", owner_partition(owner), "key", name)
}

impl Store {
    pub(crate) async fn identifier(&self, name: &str) -> Result<Option<IdentifierRow>, Failure> {
        let request = self.client.get_item().table_name(self.table(IDENTIFIERS)).consistent_read(true);
        let response = request.set_key(Some(main_key(name))).send().await;
        let item: Option<Item> = response.map_err(|error| aws_failure("the identifiers", &error))?.item;
        decode_some(item)
    }

    /// Whether a name can be claimed. The name of a deleted or expired account is replaceable at once.
    pub(crate) async fn name_availability(
        &self,
        name: &str,
        strength: Strength,
    ) -> Result<NameAvailability, Failure> {
        let Some(row) = self.identifier(name).await? else { return Ok(NameAvailability::Free) };
        let holder = self.customer(row.owner).await?.filter(|holder| !holder.status().is_terminal());
        let Some(holder) = holder else { return Ok(NameAvailability::Replaceable(row)) };
        let is_replaceable = name.strip_prefix(EMAIL_PREFIX).is_some_and(|address| {
            // Earlier versions also reserved the requested, unconfirmed address of a pending change.
            let is_left_over = !holder.has_email(address);
            is_left_over || (strength == Strength::Confirmed && !holder.email_verified)
        });
        Ok(if is_replaceable { NameAvailability::Replaceable(row) } else { NameAvailability::Taken })
    }
}
