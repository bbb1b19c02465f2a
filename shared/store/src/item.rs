//! Items and attribute values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub(crate) fn s(text: impl ToString) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// A number attribute.
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A simple primary key.
pub(crate) fn simple_key(name: &str, value: impl ToString) -> Item {
    Item::from([(name.to_owned(), s(value))])
}

/// A composite primary key.
pub(crate) fn composite_key(
    hash: &str,
    hash_value: impl ToString,
    range: &str,
    range_value: impl ToString,
) -> Item {
    Item::from([(hash.to_owned(), s(hash_value)), (range.to_owned(), s(range_value))])
}

/// The size of a stored item in bytes, as DynamoDB counts it: the names and the values of its attributes. A number counts about
/// half a byte per digit.
pub(crate) fn stored_size(item: &Item) -> u64 {
    item.iter().map(|(name, value)| name.len() as u64 + value_size(value)).sum()
}

pub(crate) fn value_size(value: &AttributeValue) -> u64 {
    match value {
        AttributeValue::S(text) => text.len() as u64,
        AttributeValue::N(digits) => digits.len() as u64 / 2 + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len() as u64,
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + value_size(value)).sum::<u64>(),
        AttributeValue::M(values) => 3 + stored_size(values) + values.len() as u64,
        _ => 1,
    }
}

pub(crate) fn encode(row: &impl Serialize) -> Result<Item, Failure> {
    serde_dynamo::to_item(row).map_err(|cause| Failure::unavailable("the encoding of a row", cause))
}

pub(crate) fn decode<T: DeserializeOwned>(item: Item) -> Result<T, Failure> {
    // `from_item` would copy the map.
    serde_dynamo::from_attribute_value(AttributeValue::M(item))
        .map_err(|cause| Failure::unreadable("a stored row", cause))
}

pub(crate) fn decode_some<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, Failure> {
    item.map(decode).transpose()
}

/// The number in an attribute, or 0 if the item has no such number.
pub(crate) fn number_attribute(item: &Item, name: &str) -> i64 {
    let text = item.get(name).and_then(|value| value.as_n().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}
