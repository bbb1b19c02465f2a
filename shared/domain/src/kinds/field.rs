//! A field of a kind: its name, its type and the source of its value.

use serde_json::{Map, Value, json};

use super::field_type::{FieldType, Link};
use crate::fields::Fields;
use crate::plain_values::MAX_INTEGER;
use crate::{CustomerId, Reason, Timestamp};

/// A field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub field_type: FieldType,
    pub source: Source,
    /// A create request must contain the field, with a value that is not empty.
    pub required: bool,
    /// If a request contains the field, its value must not be empty. [`Self::read`] accepts an empty value of a text field:
    /// [`crate::resource::ResourcePatch`] refuses it.
    pub non_empty: bool,
    /// The value is encrypted in the database.
    pub encrypted: bool,
    /// Only responses to administrators and access keys about a single row contain the value. Lists, events, webhooks and logs
    /// never do.
    pub secret: bool,
}

/// The source of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Any request.
    Client,
    /// Only the request that creates the row.
    ClientOnce,
    /// The service. Clients send back the fields that they read, so a request may contain the field, but the service ignores
    /// its value.
    Service,
    /// The id of the customer.
    Customer,
    /// Another field of the same row.
    Copy(&'static str),
    /// The time of the creation.
    CreationTime,
    /// The HA1 of the row's `username`, `domain_name` as realm, and `password`. It is computed when the row is shown, and never
    /// stored.
    SipDigest,
}

impl Field {
    pub(super) const fn new(name: &'static str, field_type: FieldType) -> Self {
        Self {
            name,
            field_type,
            source: Source::Client,
            required: false,
            non_empty: false,
            encrypted: false,
            secret: false,
        }
    }

    pub(super) const fn text(name: &'static str, max: usize) -> Self {
        Self::new(name, FieldType::Text { max })
    }

    pub(super) const fn multi_line_text(name: &'static str, max: usize) -> Self {
        Self::new(name, FieldType::MultiLineText { max })
    }

    pub(super) const fn choice(name: &'static str, values: &'static [&'static str]) -> Self {
        Self::new(name, FieldType::Choice { values, reason: Reason::InvalidArgument })
    }

    pub(super) const fn integer(name: &'static str) -> Self {
        Self::new(name, FieldType::Integer { min: 0, max: MAX_INTEGER })
    }

    pub(super) const fn link(name: &'static str, table: &'static str) -> Self {
        Self::new(name, FieldType::Link(Link { table, max: 1 }))
    }

    pub(super) const fn links(name: &'static str, table: &'static str) -> Self {
        Self::new(name, FieldType::Links(Link { table, max: 50 }))
    }

    pub(super) const fn from(self, source: Source) -> Self {
        Self { source, ..self }
    }

    pub(super) const fn read_only(self) -> Self {
        self.from(Source::Service)
    }

    pub(super) const fn create_only(self) -> Self {
        self.from(Source::ClientOnce)
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self.non_empty() }
    }

    pub(super) const fn non_empty(self) -> Self {
        Self { non_empty: true, ..self }
    }

    /// Whether an empty string resets the field to its default. Clients in languages with zero values, such as Go, send an
    /// empty string for an unset choice or id.
    pub const fn is_cleared_by_empty_text(&self) -> bool {
        !self.non_empty
            && matches!(self.field_type, FieldType::Choice { .. } | FieldType::Id | FieldType::Link(_))
    }

    /// Reads the value from a request and records errors in `fields`.
    pub fn read(&self, given: &Value, fields: &mut Fields<'_>) -> Option<Value> {
        if given == "" && self.is_cleared_by_empty_text() {
            return Some(self.field_type.empty());
        }
        self.field_type.read(self.name, given, fields)
    }

    pub(super) const fn encrypted(self) -> Self {
        Self { encrypted: true, ..self }
    }

    pub(super) const fn secret(self) -> Self {
        Self { secret: true, ..self.encrypted() }
    }

    /// The HA1 of a kind with `username`, `domain_name` and `password`. It stands for the password, so it is as secret.
    pub(super) const fn sip_digest(name: &'static str) -> Self {
        Self { source: Source::SipDigest, secret: true, ..Self::text(name, 32) }
    }

    /// Whether rows contain the field.
    pub fn is_stored(&self) -> bool {
        self.source != Source::SipDigest
    }

    /// Whether a request may set the field.
    pub fn is_writable(&self, creating: bool) -> bool {
        match self.source {
            Source::Client => true,
            Source::ClientOnce => creating,
            _ => false,
        }
    }

    /// The field's value in a new row if the request did not set it.
    pub fn initial(&self, customer: CustomerId, now: Timestamp, given: &Map<String, Value>) -> Value {
        match self.source {
            Source::Customer => json!(customer),
            Source::Copy(of) => given.get(of).cloned().unwrap_or_else(|| self.field_type.empty()),
            Source::CreationTime => json!(now.to_rfc3339()),
            _ => self.field_type.empty(),
        }
    }
}
