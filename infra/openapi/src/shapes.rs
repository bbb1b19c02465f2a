//! The kinds' part: schemas from the registry and from nothing else, so that a new kind is described by being declared.

use custodian_domain::Plan;
use custodian_domain::kinds::{ADDRESS_TYPES, Field, Kind, Link, MOST_BYTES, Scope, Shape, Source};
use serde_json::{Value, json};

use crate::schema::{
    Fields, described, filled, nullable, object, one_of, served, text, time, uuid, uuids, whole, with,
};

/// Labels with dots between them, and perhaps one at the end; or nothing.
const HOST: &str =
    r"^(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?)?$";

/// The name of a kind's schema: `billing_account` is `BillingAccount`.
pub(crate) fn name(kind: &Kind) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    kind.noun.split('_').map(capital).collect()
}

/// A row as it is answered.
pub(crate) fn row(kind: &Kind) -> Value {
    let mut fields: Fields = vec![("id", served(uuid())), ("customer_id", served(uuid()))];
    fields.extend(kind.fields.iter().map(|field| (field.name, answered(field))));
    fields.extend([
        ("tm_create", served(time())),
        ("tm_update", served(time())),
        ("tm_delete", served(nullable(time()))),
    ]);
    described(whole(fields), &about(kind))
}

/// The body of a request that makes a row or changes one. What it may not say is not in it, and is ignored.
pub(crate) fn body(kind: &Kind, creating: bool) -> Value {
    let writable = kind.fields.iter().filter(|field| field.is_writable(creating));
    let required: Vec<_> =
        kind.fields.iter().filter(|field| creating && field.required).map(|field| field.name).collect();
    let fields = writable.map(|field| {
        let schema = said(field);
        let must_say = required.contains(&field.name);
        (field.name, if must_say { with(schema, json!({ "minLength": 1 })) } else { schema })
    });
    object(fields.collect(), &required)
}

fn about(kind: &Kind) -> String {
    let mut words = Vec::new();
    if kind.is_limited() {
        let limit = |plan: Plan| {
            let most = plan.limit(kind).map_or("any number".to_owned(), |most| most.to_string());
            format!("{} {most}", plan.as_str())
        };
        words.push(format!("At most, by plan: {}.", Plan::ALL.map(limit).join(", ")));
    }
    words.extend(
        kind.rule.as_ref().map(|rule| format!("When one is made, its {} {}.", rule.field, rule.words)),
    );
    if let Some(unique) = &kind.unique {
        let within = match unique.scope {
            Scope::Platform => "the whole platform",
            Scope::Customer => "its account",
        };
        words.push(format!("Unique in {within}: its {}, else {}.", unique.what, unique.taken.key()));
    }
    words.join(" ")
}

/// A field as it is answered, with who says what is in it.
fn answered(field: &Field) -> Value {
    let schema = match field.shape {
        // Nobody may have said it yet.
        Shape::Phone if !field.required => json!({ "type": "string", "pattern": r"^(\+[0-9]{1,15})?$" }),
        Shape::Time if field.source != Source::Creation => nullable(time()),
        Shape::Addresses { most } => addresses(most, true),
        Shape::Flags(names) => whole(flags(names)),
        shape => given(&shape),
    };
    match field.source {
        Source::Client => schema,
        Source::ClientOnce => described(schema, "Said when the row is made, and never changed."),
        Source::Service => served(schema),
        Source::Customer => served(described(schema, "The id of the account.")),
        Source::Copy(of) => served(described(schema, &format!("What `{of}` was when the row was made."))),
        Source::Creation => served(described(schema, "When the row was made.")),
    }
}

/// A field as requests give it.
fn said(field: &Field) -> Value {
    let schema = given(&field.shape);
    if !field.is_cleared_by_empty_text() {
        return schema;
    }
    match field.shape {
        Shape::Choice { of, .. } if of.contains(&"") => schema,
        Shape::Choice { of, .. } => {
            let choices: Vec<_> = of.iter().copied().chain([""]).collect();
            described(one_of(&choices), &format!("An empty text is {}.", of[0]))
        }
        _ => json!({ "anyOf": [schema, { "const": "", "description": "None." }] }),
    }
}

/// A value of a shape.
fn given(shape: &Shape) -> Value {
    match shape {
        Shape::Text { most } => text(*most),
        Shape::Phone => json!({ "type": "string", "pattern": r"^\+[0-9]{1,15}$" }),
        Shape::Choice { of, .. } => one_of(of),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Integer { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Time => json!({ "type": "string", "format": "date-time" }),
        Shape::Id => uuid(),
        Shape::Link(link) => described(uuid(), &leads(*link)),
        Shape::Links(link) => described(uuids(link.most), &leads(*link)),
        Shape::Ids => uuids(50),
        Shape::Domain => json!({ "type": "string", "maxLength": 254, "pattern": HOST,
            "description": "The name of a host in ASCII, answered in small letters, without a dot at its end." }),
        Shape::Choices { of } => described(
            json!({ "type": "array", "items": one_of(of), "maxItems": of.len() }),
            "What stands twice is answered once.",
        ),
        Shape::Networks { most } => {
            let item =
                json!({ "type": "string", "maxLength": 49, "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$" });
            let words = "IP addresses, and networks in CIDR notation. What stands twice is answered once.";
            described(json!({ "type": "array", "items": item, "maxItems": most }), words)
        }
        Shape::Actions { most } => {
            let item = object(vec![("type", text(255))], &["type"]);
            let item = with(item, json!({ "additionalProperties": true }));
            let words = format!(
                "At most {MOST_BYTES} bytes together, as they are answered. Texts in them may have tabs and ends of lines. Of \
a number, what an integer of 64 bits or a double holds of it is kept."
            );
            described(json!({ "type": "array", "items": item, "maxItems": most }), &words)
        }
        Shape::Addresses { most } => addresses(*most, false),
        Shape::Flags(names) => object(flags(names), &[]),
    }
}

fn leads(link: Link) -> String {
    format!("Of {} of the account; the zero UUID is none.", link.table)
}

fn flags(names: &[&'static str]) -> Fields {
    names.iter().map(|name| (*name, json!({ "type": "boolean" }))).collect()
}

fn addresses(most: usize, answered: bool) -> Value {
    let mut fields: Fields = vec![
        ("type", one_of(&ADDRESS_TYPES)),
        ("target", filled(255)),
        ("name", text(255)),
        ("detail", text(255)),
        ("is_primary", json!({ "type": "boolean" })),
    ];
    let item = if answered {
        fields.insert(0, ("id", served(uuid())));
        fields.extend([("customer_id", served(uuid())), ("contact_id", served(uuid()))]);
        fields.push(("tm_create", served(described(time(), "Since when the contact has it."))));
        whole(fields)
    } else {
        object(fields, &["type", "target"])
    };
    json!({ "type": "array", "items": item, "maxItems": most })
}
