//! The history of one row, by its observed versions.

use std::collections::BTreeMap;

use custodian_domain::kinds::{AGENTS, Kind};
use serde_json::{Map, Value};

use crate::sample_values::contains;

/// The start and the end of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Span {
    pub(crate) fn ends_before(self, other: Self) -> bool {
        self.to < other.from
    }
}

/// One version of a row, and the operation that wrote it.
pub(crate) struct Version {
    pub(crate) span: Span,
    pub(crate) row: Value,
    pub(crate) body: Map<String, Value>,
}

/// The history of one row.
pub(crate) struct RowHistory {
    pub(crate) tenant: usize,
    pub(crate) kind: &'static Kind,
    pub(crate) versions: BTreeMap<u64, Version>,
    pub(crate) deletion: Option<(u64, Span)>,
}

/// The unique names that a row holds, each with its scope.
pub(crate) fn unique_names(kind: &Kind, tenant: usize, row: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let filled = |name: String| Some(name).filter(|name| !name.is_empty()).into_iter().collect();
    let own = |names: Vec<String>| names.into_iter().map(|name| format!("{tenant} {name}")).collect();
    match kind.table {
        "agents" => filled(text(&row["username"])),
        "numbers" => filled(text(&row["number"])),
        "trunks" => filled(text(&row["domain_name"])),
        "extensions" => own(filled(text(&row["extension"]))),
        "transcriptions" => own(vec![text(&row["reference_type"]) + &text(&row["reference_id"])]),
        "contacts" => {
            let addresses = row["addresses"].as_array().into_iter().flatten();
            own(addresses.map(|address| text(&address["type"]) + &text(&address["target"])).collect())
        }
        _ => Vec::new(),
    }
}

/// The ids of the rows that a row references.
pub(crate) fn references(kind: &Kind, row: &Value) -> Vec<String> {
    let tags = (kind.table == AGENTS.table).then_some("tag_ids");
    let fields = kind.fields.iter().filter(|field| field.field_type.link().is_some()).map(|field| field.name);
    let ids = fields.chain(tags).flat_map(|name| match &row[name] {
        Value::Array(ids) => ids.clone(),
        single => vec![single.clone()],
    });
    let ids = ids.filter_map(|id| id.as_str().map(str::to_owned));
    ids.filter(|id| !id.starts_with("00000000-0000")).collect()
}

impl RowHistory {
    /// Whether the row may have existed at some time during an operation.
    pub(crate) fn may_exist_during(&self, at: Span) -> bool {
        self.creation().from < at.to && self.deletion.is_none_or(|(_, deletion)| !deletion.ends_before(at))
    }

    /// Whether the row existed during the whole operation.
    pub(crate) fn exists_throughout(&self, at: Span) -> bool {
        self.creation().to < at.from && self.deletion.is_none_or(|(_, deletion)| deletion.from > at.to)
    }

    pub(crate) fn creation(&self) -> Span {
        self.versions[&1].span
    }

    /// Asserts that each version is the previous one with one change, so that no change is lost, and that a deletion deletes
    /// the last version.
    pub(crate) fn check(&self, id: &str) {
        let count = self.versions.len() as u64;
        assert!(self.versions.keys().copied().eq(1..=count), "{id}: {:?}", self.versions.keys());
        for (number, next) in self.versions.iter().skip(1) {
            let before = &self.versions[&(number - 1)];
            assert!(
                !next.span.ends_before(before.span),
                "version {number} of {id} precedes the version before it"
            );
            // A digest follows from other fields.
            let is_derived = |name: &str| {
                name == "tm_update" || self.kind.field(name).is_some_and(|field| !field.is_stored())
            };
            for (name, value) in next.row.as_object().unwrap().iter().filter(|(name, _)| !is_derived(name)) {
                match next.body.get(name).filter(|_| self.is_changeable(name)) {
                    Some(given) => assert!(contains(value, given), "version {number} of {id}: {name}"),
                    None => assert_eq!(*value, before.row[name], "version {number} of {id}: {name}"),
                }
            }
        }
        if let Some((version, _)) = self.deletion {
            assert_eq!(version, count, "{id} was not deleted at its last version");
        }
    }

    fn is_changeable(&self, name: &str) -> bool {
        let of_agents = self.kind.table == AGENTS.table;
        of_agents || self.kind.field(name).is_some_and(|field| field.is_writable(false))
    }

    /// Asserts that an operation saw a version as it was stored, not before it was written and not after the next version
    /// was written.
    pub(crate) fn check_observed(&self, version: u64, row: &Value, at: Span) {
        assert_eq!(*row, self.versions[&version].row, "version {version}");
        assert!(self.versions[&version].span.from < at.to, "version {version} was seen too early: {row}");
        let next = self.versions.get(&(version + 1));
        assert!(
            !next.is_some_and(|next| next.span.ends_before(at)),
            "version {version} was seen too late: {row}"
        );
    }
}
