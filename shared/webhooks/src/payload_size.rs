//! The size limit of payloads. A row may be large, and every attempt sends it again.

use serde_json::{Map, Value};

/// The maximum size of a payload in bytes.
const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// The payload as text, without the `hidden` fields of `data`. If it is too long, the largest values of `data` are left out, too.
/// `omitted` names the missing fields. The receiver can read them from the API. Ids are small, so they always stay.
pub(crate) fn limited(mut payload: Value, hidden: &[&str]) -> String {
    let mut omitted: Vec<String> = Vec::new();
    if let Some(data) = payload["data"].as_object_mut() {
        let removed = hidden.iter().filter(|field| data.shift_remove(**field).is_some());
        omitted.extend(removed.map(|field| (*field).to_owned()));
    }
    loop {
        if !omitted.is_empty() {
            payload["omitted"] = omitted.clone().into();
        }
        let text = payload.to_string();
        if text.len() <= MAX_PAYLOAD_BYTES {
            return text;
        }
        let Some(field) = payload["data"].as_object_mut().and_then(remove_largest) else { return text };
        omitted.push(field);
        omitted.sort();
    }
}

/// Removes the field with the longest value. Returns its name.
fn remove_largest(data: &mut Map<String, Value>) -> Option<String> {
    let largest = data.iter().max_by_key(|(_, value)| value.to_string().len())?.0.clone();
    data.shift_remove(&largest);
    Some(largest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn limit(data: &Value) -> Value {
        let text = limited(json!({ "type": "flow_updated", "data": data, "version": 2 }), &["secret"]);
        assert!(text.len() <= MAX_PAYLOAD_BYTES, "{} bytes", text.len());
        serde_json::from_str(&text).unwrap_or_default()
    }

    #[test]
    fn a_payload_within_the_limit_is_complete() {
        let data = json!({ "id": "1", "detail": "x".repeat(65_000) });
        assert_eq!(limit(&data), json!({ "type": "flow_updated", "data": data, "version": 2 }));
    }

    #[test]
    fn a_hidden_field_is_left_out_and_named() {
        let expected =
            json!({ "type": "flow_updated", "data": { "id": "1" }, "version": 2, "omitted": ["secret"] });
        assert_eq!(limit(&json!({ "id": "1", "secret": "x" })), expected);
    }

    #[test]
    fn only_as_many_of_the_largest_values_as_necessary_are_left_out_and_named() {
        let large = |length| json!("x".repeat(length));
        let data =
            json!({ "id": "1", "a": large(40_000), "b": large(90_000), "c": large(50_000), "name": "n" });
        assert_eq!(
            limit(&data),
            json!({ "type": "flow_updated", "data": { "id": "1", "a": large(40_000), "name": "n" }, "version": 2,
                "omitted": ["b", "c"] })
        );
    }
}
