//! The routes that change a part of a row, such as `PUT /v1.0/queues/{id}/tag_ids`. The function that updates the row serves them.

/// A route below the path of a row.
#[derive(Debug)]
pub struct Part {
    pub method: &'static str,
    /// The path after that of the row, such as `addresses/{address_id}`.
    pub path: &'static str,
    pub change: PartChange,
}

/// What a request to a part changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartChange {
    /// Sets these fields to the values in the body.
    SetFields(&'static [&'static str]),
    AddAddress,
    /// Changes the address that the path names.
    ChangeAddress,
    RemoveAddress,
    AddTag,
    /// Removes the tag that the path names.
    RemoveTag,
}

impl Part {
    pub(super) const fn new(method: &'static str, path: &'static str, change: PartChange) -> Self {
        Self { method, path, change }
    }

    pub(super) const fn set(path: &'static str, fields: &'static [&'static str]) -> Self {
        Self::new("PUT", path, PartChange::SetFields(fields))
    }

    /// The path parameter that names an item of the part, such as `address_id`.
    pub fn item_parameter(&self) -> Option<&'static str> {
        self.path.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}'))
    }

    /// Whether a request has a body.
    pub fn has_body(&self) -> bool {
        self.method != "DELETE"
    }
}
