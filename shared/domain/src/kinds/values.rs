//! The parts of values that are more than a text or a number, as they are read from a request.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::network;
use super::shape::MOST_BYTES;
use crate::fields::text_fault;
use crate::ids;

pub(super) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Every item read, if there are not too many and none is wrong.
pub(super) fn list(given: &Value, most: usize, read: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let items = given.as_array().filter(|items| items.len() <= most)?;
    items.iter().map(read).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// Ids, if there are not too many and none stands twice.
pub(crate) fn distinct(given: &Value, most: usize) -> Option<Vec<Uuid>> {
    let items = given.as_array().filter(|items| items.len() <= most)?;
    let mut read = Vec::with_capacity(items.len());
    for id in items.iter().map(|item| item.as_str().and_then(ids::parse)) {
        let id = id.filter(|id| !read.contains(id))?;
        read.push(id);
    }
    Some(read)
}

pub(super) fn choice(item: &Value, of: &[&str]) -> Option<Value> {
    item.as_str().filter(|text| of.contains(text)).map(|text| json!(text))
}

pub(super) fn network(item: &Value) -> Option<Value> {
    item.as_str().and_then(network::network).map(Value::String)
}

/// Without what stands in a list already.
pub(super) fn each_once(list: Value) -> Value {
    let mut once = Vec::new();
    for item in list.as_array().into_iter().flatten() {
        if !once.contains(item) {
            once.push(item.clone());
        }
    }
    once.into()
}

pub(super) fn action(item: &Value) -> Option<Value> {
    let kind = item.as_object()?.get("type")?.as_str()?;
    (text_fault(kind, 255).is_none() && is_legible(item)).then(|| item.clone())
}

/// Whether no text in it has control characters. What is read aloud may have lines.
pub(super) fn is_legible(value: &Value) -> bool {
    let legible = |text: &String| !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
    match value {
        Value::String(text) => legible(text),
        Value::Array(items) => items.iter().all(is_legible),
        Value::Object(map) => map.iter().all(|(name, value)| legible(name) && is_legible(value)),
        _ => true,
    }
}

/// Numbers may become longer than they came: `1e15` is answered as `1000000000000000.0`.
pub(super) fn fits(list: &Value) -> bool {
    list.to_string().len() <= MOST_BYTES
}

pub(super) fn flags(given: &Value, names: &[&'static str]) -> Option<Value> {
    let given = given.as_object()?;
    let flag = |name: &&str| {
        let value = given.get(*name).map_or(Some(false), Value::as_bool)?;
        Some(((*name).to_owned(), Value::Bool(value)))
    };
    names.iter().map(flag).collect::<Option<Map<_, _>>>().map(Value::Object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_have_one_spelling() {
        for good in ["+1", "+15551234567", "+899123456789", "+123456789012345"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "+", "15551234567", "+1 555", "+1-555", "+1234567890123456", "+१२३", "tel:+1"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_said_aloud_has_lines_and_no_other_control_characters_at_any_depth() {
        let with = |text: &str| json!({ "type": "talk", "option": { "deep": [{ "text": text }] } });
        assert!(action(&with("one\n\ttwo\r\n")).is_some());
        assert!(action(&with("a\u{0}b")).is_none());
        assert!(action(&json!({ "type": "talk", "option": { "a\u{1b}": 1 } })).is_none());
    }

    #[test]
    fn a_reference_is_named_once() {
        let id = "5e4a0680-804e-11ec-8477-2fea5968d85b";
        assert!(distinct(&json!([id]), 1).is_some());
        assert!(distinct(&json!([id, id]), 2).is_none());
        assert!(distinct(&json!([id, "no id"]), 2).is_none());
        assert!(distinct(&json!([id]), 0).is_none());
    }
}
