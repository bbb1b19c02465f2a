//! The embedded description of the API.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use serde_json::Value;

/// The description, compressed. `build.rs` writes it.
pub(super) const COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut plain = Vec::new();
    // The bytes are part of the program. If they were damaged, the description would be empty, and a test would fail.
    let _ = GzDecoder::new(COMPRESSED).read_to_end(&mut plain);
    plain
});

static DESCRIPTION: LazyLock<Description> =
    LazyLock::new(|| Description(serde_json::from_slice(&PLAIN).unwrap_or_default()));

/// The description as JSON.
pub(super) fn plain() -> &'static [u8] {
    &PLAIN
}

/// The description of the API.
pub(super) struct Description(Value);

/// A group of operations.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
}

/// An operation of the description.
#[derive(Clone, Copy)]
pub(super) struct Operation<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) value: &'a Value,
}

impl Description {
    pub(super) fn get() -> &'static Self {
        &DESCRIPTION
    }

    /// What the description says about the API as a whole.
    pub(super) fn introduction(&self) -> &str {
        text(&self.0["info"]["description"])
    }

    pub(super) fn version(&self) -> &str {
        text(&self.0["info"]["version"])
    }

    pub(super) fn tags(&self) -> impl Iterator<Item = Tag<'_>> {
        self.0["tags"].as_array().into_iter().flatten().map(|tag| Tag {
            name: text(&tag["name"]),
            title: text(&tag["x-displayName"]),
            description: text(&tag["description"]),
        })
    }

    pub(super) fn tag(&self, name: &str) -> Option<Tag<'_>> {
        self.tags().find(|tag| tag.name == name)
    }

    /// The operations of a tag, in the order of the document.
    pub(super) fn operations(&self, tag: &str) -> Vec<Operation<'_>> {
        let items = self.0["paths"].as_object().into_iter().flatten();
        let all = items.flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten().filter(|(name, _)| *name != "parameters");
            operations.map(move |(method, value)| Operation { method, path, value })
        });
        all.filter(|operation| operation.value["tags"][0] == tag).collect()
    }

    /// The parameters in the path of an operation.
    pub(super) fn path_parameters(&self, path: &str) -> &[Value] {
        self.0["paths"][path]["parameters"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The webhooks: the type of each event and its operation.
    pub(super) fn webhooks(&self) -> impl Iterator<Item = (&str, &Value)> {
        let items = self.0["webhooks"].as_object().into_iter().flatten();
        items.map(|(event_type, item)| (event_type.as_str(), &item["post"]))
    }

    /// The part to which a reference refers, or the part itself.
    pub(super) fn resolve<'a>(&'a self, part: &'a Value) -> &'a Value {
        let place = part["$ref"].as_str().map(|place| place.trim_start_matches('#'));
        place.and_then(|place| self.0.pointer(place)).unwrap_or(part)
    }

    pub(super) fn security_schemes(&self) -> impl Iterator<Item = &Value> {
        self.0["components"]["securitySchemes"].as_object().into_iter().flatten().map(|(_, scheme)| scheme)
    }
}

impl Operation<'_> {
    pub(super) fn id(&self) -> &str {
        text(&self.value["operationId"])
    }

    pub(super) fn summary(&self) -> &str {
        text(&self.value["summary"])
    }
}

/// A text of the description.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
