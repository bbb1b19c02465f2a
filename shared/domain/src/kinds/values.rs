//! Parsers for the elements of nested values.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::network;
use crate::fields;
use crate::ids;
use crate::plain_values::{is_multi_line_text, text_error};

/// The maximum size of a list of actions in a response. An item in DynamoDB holds at most 400 KB.
pub const MAX_BYTES: usize = 128 * 1024;

/// The id in a field that refers to no row.
pub(super) const NIL_UUID: Uuid = Uuid::nil();

pub(super) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Reads every item. `None` if there are more than `max` or one is invalid.
pub(super) fn list(given: &Value, max: usize, read: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let items = given.as_array().filter(|items| items.len() <= max)?;
    items.iter().map(read).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// Reads ids. `None` if there are more than `max`, one is invalid, or one occurs twice.
pub(crate) fn distinct_ids(given: &Value, max: usize) -> Option<Vec<Uuid>> {
    let items = given.as_array().filter(|items| items.len() <= max)?;
    let mut read = Vec::with_capacity(items.len());
    for id in items.iter().map(|item| item.as_str().and_then(ids::parse)) {
        let id = id.filter(|id| !read.contains(id))?;
        read.push(id);
    }
    Some(read)
}

pub(super) fn choice(item: &Value, values: &[&str]) -> Option<Value> {
    item.as_str().filter(|text| values.contains(text)).map(|text| json!(text))
}

pub(super) fn network(item: &Value) -> Option<Value> {
    item.as_str().and_then(network::network).map(Value::String)
}

pub(super) fn without_duplicates(list: Value) -> Value {
    let mut distinct = Vec::new();
    for item in list.as_array().into_iter().flatten() {
        if !distinct.contains(item) {
            distinct.push(item.clone());
        }
    }
    distinct.into()
}

pub(super) fn action(item: &Value) -> Option<Value> {
    let kind = item.as_object()?.get("type")?.as_str()?;
    (text_error(kind, 255).is_none() && is_printable(item)).then(|| item.clone())
}

/// Whether no string contains control characters other than tabs and line breaks. A text that a flow speaks can have several
/// lines.
pub(super) fn is_printable(value: &Value) -> bool {
    match value {
        Value::String(text) => is_multi_line_text(text),
        Value::Array(items) => items.iter().all(is_printable),
        Value::Object(map) => map.iter().all(|(name, value)| is_multi_line_text(name) && is_printable(value)),
        _ => true,
    }
}

/// Measures the serialized form, because it can be longer than the request: `1e15` becomes `1000000000000000.0`.
pub(super) fn is_within_max_bytes(list: &Value) -> bool {
    list.to_string().len() <= MAX_BYTES
}

pub(super) fn flags(given: &Value, names: &[&'static str]) -> Option<Value> {
    let given = given.as_object()?;
    let flag = |name: &&str| {
        let value = fields::given(given, name).map_or(Some(false), Value::as_bool)?;
        Some(((*name).to_owned(), Value::Bool(value)))
    };
    names.iter().map(flag).collect::<Option<Map<_, _>>>().map(Value::Object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_accepted_only_in_e164_form() {
        for good in ["+1", "+15551234567", "+899123456789", "+123456789012345"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "+", "15551234567", "+1 555", "+1-555", "+1234567890123456", "+१२३", "tel:+1"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn actions_may_contain_line_breaks_and_tabs_but_no_other_control_characters_at_any_depth() {
        let with = |text: &str| json!({ "type": "talk", "option": { "deep": [{ "text": text }] } });
        assert!(action(&with("one\n\ttwo\r\n")).is_some());
        assert!(action(&with("a\u{0}b")).is_none());
        assert!(action(&json!({ "type": "talk", "option": { "a\u{1b}": 1 } })).is_none());
    }

    #[test]
    fn a_list_with_duplicate_invalid_or_too_many_ids_is_refused() {
        let id = "5e4a0680-804e-11ec-8477-2fea5968d85b";
        assert!(distinct_ids(&json!([id]), 1).is_some());
        assert!(distinct_ids(&json!([id, id]), 2).is_none());
        assert!(distinct_ids(&json!([id, "no id"]), 2).is_none());
        assert!(distinct_ids(&json!([id]), 0).is_none());
    }
}
