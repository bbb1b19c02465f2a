//! What a field can hold, and how it is read from a request.

use serde_json::{Map, Value, json};

use super::field::NONE;
use super::network;
use super::values::{action, choice, distinct, each_once, fits, flags, is_phone, list, network};
use crate::fields::Fields;
use crate::ids;
use crate::reason::Reason;

/// The most that one field may weigh in an answer, and in the table, which keeps rows of at most 400 KB.
pub const MOST_BYTES: usize = 128 * 1024;

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
    /// The name of a host.
    Domain,
    /// Some of these texts, each once.
    Choices {
        of: &'static [&'static str],
    },
    /// IP addresses and networks, each once.
    Networks {
        most: usize,
    },
    /// Objects with a `type`, otherwise kept as they came; of a number, what 64 bits hold of it.
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
                | Self::Choices { .. }
                | Self::Networks { .. }
                | Self::Actions { .. }
                | Self::Addresses { .. }
                | Self::Flags(_)
        )
    }

    /// What it holds when nothing is said.
    pub fn empty(&self) -> Value {
        match self {
            Self::Text { .. } | Self::Phone | Self::Domain => json!(""),
            Self::Choice { of, .. } => json!(of.first()),
            Self::Flag => json!(false),
            Self::Integer { least, .. } => json!((*least).max(0)),
            Self::Time => Value::Null,
            Self::Id | Self::Link(_) => json!(NONE),
            Self::Links(_)
            | Self::Ids
            | Self::Choices { .. }
            | Self::Networks { .. }
            | Self::Actions { .. }
            | Self::Addresses { .. } => json!([]),
            Self::Flags(names) => {
                names.iter().map(|name| ((*name).to_owned(), json!(false))).collect::<Map<_, _>>().into()
            }
        }
    }

    /// The most bytes that a value of this shape takes.
    #[cfg(test)]
    fn heaviest(&self) -> usize {
        const ID: usize = 39;
        // A text within a text, each of whose letters may need a backslash.
        const SHORT: usize = 2 * 255 + 3;
        match self {
            Self::Text { most } => *most,
            Self::Flag | Self::Integer { .. } | Self::Time | Self::Id | Self::Link(_) | Self::Phone => ID,
            Self::Choice { of, .. } => of.iter().map(|text| text.len()).max().unwrap_or(0),
            Self::Domain => 253,
            Self::Links(link) => link.most * ID,
            Self::Ids => 50 * ID,
            Self::Choices { of } => of.len() * SHORT,
            Self::Networks { most } => most * 50,
            Self::Actions { .. } => MOST_BYTES,
            Self::Addresses { most } => most * (3 * SHORT + 5 * ID + 100),
            Self::Flags(names) => names.len() * SHORT,
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
            Self::Domain => given.as_str().and_then(network::domain).map(Value::String),
            Self::Choices { of } => list(given, of.len(), |item| choice(item, of)).map(each_once),
            Self::Networks { most } => list(given, *most, network).map(each_once),
            Self::Actions { most } => list(given, *most, action).filter(fits),
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
            Self::Domain => "must be the name of a host, or empty".to_owned(),
            Self::Choices { of } => format!("must be at most {} of {}", of.len(), of.join(", ")),
            Self::Networks { most } => format!("must be at most {most} IP addresses or networks (CIDR)"),
            Self::Actions { most } => format!(
                "must be at most {most} objects with a type, of {MOST_BYTES} bytes together as they are answered, without \
                 control characters but tabs and ends of lines"
            ),
            Self::Addresses { most } => format!("must be at most {most} objects with a type and a target"),
            Self::Flags(names) => format!("must be an object of true and false: {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_row_of_any_kind_outgrows_what_the_table_keeps() {
        for kind in crate::kinds::ALL {
            let fields = kind.fields.iter().map(|field| field.name.len() + field.shape.heaviest());
            let heaviest = fields.sum::<usize>();
            assert!(heaviest < 300_000, "{}: {heaviest}", kind.route);
        }
    }
}
