//! How deep a JSON body may be nested.

use serde_json::Value;

/// The maximum nesting depth of a JSON body.
pub const MAX_DEPTH: usize = 64;

/// Whether a value is nested deeper than [`MAX_DEPTH`].
pub fn is_too_deep(value: &Value) -> bool {
    fn is_deeper_than(value: &Value, levels: usize) -> bool {
        match value {
            Value::Array(items) => levels == 0 || items.iter().any(|child| is_deeper_than(child, levels - 1)),
            Value::Object(map) => levels == 0 || map.values().any(|child| is_deeper_than(child, levels - 1)),
            _ => false,
        }
    }
    is_deeper_than(value, MAX_DEPTH)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_may_be_nested_up_to_the_maximum_depth() {
        let nest = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(!is_too_deep(&nest(MAX_DEPTH)));
        assert!(is_too_deep(&nest(MAX_DEPTH + 1)));
    }
}
