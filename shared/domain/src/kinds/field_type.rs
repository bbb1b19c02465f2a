//! The types of fields, and how a value of each is read from a request.

use serde_json::{Map, Value, json};

use super::addresses;
use super::network;
use super::values::{
    MAX_BYTES, NIL_UUID, action, choice, distinct_ids, flags, is_phone, is_within_max_bytes, list, network,
    without_duplicates,
};
use crate::field_problem::{FieldProblem, Values};
use crate::fields::Fields;
use crate::ids;
use crate::plain_values::integer;
use crate::reason::Reason;

/// The maximum number of ids of objects outside this service in one field.
pub const MAX_IDS: usize = 50;

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub enum FieldType {
    /// A string of at most `max` bytes.
    Text {
        max: usize,
    },
    /// A text of at most `max` bytes that may contain line breaks and tabs.
    MultiLineText {
        max: usize,
    },
    /// A telephone number: `+` and up to fifteen digits (E.164).
    Phone,
    /// One of these strings. The default is the first.
    Choice {
        values: &'static [&'static str],
        reason: Reason,
    },
    Flag,
    Integer {
        min: i64,
        max: i64,
    },
    /// A timestamp, or null.
    Time,
    /// The id of an object outside this service.
    Id,
    /// The id of another row of the same customer; the nil UUID means none.
    Link(Link),
    /// The ids of other rows of the same customer.
    Links(Link),
    /// Ids of objects outside this service.
    Ids,
    /// A host name.
    Domain,
    /// A set of these strings. Duplicates are removed.
    Choices {
        values: &'static [&'static str],
    },
    /// A set of IP addresses and networks. Duplicates are removed.
    Networks {
        max: usize,
    },
    /// Objects with a `type`. Other members are stored unchanged, numbers with 64-bit precision.
    Actions {
        max: usize,
    },
    /// The addresses of a contact.
    Addresses {
        max: usize,
    },
    /// Named flags. The default of each is false.
    Flags(&'static [&'static str]),
}

/// The table of a reference, and the maximum number of references in one field.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub table: &'static str,
    pub max: usize,
}

impl FieldType {
    pub const fn link(&self) -> Option<Link> {
        match self {
            Self::Link(link) | Self::Links(link) => Some(*link),
            _ => None,
        }
    }

    /// Whether a value is an array or an object. The store stores such a value as one JSON string.
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

