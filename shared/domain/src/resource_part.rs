//! Changes of a part of a row. Each is made by an update of the whole row, so every rule of that update holds.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::caller_message::CallerMessage;
use crate::field_problem::FieldProblem;
use crate::kinds::{Kind, PartChange, is_same_address};
use crate::part_body::{self, TAG};
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::resource::{Resource, ResourcePatch};
use crate::time::Timestamp;

const ADDRESSES: &str = "addresses";
const TAGS: &str = "tag_ids";

/// A request to change a part of a row.
#[derive(Clone, Debug)]
pub struct PartPatch {
    kind: &'static Kind,
    change: PartChange,
    /// The fields of the body.
    body: Map<String, Value>,
    /// The id of the item that the path names.
    item: Uuid,
}

impl PartPatch {
    /// Reads the body of a request.
    pub fn read(
        kind: &'static Kind,
        change: PartChange,
        body: Map<String, Value>,
        item: Option<Uuid>,
    ) -> Result<Self, Refusal> {
        let body = match change {
            PartChange::SetFields(names) => part_body::fields(names, body)?,
            PartChange::AddAddress => part_body::address(&body, true)?,
            PartChange::ChangeAddress => part_body::address(&body, false)?,
            PartChange::AddTag => Map::from_iter([(TAG.to_owned(), json!(part_body::tag(&body)?))]),
            PartChange::RemoveAddress | PartChange::RemoveTag => Map::new(),
        };
        Ok(Self { kind, change, body, item: item.unwrap_or_default() })
    }

    /// The next version of a row.
    pub fn apply(&self, row: &Resource, now: Timestamp) -> Result<Resource, Refusal> {
        let body = match self.change {
            PartChange::SetFields(_) => self.body.clone(),
            PartChange::AddAddress => list(ADDRESSES, self.with_new_address(row)?),
            PartChange::ChangeAddress => list(ADDRESSES, self.with_changed_address(row)?),
            PartChange::RemoveAddress => list(ADDRESSES, self.without_address(row)?),
            PartChange::AddTag => list(TAGS, self.with_tag(row)),
            PartChange::RemoveTag => list(TAGS, self.without_tag(row)?),
        };
        let mut next = ResourcePatch::for_update(self.kind, &body)?.apply(row, now)?;
        if self.change == PartChange::ChangeAddress {
            self.keep_identity(row, &mut next);
        }
        Ok(next)
    }

    fn with_new_address(&self, row: &Resource) -> Result<Vec<Value>, Refusal> {
        let mut addresses = items(row, ADDRESSES);
        addresses.push(Value::Object(self.body.clone()));
        let new = addresses.len() - 1;
        self.with_distinct_address(addresses, new)
    }

    fn with_changed_address(&self, row: &Resource) -> Result<Vec<Value>, Refusal> {
        let mut addresses = items(row, ADDRESSES);
        let changed = self.position(&addresses)?;
        let is_other_type = |given: &Value| *given != addresses[changed]["type"];
        if self.body.get("type").is_some_and(is_other_type) {
            return Err(Refusal::field(Reason::InvalidArgument, "type", FieldProblem::CreateOnly));
        }
        if let Some(address) = addresses[changed].as_object_mut() {
            address.extend(self.body.clone());
        }
        self.with_distinct_address(addresses, changed)
    }

    /// The addresses, of which the given one must differ from the others. If the request makes it primary, no other of its type is.
    fn with_distinct_address(&self, mut addresses: Vec<Value>, given: usize) -> Result<Vec<Value>, Refusal> {
        let becomes_primary = self.body.get("is_primary").is_some_and(|given| *given == true);
        let address = addresses[given].clone();
        for (_, other) in addresses.iter_mut().enumerate().filter(|(at, _)| *at != given) {
            if is_same_address(other, &address) {
                return Err(Reason::AddressAlreadyExists.into());
            }
            if becomes_primary && other["type"] == address["type"] {
                other["is_primary"] = json!(false);
            }
        }
        Ok(addresses)
    }

    fn without_address(&self, row: &Resource) -> Result<Vec<Value>, Refusal> {
        let mut addresses = items(row, ADDRESSES);
        addresses.remove(self.position(&addresses)?);
        Ok(addresses)
    }

    fn with_tag(&self, row: &Resource) -> Vec<Value> {
        let mut tags = items(row, TAGS);
        let new = self.body.get(TAG).filter(|tag| !tags.contains(tag)).cloned();
        tags.extend(new);
        tags
    }

    fn without_tag(&self, row: &Resource) -> Result<Vec<Value>, Refusal> {
        let mut tags = items(row, TAGS);
        let position = tags.iter().position(|tag| *tag == json!(self.item));
        tags.remove(position.ok_or_else(|| Refusal::with_message(CallerMessage::NoSuchTagOfContact))?);
        Ok(tags)
    }

