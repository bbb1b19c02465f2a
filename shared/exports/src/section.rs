//! The sections of an export: one for each table of rows that the API lists.

use custodian_domain::kinds::{AGENTS, ALL, Kind};

/// A section after the account itself, which is the beginning of every export.
#[derive(Clone, Copy, Debug)]
pub enum Section {
    Agents,
    AccessKeys,
    Kind(&'static Kind),
    Deliveries,
    Audits,
}

impl Section {
    /// The sections in the order of the file.
    pub fn all() -> impl Iterator<Item = Self> {
        let kinds = ALL.iter().copied().filter(|kind| kind.table != AGENTS.table).map(Self::Kind);
        [Self::Agents, Self::AccessKeys].into_iter().chain(kinds).chain([Self::Deliveries, Self::Audits])
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|section| section.noun() == name)
    }

    /// The section after this one.
    pub fn next(self) -> Option<Self> {
        Self::all().skip_while(|section| section.noun() != self.noun()).nth(1)
    }

    /// The `kind` of the section's lines, which also identifies the section in a cursor.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Agents => AGENTS.noun,
            Self::AccessKeys => custodian_domain::access_key::NOUN,
            Self::Kind(kind) => kind.noun,
            Self::Deliveries => "delivery",
            Self::Audits => "audit",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_section_has_its_own_noun_and_leads_to_the_next() {
        let nouns: HashSet<_> = Section::all().map(Section::noun).collect();
        assert_eq!(nouns.len(), ALL.len() + 3);
        let mut at = Section::all().next();
        let mut count = 0;
        while let Some(section) = at {
            assert_eq!(Section::named(section.noun()).map(Section::noun), Some(section.noun()));
            (at, count) = (section.next(), count + 1);
        }
        assert_eq!(count, nouns.len());
    }
}