    /// The value of a field that was never set.
    pub fn empty(&self) -> Value {
        match self {
            Self::Text { .. } | Self::MultiLineText { .. } | Self::Phone | Self::Domain => json!(""),
            Self::Choice { values, .. } => json!(values.first()),
            Self::Flag => json!(false),
            Self::Integer { min, .. } => json!((*min).max(0)),
            Self::Time => Value::Null,
            Self::Id | Self::Link(_) => json!(NIL_UUID),
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

    /// The maximum size of a value in bytes.
    #[cfg(test)]
    fn max_bytes(&self) -> usize {
        const ID: usize = 39;
        // A string inside a JSON string: each byte may need a backslash.
        const SHORT: usize = 2 * 255 + 3;
        match self {
            Self::Text { max } | Self::MultiLineText { max } => *max,
            Self::Flag | Self::Integer { .. } | Self::Time | Self::Id | Self::Link(_) | Self::Phone => ID,
            Self::Choice { values, .. } => values.iter().map(|text| text.len()).max().unwrap_or(0),
            Self::Domain => 253,
            Self::Links(link) => link.max * ID,
            Self::Ids => MAX_IDS * ID,
            Self::Choices { values } => values.len() * SHORT,
            Self::Networks { max } => max * 50,
            Self::Actions { .. } => MAX_BYTES,
            Self::Addresses { max } => max * (3 * SHORT + 5 * ID + 100),
            Self::Flags(names) => names.len() * SHORT,
        }
    }

    /// Reads a value of this type and records errors under the field's name.
    pub fn read(&self, name: &'static str, given: &Value, fields: &mut Fields<'_>) -> Option<Value> {
        let read = match self {
            Self::Text { max } => return fields.text(name, *max).map(Value::String),
            Self::MultiLineText { max } => return fields.multi_line_text(name, *max).map(Value::String),
            Self::Flag => return fields.boolean(name).map(Value::Bool),
            Self::Phone => given.as_str().filter(|text| is_phone(text)).map(|text| json!(text)),
            Self::Choice { values, .. } => {
                given.as_str().filter(|text| values.contains(text)).map(|text| json!(text))
            }
            Self::Integer { min, max } => {
                integer(given).filter(|number| (min..=max).contains(&number)).map(|number| json!(number))
            }
            Self::Time => {
                given.as_str().and_then(crate::Timestamp::parse).map(|time| json!(time.to_rfc3339()))
            }
            Self::Id | Self::Link(_) => given.as_str().and_then(ids::parse).map(|id| json!(id)),
            Self::Links(link) => distinct_ids(given, link.max).map(|ids| json!(ids)),
            Self::Ids => distinct_ids(given, MAX_IDS).map(|ids| json!(ids)),
            Self::Domain => given.as_str().and_then(network::domain).map(Value::String),
            Self::Choices { values } => {
                list(given, values.len(), |item| choice(item, values)).map(without_duplicates)
            }
            Self::Networks { max } => list(given, *max, network).map(without_duplicates),
            Self::Actions { max } => list(given, *max, action).filter(is_within_max_bytes),
            Self::Addresses { max } => return addresses::read(given, *max, fields),
            Self::Flags(names) => flags(given, names),
        };
        if read.is_none() {
            fields.refuse_as(self.error_reason(), name, self.problem());
        }
        read
    }

    const fn error_reason(&self) -> Reason {
        match self {
            Self::Choice { reason, .. } => *reason,
            _ => Reason::InvalidArgument,
        }
    }

    /// The problem of a value that is not of this type.
    const fn problem(&self) -> FieldProblem {
        match *self {
            Self::Text { .. } | Self::MultiLineText { .. } => FieldProblem::NotAString,
            Self::Phone => FieldProblem::NotAPhoneNumber,
            Self::Choice { values: [value], .. } => FieldProblem::NotTheValue { value },
            Self::Choice { values, .. } => FieldProblem::NotOneOf { values: Values(values) },
            Self::Flag => FieldProblem::NotABoolean,
            Self::Integer { min, max } => FieldProblem::OutsideRange { min, max },
            Self::Time => FieldProblem::NotATime,
            Self::Id | Self::Link(_) => FieldProblem::NotAUuid,
            Self::Links(Link { max, .. }) => FieldProblem::NotUuids { max },
            Self::Ids => FieldProblem::NotUuids { max: MAX_IDS },
            Self::Domain => FieldProblem::NotAHostName,
            Self::Choices { values } => {
                FieldProblem::NotAListOf { max: values.len(), values: Values(values) }
            }
            Self::Networks { max } => FieldProblem::NotNetworks { max },
            Self::Actions { max } => FieldProblem::NotActions { max, max_bytes: MAX_BYTES },
            Self::Addresses { max } => {
                FieldProblem::NotAddresses { max, types: Values(&addresses::ADDRESS_TYPES) }
            }
            Self::Flags(names) => FieldProblem::NotBooleans { names: Values(names) },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds::Field;

    /// A ciphertext is the base64 of the JSON of the value, a nonce and a tag.
    fn max_stored_bytes(field: &Field) -> usize {
        let plain = field.field_type.max_bytes();
        field.name.len() + if field.encrypted { (plain + 2 + 12 + 16).div_ceil(3) * 4 } else { plain }
    }

    #[test]
    fn the_largest_row_of_every_routed_kind_fits_into_a_dynamodb_item() {
        for kind in crate::kinds::ALL {
            let fields = kind.fields.iter().map(max_stored_bytes);
            let bytes = fields.sum::<usize>();
            assert!(bytes < 300_000, "{}: {bytes}", kind.route);
        }
    }
}