    /// The position of the address that the path names.
    fn position(&self, addresses: &[Value]) -> Result<usize, Refusal> {
        let is_named = |address: &Value| address["id"] == json!(self.item);
        addresses.iter().position(is_named).ok_or_else(|| Reason::AddressNotFound.into())
    }

    /// An address with another target is still the same address. The update of a whole row cannot know that.
    fn keep_identity(&self, row: &Resource, next: &mut Resource) {
        let before = items(row, ADDRESSES);
        let Ok(position) = self.position(&before) else { return };
        let changed = next.fields.get_mut(ADDRESSES).and_then(|addresses| addresses.get_mut(position));
        if let Some(address) = changed {
            for name in ["id", "tm_create"] {
                address[name] = before[position][name].clone();
            }
        }
    }
}

fn items(row: &Resource, field: &str) -> Vec<Value> {
    row.fields.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn list(field: &str, items: Vec<Value>) -> Map<String, Value> {
    Map::from_iter([(field.to_owned(), Value::Array(items))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{CONTACTS, QUEUES};
    use crate::{CustomerId, ids};

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn contact(targets: &[&str]) -> Resource {
        let address = |target: &&str| json!({ "type": "tel", "target": target, "is_primary": true });
        let body = json!({ "addresses": targets.iter().map(address).collect::<Vec<_>>() });
        let patch = ResourcePatch::for_create(&CONTACTS, body.as_object().unwrap_or_else(|| unreachable!()));
        patch.unwrap_or_else(|_| unreachable!()).create(CustomerId(Uuid::nil()), Uuid::from_u128(1), NOW)
    }

    fn change(row: &Resource, change: PartChange, body: &Value, item: &Value) -> Result<Resource, Refusal> {
        let item = item.as_str().and_then(ids::parse);
        let body = body.as_object().cloned().unwrap_or_default();
        PartPatch::read(&CONTACTS, change, body, item)?.apply(row, NOW)
    }

    fn id(row: &Resource, at: usize) -> Value {
        row.fields["addresses"][at]["id"].clone()
    }

    #[test]
    fn an_address_keeps_its_id_when_its_target_changes() {
        let row = contact(&["+1"]);
        let changed = change(&row, PartChange::ChangeAddress, &json!({ "target": "+2" }), &id(&row, 0));
        let changed = changed.unwrap_or_else(|_| unreachable!());
        assert_eq!((&changed.fields["addresses"][0]["target"], id(&changed, 0)), (&json!("+2"), id(&row, 0)));
        // The old target is free, and the new address with it needs another id.
        let new = json!({ "type": "tel", "target": "+1" });
        let added =
            change(&changed, PartChange::AddAddress, &new, &Value::Null).unwrap_or_else(|_| unreachable!());
        assert_eq!(id(&added, 0), id(&row, 0));
        assert_ne!(id(&added, 1), id(&row, 0));
    }

    #[test]
    fn a_new_primary_address_replaces_the_primary_address_of_its_type() {
        let new = json!({ "type": "tel", "target": "+2", "is_primary": true });
        let added = change(&contact(&["+1"]), PartChange::AddAddress, &new, &Value::Null);
        let added = added.unwrap_or_else(|_| unreachable!());
        let primary: Vec<_> =
            [0, 1].map(|at| added.fields["addresses"][at]["is_primary"].clone()).into_iter().collect();
        assert_eq!(primary, [json!(false), json!(true)]);
    }

    #[test]
    fn an_item_that_the_contact_does_not_have_is_not_found() {
        let (row, other) = (contact(&["+1"]), json!("5e4a0680-804e-11ec-8477-2fea5968d85b"));
        for (part, reason) in [
            (PartChange::ChangeAddress, Reason::AddressNotFound),
            (PartChange::RemoveAddress, Reason::AddressNotFound),
            (PartChange::RemoveTag, Reason::TagNotFound),
        ] {
            let refused = change(&row, part, &json!({}), &other).err();
            assert_eq!(refused.map(|refusal| refusal.reason), Some(reason));
        }
    }

    #[test]
    fn a_part_changes_no_other_field_and_needs_its_only_field() {
        let part = PartChange::SetFields(&["tag_ids"]);
        let read =
            |body: Value| PartPatch::read(&QUEUES, part, body.as_object().cloned().unwrap_or_default(), None);
        let patch = read(json!({ "tag_ids": [], "name": "other" })).unwrap_or_else(|_| unreachable!());
        assert_eq!(patch.body.keys().collect::<Vec<_>>(), ["tag_ids"]);
        for body in [json!({}), json!({ "tag_ids": null })] {
            assert_eq!(read(body).err().map(|refusal| refusal.reason), Some(Reason::InvalidArgument));
        }
    }
}
