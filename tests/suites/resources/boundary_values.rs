//! The largest valid values of each field type, and invalid ones.

use custodian_domain::kinds::{Field, FieldType};
use serde_json::{Map, Value, json};

use crate::sample_values::sample_id;

/// Values that a field refuses.
pub(crate) fn invalid_values(field: &Field) -> Vec<Value> {
    let long = "x".repeat(256);
    let mut values = match &field.field_type {
        FieldType::Text { max } => vec![json!(7), json!("x".repeat(max + 1)), json!("a\u{0}b"), json!([])],
        FieldType::MultiLineText { max } => {
            vec![json!(7), json!("x".repeat(max + 1)), json!("a\u{0}b"), json!("a\u{b}b"), json!([])]
        }
        FieldType::Phone => {
            vec![json!(15_551_234), json!("1555"), json!("+1 555"), json!("+1234567890123456"), json!("")]
        }
        FieldType::Choice { .. } => vec![json!(1), json!("nothing of the kind")],
        FieldType::Flag => vec![json!("true"), json!(1)],
        FieldType::Integer { min, .. } => vec![json!(min - 1), json!(1.5), json!("1"), json!(1e16)],
        FieldType::Time | FieldType::Id | FieldType::Link(_) => vec![json!("no id"), json!(1)],
        FieldType::Links(link) => {
            let ids: Vec<_> = (0..=link.max).map(sample_id).collect();
            vec![json!("x"), json!(["no id"]), json!([ids[0], ids[0]]), json!(ids)]
        }
        FieldType::Ids => vec![json!("x"), json!([1])],
        FieldType::Domain => {
            let labels = vec!["a"; 127].join(".") + ".a";
            vec![json!(1), json!("not a domain !!"), json!(" a.b"), json!("10.0.0.1"), json!(labels + "b")]
        }
        FieldType::Choices { values } => {
            vec![
                json!(values[0]),
                json!([1]),
                json!([""]),
                json!(vec![values[0]; values.len() + 1]),
                json!(["sip"]),
            ]
        }
        FieldType::Networks { max } => vec![
            json!("10.0.0.1"),
            json!([1]),
            json!([""]),
            json!(["not an ip"]),
            json!(["10.0.0.0/33"]),
            json!(vec!["10.0.0.1"; max + 1]),
        ],
        FieldType::Actions { max } => vec![
            json!({}),
            json!([1]),
            json!([{}]),
            json!([{ "type": 1 }]),
            json!([{ "type": long }]),
            json!([{ "type": "talk", "option": { "text": "a\u{0}b" } }]),
            json!(vec![json!({ "type": "a" }); max + 1]),
        ],
        FieldType::Addresses { max } => {
            let one = json!({ "type": "tel", "target": "+1" });
            let many: Vec<_> =
                (0..=*max).map(|n| json!({ "type": "tel", "target": format!("+{n}") })).collect();
            vec![
                json!({}),
                json!([1]),
                json!([{ "type": "fax", "target": "1" }]),
                json!([{ "type": "tel" }]),
                json!([{ "type": "tel", "target": long }]),
                json!([{ "type": "tel", "target": "+1", "name": long }]),
                json!([one, one]),
                json!(many),
            ]
        }
        FieldType::Flags(names) => vec![json!([]), json!({ names[0]: 1 })],
    };
    let is_text = matches!(field.field_type, FieldType::Choice { .. } | FieldType::Text { .. });
    values.extend((field.non_empty && is_text).then(|| json!("")));
    values
}

/// The largest value that a field accepts: the longest text, the highest number, the longest list. `tags` holds the
/// ids for a full list.
pub(crate) fn max_value(field_type: &FieldType, tags: &[Value]) -> Option<Value> {
    // Each letter has two bytes.
    let long = |bytes: usize| "\u{fc}".repeat(bytes / 2) + &"x".repeat(bytes % 2);
    Some(match field_type {
        FieldType::Text { max } | FieldType::MultiLineText { max } => json!(long(*max)),
        FieldType::Phone => json!("+123456789012345"),
        FieldType::Choice { values, .. } => json!(values.last()),
        FieldType::Flag => json!(true),
        FieldType::Integer { max, .. } => json!(max),
        FieldType::Links(link) => json!(tags[..link.max]),
        FieldType::Domain => {
            json!(["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join("."))
        }
        FieldType::Choices { values } => json!(values),
        FieldType::Networks { max } => (0..*max)
            .map(|n| json!(format!("2001:db8:1111:2222:3333:4444:5555:{:x}/128", 0x1000 + n)))
            .collect(),
        FieldType::Actions { max } => {
            let mut actions = vec![json!({ "type": "a" }); *max];
            actions[0] = json!({ "type": long(255) });
            actions.into()
        }
        FieldType::Addresses { max } => {
            let target = |n: usize| long(253) + &format!("{n:02}");
            let address =
                |n| json!({ "type": "email", "target": target(n), "name": long(255), "detail": long(255) });
            (0..*max).map(address).collect()
        }
        FieldType::Flags(names) => {
            names.iter().map(|name| ((*name).to_owned(), json!(true))).collect::<Map<_, _>>().into()
        }
        FieldType::Time | FieldType::Id | FieldType::Link(_) | FieldType::Ids => return None,
    })
}
