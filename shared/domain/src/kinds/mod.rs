//! The kinds of owned resources. Each has one declaration; routes, tables, limits, the cascade, the usage report,
//! the API description and the tests derive from it.

mod addresses;
mod field;
mod field_type;
mod kind;
mod network;
mod part;
mod rules;
mod table;
mod unique;
pub(crate) mod values;

pub use addresses::{ADDRESS_TYPES, MAX_ADDRESS_TEXT};
pub(crate) use addresses::{is_same_address, set_identities};
pub use field::{Field, Source};
pub use field_type::{FieldType, Link, MAX_IDS};
pub use kind::{Kind, KindRule, Limits, Verbs};
pub use part::{Part, PartChange};
pub use table::*;
pub use unique::{Unique, UniqueName, UniqueScope, address_name};
pub use values::MAX_BYTES;

/// The kinds whose routes the shared functions serve.
pub fn routed() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().copied().filter(|kind| kind.verbs != Verbs::Own)
}

/// The routed kind with this route.
pub fn by_route(route: &str) -> Option<&'static Kind> {
    routed().find(|kind| kind.route == route)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::plan::Plan;

    #[test]
    fn each_of_the_eleven_kinds_is_declared_once() {
        let tables: HashSet<_> = ALL.iter().map(|kind| kind.table).collect();
        let routes: HashSet<_> = ALL.iter().map(|kind| kind.route).collect();
        assert_eq!((ALL.len(), tables.len(), routes.len()), (11, 11, 11));
    }

    #[test]
    fn links_name_existing_tables_and_copies_name_fields_of_the_same_kind() {
        for kind in ALL {
            for field in kind.fields {
                if let Some(link) = field.field_type.link() {
                    assert!(ALL.iter().any(|kind| kind.table == link.table), "{} {}", kind.route, field.name);
                }
                if let Source::Copy(of) = field.source {
                    assert!(kind.field(of).is_some(), "{} {}", kind.route, field.name);
                }
            }
        }
    }

    #[test]
    fn unique_names_are_built_from_fields_of_the_kind() {
        for kind in ALL {
            let fields = kind.unique.as_ref().map_or(&[][..], |unique| unique.fields);
            assert_eq!(fields.is_empty(), kind.unique.is_none(), "{}", kind.route);
            assert!(fields.iter().all(|name| kind.field(name).is_some()), "{}", kind.route);
        }
    }

    #[test]
    fn encrypted_fields_are_neither_references_nor_parts_of_unique_names() {
        for kind in ALL {
            let unique = kind.unique.as_ref().map_or(&[][..], |unique| unique.fields);
            for field in kind.fields.iter().filter(|field| field.encrypted || field.secret) {
                let is_used_in_plain = field.field_type.link().is_some() || unique.contains(&field.name);
                assert!(!is_used_in_plain && field.encrypted == field.is_stored(), "{}", field.name);
            }
            // The attribute of the ciphertexts must not be one that a client can set.
            assert!(kind.field("encrypted").is_none(), "{}", kind.route);
        }
    }

    #[test]
    fn parts_set_fields_that_an_update_may_set() {
        for kind in ALL {
            for part in kind.parts {
                let PartChange::SetFields(names) = part.change else { continue };
                let is_writable =
                    |name: &&str| kind.field(name).is_some_and(|field| field.is_writable(false));
                assert!(!names.is_empty() && names.iter().all(is_writable), "{} {}", kind.route, part.path);
            }
        }
    }

    #[test]
    fn a_larger_plan_never_allows_fewer_rows_or_bytes() {
        for kind in ALL {
            let limits = kind.limits.map(|limit| limit.unwrap_or(u64::MAX));
            assert!(limits.is_sorted(), "{}", kind.route);
        }
        let bytes = Plan::ALL.map(|plan| plan.max_bytes().unwrap_or(u64::MAX));
        assert!(bytes.is_sorted(), "{bytes:?}");
    }
}
