//! Reads the body of a request to change a part of a row.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::field_problem::{FieldProblem, Values};
use crate::fields::Fields;
use crate::kinds::{ADDRESS_TYPES, MAX_ADDRESS_TEXT};
use crate::reason::Reason;
use crate::refusal::Refusal;

/// The field with the id of a tag to add.
pub(crate) const TAG: &str = "tag_id";

/// The fields that a part sets. If it sets only one, the body must have it.
pub(crate) fn fields(
    names: &'static [&'static str],
    mut body: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    body.retain(|name, _| names.contains(&name.as_str()));
    let mut fields = Fields::new(&body);
    if let [name] = names {
        fields.require(name);
    }
    fields.finish(())?;
    Ok(body)
}

/// The id of the tag to add.
pub(crate) fn tag(body: &Map<String, Value>) -> Result<Uuid, Refusal> {
    let mut fields = Fields::new(body);
    fields.require(TAG);
    let id = fields.uuid(TAG);
    // In a list of tags, the nil UUID stands for no tag.
    if id.is_some_and(|id| id.is_nil()) {
        fields.refuse(TAG, FieldProblem::UnknownReference);
    }
    fields.finish(id.unwrap_or_default())
}

/// The members of an address. A new one needs a type and a target.
pub(crate) fn address(body: &Map<String, Value>, is_new: bool) -> Result<Map<String, Value>, Refusal> {
    let mut fields = Fields::new(body);
    let mut read = Map::new();
    let is_type = |given: &Value| given.as_str().is_some_and(|text| ADDRESS_TYPES.contains(&text));
    match fields.given("type") {
        None if is_new => fields.refuse_as(Reason::InvalidAddressType, "type", FieldProblem::Missing),
        Some(given) if !is_type(given) => {
            let problem = FieldProblem::NotOneOf { values: Values(&ADDRESS_TYPES) };
            fields.refuse_as(Reason::InvalidAddressType, "type", problem);
        }
        kind => read.extend(kind.map(|kind| ("type".to_owned(), kind.clone()))),
    }
    match fields.given("target") {
        None if is_new => fields.refuse_as(Reason::InvalidAddressTarget, "target", FieldProblem::Missing),
        Some(given) if given == "" => {
            fields.refuse_as(Reason::InvalidAddressTarget, "target", FieldProblem::Empty);
        }
        _ => {}
    }
    for name in ["target", "name", "detail"] {
        read.extend(fields.text(name, MAX_ADDRESS_TEXT).map(|text| (name.to_owned(), json!(text))));
    }
    read.extend(fields.boolean("is_primary").map(|given| ("is_primary".to_owned(), json!(given))));
    fields.finish(read)
}
