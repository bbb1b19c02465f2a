//! Random values that a schema of the API description permits.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use custodian_domain::Timestamp;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::random::Random;
use crate::text_sampler::matching;

/// Characters of texts without a pattern: of one to four bytes.
const CHARACTERS: [char; 12] = ['a', 'Z', '0', ' ', '"', '\\', '<', '.', 'é', 'ß', '語', '\u{1f600}'];
/// How often a value may violate a keyword that the sampler does not consider, before the sampler gives up.
const ATTEMPTS: usize = 500;

static PATTERNS: LazyLock<Mutex<HashMap<String, Validator>>> = LazyLock::new(Mutex::default);

/// A random value that a schema permits. References must be resolved.
pub(crate) fn sample(schema: &Value, random: &mut Random) -> Value {
    let permits = validator(schema);
    (0..ATTEMPTS)
        .map(|_| candidate(schema, random))
        .find(|value| permits.is_valid(value))
        .unwrap_or_else(|| panic!("no sample of {schema}"))
}

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(schema).unwrap()
}

/// Whether a schema permits a text.
fn is_permitted(schema: &Value, text: &str) -> bool {
    let mut patterns = PATTERNS.lock().unwrap();
    patterns.entry(schema.to_string()).or_insert_with(|| validator(schema)).is_valid(&json!(text))
}

/// A value that satisfies most keywords of a schema.
fn candidate(schema: &Value, random: &mut Random) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        return as_a_client_writes(random.choose(values).clone(), random);
    }
    if let Some(alternatives) = schema["anyOf"].as_array().filter(|_| schema.get("properties").is_none()) {
        return candidate(random.choose(alternatives), random);
    }
    match schema["type"].as_str() {
        Some("object") => object(schema, random),
        Some("array") => array(schema, random),
        Some("integer") => integer(schema, random),
        Some("boolean") => json!(random.one_in(2)),
        Some("null") => Value::Null,
        _ => text(schema, random),
    }
}

fn object(schema: &Value, random: &mut Random) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut object = Map::new();
    // Usually some of the fields, and sometimes all or only the required ones.
    let share = *random.choose(&[0, 1, 1, 2, 2, 4]);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&json!(name)) || random.below(4) < share {
            object.insert(name.clone(), candidate(field, random));
        }
    }
    if random.one_in(4) {
        object.insert("a_field_of_a_newer_release".to_owned(), json!({ "any": [1, null] }));
    }
    object.into()
}

fn array(schema: &Value, random: &mut Random) -> Value {
    let number = |keyword: &str, otherwise: u64| {
        usize::try_from(schema[keyword].as_u64().unwrap_or(otherwise)).unwrap()
    };
    let (min, max) = (number("minItems", 0), number("maxItems", 40));
    let usual = max.min(min + 4);
    let count = if random.one_in(8) { max } else { min + random.below(usual - min + 1) };
    let mut items: Vec<Value> = Vec::new();
    for _ in 0..count {
        let item = candidate(&schema["items"], random);
        if schema["uniqueItems"] != true || !items.contains(&item) {
            items.push(item);
        }
    }
    items.into()
}

fn integer(schema: &Value, random: &mut Random) -> Value {
    let (min, max) =
        (schema["minimum"].as_i64().unwrap_or(-1000), schema["maximum"].as_i64().unwrap_or(1000));
    let range = u64::try_from(i128::from(max) - i128::from(min) + 1).unwrap();
    let within = i64::try_from(i128::from(min) + i128::from(random.next() % range)).unwrap();
    let number = *random.choose(&[min, max, within, within, 0.clamp(min, max), 30_000.clamp(min, max)]);
    as_a_client_writes(json!(number), random)
}

/// A whole number may be written with a fraction of zero.
fn as_a_client_writes(value: Value, random: &mut Random) -> Value {
    match value.as_i64() {
        Some(number) if random.one_in(3) => json!(number as f64),
        _ => value,
    }
}

fn text(schema: &Value, random: &mut Random) -> Value {
    let chosen = match schema["format"].as_str() {
        Some("uuid") => json!(uuid(random)),
        Some("date-time") => json!(time(random)),
        _ => (0..ATTEMPTS)
            .map(|_| match schema["pattern"].as_str() {
                Some(pattern) => matching(pattern, random),
                None => any_text(schema, random),
            })
            .find(|text| is_permitted(schema, text))
            .map_or(Value::Null, Value::String),
    };
    assert!(!chosen.is_null(), "no sample of {schema}");
    chosen
}

/// A text of a length that the schema permits.
fn any_text(schema: &Value, random: &mut Random) -> String {
    let number = |keyword: &str, otherwise: u64| {
        usize::try_from(schema[keyword].as_u64().unwrap_or(otherwise)).unwrap()
    };
    let (min, max) = (number("minLength", 0), number("maxLength", 300));
    let usual = max.min(min + 20);
    let length = if random.one_in(6) { max } else { min + random.below(usual - min + 1) };
    let is_ascii = random.one_in(2);
    let mut character = || if is_ascii { CHARACTERS[random.below(8)] } else { *random.choose(&CHARACTERS) };
    (0..length).map(|_| character()).collect()
}

fn uuid(random: &mut Random) -> String {
    let id = Uuid::from_u128(u128::from(random.next()) << 64 | u128::from(random.next()));
    let id = if random.one_in(6) { Uuid::nil() } else { id };
    if random.one_in(4) { id.to_string().to_uppercase() } else { id.to_string() }
}

/// A time from 1970 to 2096.
fn time(random: &mut Random) -> String {
    let micros = i64::try_from(random.next() % 4_000_000_000_000_000).unwrap();
    Timestamp::from_micros(micros).to_rfc3339()
}
