//! What a field can hold, and how it is read from a request.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::field::NONE;
use crate::fields::{Fields, text_fault};
use crate::ids;
use crate::reason::Reason;

/// What a field can hold.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text of at most so many bytes.
    Text {
        most: usize,
    },
    /// A telephone number: `+` and up to fifteen digits (E.164).
    Phone,
    /// One of these texts, the first if nothing is said.
    Choice {
        of: &'static [&'static str],
        wrong: Reason,
    },
    Flag,
    Integer {
        least: i64,
        most: i64,
    },
    /// An instant, or null.
    Time,
    /// The id of something that this service does not keep.
    Id,
    /// The id of another row of the same customer; the zero UUID means none.
    Link(Link),
    /// The ids of other rows of the same customer.
    Links(Link),
    /// Ids that this service does not keep.
    Ids,
    /// Texts, of these if they are listed.
    Texts {
        of: Option<&'static [&'static str]>,
        most: usize,
    },
    /// Objects with a `type`, otherwise kept as they came.
    Actions {
        most: usize,
    },
    /// Where a contact can be reached.
    Addresses {
        most: usize,
    },
    /// Named flags, each false unless said otherwise.
    Flags(&'static [&'static str]),
}

/// What a reference leads to, and how many one field may have.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub table: &'static str,
    pub most: usize,
}

impl Shape {
    pub const fn link(&self) -> Option<Link> {
        match self {
            Self::Link(link) | Self::Links(link) => Some(*link),
            _ => None,
        }
    }

    /// Whether it holds more than one value, so that the store keeps it as one text.
    pub const fn is_nested(&self) -> bool {
        matches!(
            self,
            Self::Links(_)
                | Self::Ids
                | Self::Texts { .. }
                | Self::Actions { .. }
                | Self::Addresses { .. }
                | Self::Flags(_)
        )
    }

    /// What it holds when nothing is said.
    pub fn empty(&self) -> Value {
        match self {
            Self::Text { .. } | Self::Phone => json!(""),
            Self::Choice { of, .. } => json!(of.first()),
            Self::Flag => json!(false),
            Self::Integer { least, .. } => json!((*least).max(0)),
            Self::Time => Value::Null,
            Self::Id | Self::Link(_) => json!(NONE),
            Self::Links(_)
            | Self::Ids
            | Self::Texts { .. }
            | Self::Actions { .. }
            | Self::Addresses { .. } => json!([]),
            Self::Flags(names) => {
                names.iter().map(|name| ((*name).to_owned(), json!(false))).collect::<Map<_, _>>().into()
            }
        }
    }

    /// Reads a value of this shape; what is wrong is noted under the field's name.
    pub fn read(&self, name: &'static str, given: &Value, fields: &mut Fields<'_>) -> Option<Value> {
        let read = match self {
            Self::Text { most } => return fields.text(name, *most).map(Value::String),
            Self::Flag => return fields.boolean(name).map(Value::Bool),
            Self::Phone => given.as_str().filter(|text| is_phone(text)).map(|text| json!(text)),
            Self::Choice { of, .. } => {
                given.as_str().filter(|text| of.contains(text)).map(|text| json!(text))
            }
            Self::Integer { least, most } => {
                given.as_i64().filter(|number| (least..=most).contains(&number)).map(|number| json!(number))
            }
            Self::Time => {
                given.as_str().and_then(crate::Timestamp::parse).map(|time| json!(time.to_rfc3339()))
            }
            Self::Id | Self::Link(_) => given.as_str().and_then(ids::parse).map(|id| json!(id)),
            Self::Links(link) => distinct(given, link.most).map(|ids| json!(ids)),
            Self::Ids => distinct(given, 50).map(|ids| json!(ids)),
            Self::Texts { of, most } => list(given, *most, |item| text(item, *of)),
            Self::Actions { most } => list(given, *most, action),
            Self::Addresses { most } => return super::unique::addresses(given, *most, fields),
            Self::Flags(names) => flags(given, names),
        };
        if read.is_none() {
            fields.refuse_as(self.wrong(), name, self.must_be());
        }
        read
    }

    const fn wrong(&self) -> Reason {
        match self {
            Self::Choice { wrong, .. } => *wrong,
            _ => Reason::InvalidArgument,
        }
    }

    /// What a value of it must be, in words.
    pub fn must_be(&self) -> String {
        match self {
            Self::Text { most } => format!("must be a string of at most {most} bytes"),
            Self::Phone => "must be + and 1 to 15 digits".to_owned(),
            Self::Choice { of, .. } => format!("must be one of {}", of.join(", ")),
            Self::Flag => "must be true or false".to_owned(),
            Self::Integer { least, most } => format!("must be an integer from {least} to {most}"),
            Self::Time => "must be an RFC 3339 timestamp".to_owned(),
            Self::Id | Self::Link(_) => "must be a UUID".to_owned(),
            Self::Links(Link { most, .. }) => format!("must be at most {most} different UUIDs"),
            Self::Ids => "must be at most 50 different UUIDs".to_owned(),
            Self::Texts { of: Some(of), most } => format!("must be at most {most} of {}", of.join(", ")),
            Self::Texts { of: None, most } => format!("must be at most {most} strings of 1 to 255 bytes"),
            Self::Actions { most } => format!("must be at most {most} objects with a type"),
            Self::Addresses { most } => format!("must be at most {most} objects with a type and a target"),
            Self::Flags(names) => format!("must be an object of true and false: {}", names.join(", ")),
        }
    }
}

fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Every item read, if there are not too many and none is wrong.
fn list(given: &Value, most: usize, read: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
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

fn text(item: &Value, of: Option<&[&str]>) -> Option<Value> {
    let text = item.as_str().filter(|text| !text.is_empty() && text_fault(text, 255).is_none())?;
    of.is_none_or(|of| of.contains(&text)).then(|| json!(text))
}

fn action(item: &Value) -> Option<Value> {
    let kind = item.as_object()?.get("type")?.as_str()?;
    text_fault(kind, 255).is_none().then(|| item.clone())
}

fn flags(given: &Value, names: &[&'static str]) -> Option<Value> {
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
    fn a_reference_is_named_once() {
        let id = "5e4a0680-804e-11ec-8477-2fea5968d85b";
        assert!(distinct(&json!([id]), 1).is_some());
        assert!(distinct(&json!([id, id]), 2).is_none());
        assert!(distinct(&json!([id, "no id"]), 2).is_none());
        assert!(distinct(&json!([id]), 0).is_none());
    }
}
