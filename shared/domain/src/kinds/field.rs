//! A field of a kind: its name, its shape, and who says what is in it.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::shape::{Link, Shape};
use crate::fields::Fields;
use crate::{CustomerId, Reason, Timestamp};

/// A field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub source: Source,
    /// Whether a creation must give it, not empty.
    pub required: bool,
    /// Whether a request that gives it must give something.
    pub filled: bool,
    /// Whether it is for who reads the row, and never sent anywhere.
    pub secret: bool,
}

/// Who says what is in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Requests, at any time.
    Client,
    /// The request that creates the row.
    ClientOnce,
    /// This service; a request that names it is not refused, for clients send back what they read.
    Service,
    /// The id of the customer.
    Customer,
    /// Another field of the same row.
    Copy(&'static str),
    /// The moment of the creation.
    Creation,
}

impl Field {
    pub(super) const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, source: Source::Client, required: false, filled: false, secret: false }
    }

    pub(super) const fn text(name: &'static str, most: usize) -> Self {
        Self::new(name, Shape::Text { most })
    }

    pub(super) const fn choice(name: &'static str, of: &'static [&'static str]) -> Self {
        Self::new(name, Shape::Choice { of, wrong: Reason::InvalidArgument })
    }

    pub(super) const fn integer(name: &'static str) -> Self {
        Self::new(name, Shape::Integer { least: 0, most: MOST_INTEGER })
    }

    pub(super) const fn link(name: &'static str, table: &'static str) -> Self {
        Self::new(name, Shape::Link(Link { table, most: 1 }))
    }

    pub(super) const fn links(name: &'static str, table: &'static str) -> Self {
        Self::new(name, Shape::Links(Link { table, most: 50 }))
    }

    pub(super) const fn from(self, source: Source) -> Self {
        Self { source, ..self }
    }

    pub(super) const fn served(self) -> Self {
        self.from(Source::Service)
    }

    pub(super) const fn once(self) -> Self {
        self.from(Source::ClientOnce)
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self.filled() }
    }

    pub(super) const fn filled(self) -> Self {
        Self { filled: true, ..self }
    }

    /// Whether the empty text takes back what was said, of what is otherwise no text: clients of languages with zero values
    /// send it for a choice or an id that they do not make.
    pub const fn is_cleared_by_empty_text(&self) -> bool {
        !self.filled && matches!(self.shape, Shape::Choice { .. } | Shape::Id | Shape::Link(_))
    }

    /// Reads what a request gives; what is wrong is noted.
    pub fn read(&self, given: &Value, fields: &mut Fields<'_>) -> Option<Value> {
        if given == "" && self.is_cleared_by_empty_text() {
            return Some(self.shape.empty());
        }
        self.shape.read(self.name, given, fields)
    }

    pub(super) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// Whether a request may say what is in it.
    pub fn is_writable(&self, creating: bool) -> bool {
        match self.source {
            Source::Client => true,
            Source::ClientOnce => creating,
            _ => false,
        }
    }

    /// What is in it when nobody has said anything.
    pub fn first(&self, customer: CustomerId, now: Timestamp, given: &Map<String, Value>) -> Value {
        match self.source {
            Source::Customer => json!(customer),
            Source::Copy(of) => given.get(of).cloned().unwrap_or_else(|| self.shape.empty()),
            Source::Creation => json!(now.to_rfc3339()),
            _ => self.shape.empty(),
        }
    }
}

/// The largest integer that every JSON reader keeps exactly.
pub const MOST_INTEGER: i64 = (1 << 53) - 1;

/// The reference that means none.
pub(super) const NONE: Uuid = Uuid::nil();
