//! Moves the objects inside bodies, responses and schemas to named components. Otherwise, generated clients would name them after
//! their place.

use serde_json::{Map, Value, json};

use crate::names::{part, pascal, singular};
use crate::operation_ids::result_name;
use crate::schema::reference;

/// The named schemas of a document.
#[derive(Default)]
struct NamedSchemas {
    schemas: Map<String, Value>,
    /// The names of those that this module added.
    parts: Vec<String>,
}

/// Names the objects of the document.
pub(crate) fn name_objects(document: &mut Value) {
    let schemas = document["components"]["schemas"].take();
    let mut named = NamedSchemas::default();
    for (name, mut schema) in schemas.as_object().cloned().unwrap_or_default() {
        named.name_parts(&name, &mut schema);
        named.schemas.insert(name, schema);
    }
    for operation in operations(document) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        named.name_body(&id, operation);
        named.name_result(&id, operation);
    }
    document["components"]["schemas"] = named.schemas.into();
}

/// The operations of a document.
pub(crate) fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let items = fields(document, "paths").map(|(_, item)| item);
    let parts = items.flat_map(|item| item.as_object_mut().into_iter().flatten());
    parts.filter(|(name, _)| *name != "parameters").map(|(_, operation)| operation)
}

/// The fields of a part, which is an object. Empty without the part.
pub(crate) fn fields<'a>(
    value: &'a mut Value,
    part: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    value.get_mut(part).and_then(Value::as_object_mut).into_iter().flatten()
}

impl NamedSchemas {
    fn name_body(&mut self, id: &str, operation: &mut Value) {
        let contents = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
        for content in contents.into_iter().flat_map(Map::values_mut) {
            let name = format!("{}Request", pascal(id));
            self.name(&name, &mut content["schema"]);
        }
    }

    fn name_result(&mut self, id: &str, operation: &mut Value) {
        for (_, response) in fields(operation, "responses") {
            let Some(schema) = response.pointer_mut("/content/application~1json/schema") else { continue };
            let row = schema["properties"]["result"]["items"]["$ref"].as_str();
            let page = row.and_then(|row| row.rsplit('/').next()).map(|row| format!("{row}Page"));
            self.name(&page.unwrap_or_else(|| result_name(id)), schema);
        }
    }

    /// Replaces a schema by a reference to it under this name.
    fn name(&mut self, name: &str, schema: &mut Value) {
        if schema.get("$ref").is_none() {
            let mut named = schema.take();
            self.name_parts(name, &mut named);
            *schema = self.add(name, named);
        }
    }

    /// Names the objects in the properties of a schema.
    fn name_parts(&mut self, owner: &str, schema: &mut Value) {
        for (property, part) in fields(schema, "properties") {
            self.name_part(owner, property, part);
        }
    }

    fn name_part(&mut self, owner: &str, property: &str, schema: &mut Value) {
        separate_null(schema);
        join_values(schema);
        for alternative in schema.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
            self.name_part(owner, property, alternative);
        }
        if let Some(items) = schema.get_mut("items") {
            self.name_part(owner, singular(property), items);
        }
        if schema["properties"].as_object().is_none_or(Map::is_empty) {
            return;
        }
        let (name, mut named) = (part(owner, property), schema.take());
        let read_only = named.as_object_mut().and_then(|named| named.remove("readOnly"));
        self.name_parts(&name, &mut named);
        *schema = self.known_part(&name, &named).unwrap_or_else(|| self.add(&name, named));
        if let Some(read_only) = read_only {
            schema["readOnly"] = read_only;
        }
    }

    /// A reference to an equal part whose name begins with the same word, if there is one.
    fn known_part(&self, name: &str, schema: &Value) -> Option<Value> {
        let is_same = |known: &&String| {
            first_word(known) == first_word(name) && self.schemas[known.as_str()] == *schema
        };
        self.parts.iter().find(is_same).map(|known| reference(known))
    }

    /// Adds a schema, and returns a reference to it. If another schema has the name, such as that of the response, the name gets
    /// the suffix `Input`. If that is taken as well, the schema stays where it is.
    fn add(&mut self, name: &str, schema: Value) -> Value {
        let input = format!("{name}Input");
        for name in [name, &input] {
            match self.schemas.get(name) {
                Some(known) if *known != schema => {}
                Some(_) => return reference(name),
                None => {
                    self.schemas.insert(name.to_owned(), schema);
                    self.parts.push(name.to_owned());
                    return reference(name);
                }
            }
        }
        schema
    }
}

/// The first word of a name: `Agent` of `AgentAddress`.
fn first_word(name: &str) -> &str {
    let second = name.char_indices().skip(1).find(|(_, letter)| letter.is_ascii_uppercase());
    second.map_or(name, |(at, _)| &name[..at])
}

/// An object or null, as two alternatives.
fn separate_null(schema: &mut Value) {
    if schema["type"] == json!(["object", "null"]) {
        let mut object = schema.take();
        object["type"] = json!("object");
        *schema = json!({ "anyOf": [object, { "type": "null" }] });
    }
}

/// One enum instead of alternatives that are enums and constants.
fn join_values(schema: &mut Value) {
    let values = |alternative: &Value| match (alternative.get("const"), alternative["enum"].as_array()) {
        (Some(value), _) => vec![value.clone()],
        (None, values) => values.cloned().unwrap_or_default(),
    };
    let alternatives = schema["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let each: Vec<_> = alternatives.iter().map(values).collect();
    if each.is_empty() || each.iter().any(Vec::is_empty) {
        return;
    }
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("oneOf");
        fields.insert("type".to_owned(), json!("string"));
        fields.insert("enum".to_owned(), each.concat().into());
    }
}
