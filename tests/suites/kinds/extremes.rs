//! The values at the ends of what a field takes, and beyond them.

use custodian_domain::kinds::{Field, Shape};
use serde_json::{Map, Value, json};

use crate::values::an_id;

/// Values that a field does not take.
pub(crate) fn bad(field: &Field) -> Vec<Value> {
    let long = "x".repeat(256);
    let mut bad = vec![Value::Null];
    let more = match &field.shape {
        Shape::Text { most } => vec![json!(7), json!("x".repeat(most + 1)), json!("a\u{0}b"), json!([])],
        Shape::Phone => {
            vec![json!(15_551_234), json!("1555"), json!("+1 555"), json!("+1234567890123456"), json!("")]
        }
        Shape::Choice { .. } => vec![json!(1), json!("nothing of the kind")],
        Shape::Flag => vec![json!("true"), json!(1)],
        Shape::Integer { least, .. } => vec![json!(least - 1), json!(1.5), json!("1"), json!(1e16)],
        Shape::Time | Shape::Id | Shape::Link(_) => vec![json!("no id"), json!(1)],
        Shape::Links(link) => {
            let ids: Vec<_> = (0..=link.most).map(an_id).collect();
            vec![json!("x"), json!(["no id"]), json!([ids[0], ids[0]]), json!(ids)]
        }
        Shape::Ids => vec![json!("x"), json!([1])],
        Shape::Domain => {
            let labels = vec!["a"; 127].join(".") + ".a";
            vec![json!(1), json!("not a domain !!"), json!(" a.b"), json!("10.0.0.1"), json!(labels + "b")]
        }
        Shape::Choices { of } => {
            vec![json!(of[0]), json!([1]), json!([""]), json!(vec![of[0]; of.len() + 1]), json!(["sip"])]
        }
        Shape::Networks { most } => vec![
            json!("10.0.0.1"),
            json!([1]),
            json!([""]),
            json!(["not an ip"]),
            json!(["10.0.0.0/33"]),
            json!(vec!["10.0.0.1"; most + 1]),
        ],
        Shape::Actions { most } => vec![
            json!({}),
            json!([1]),
            json!([{}]),
            json!([{ "type": 1 }]),
            json!([{ "type": long }]),
            json!([{ "type": "talk", "option": { "text": "a\u{0}b" } }]),
            json!(vec![json!({ "type": "a" }); most + 1]),
        ],
        Shape::Addresses { most } => {
            let one = json!({ "type": "tel", "target": "+1" });
            let many: Vec<_> =
                (0..=*most).map(|n| json!({ "type": "tel", "target": format!("+{n}") })).collect();
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
        Shape::Flags(names) => vec![json!([]), json!({ names[0]: 1 })],
    };
    bad.extend(more);
    bad.extend((field.filled && matches!(field.shape, Shape::Choice { .. })).then(|| json!("")));
    bad
}

/// The most that a field takes: the longest, the highest, as many as there may be. `tags` are as many as one row may have.
pub(crate) fn most(shape: &Shape, tags: &[Value]) -> Option<Value> {
    // Two bytes each.
    let long = |bytes: usize| "\u{fc}".repeat(bytes / 2) + &"x".repeat(bytes % 2);
    Some(match shape {
        Shape::Text { most } => json!(long(*most)),
        Shape::Phone => json!("+123456789012345"),
        Shape::Choice { of, .. } => json!(of.last()),
        Shape::Flag => json!(true),
        Shape::Integer { most, .. } => json!(most),
        Shape::Links(link) => json!(tags[..link.most]),
        Shape::Domain => json!(["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".")),
        Shape::Choices { of } => json!(of),
        Shape::Networks { most } => (0..*most)
            .map(|n| json!(format!("2001:db8:1111:2222:3333:4444:5555:{:x}/128", 0x1000 + n)))
            .collect(),
        Shape::Actions { most } => {
            let mut actions = vec![json!({ "type": "a" }); *most];
            actions[0] = json!({ "type": long(255) });
            actions.into()
        }
        Shape::Addresses { most } => {
            let target = |n: usize| long(253) + &format!("{n:02}");
            let address =
                |n| json!({ "type": "email", "target": target(n), "name": long(255), "detail": long(255) });
            (0..*most).map(address).collect()
        }
        Shape::Flags(names) => {
            names.iter().map(|name| ((*name).to_owned(), json!(true))).collect::<Map<_, _>>().into()
        }
        Shape::Time | Shape::Id | Shape::Link(_) | Shape::Ids => return None,
    })
}
