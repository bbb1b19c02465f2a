//! The change of a stored row as an update of the attributes that differ.
//!
//! During every release, functions of two versions write the same rows. A row that was put whole would lose every attribute that
//! the older version does not know. An update of the difference keeps such attributes. It also keeps a value that the older
//! version cannot interpret, because it reads the value in the same way before and after the change.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::expr::Expr;
use crate::item::Item;

/// The update that turns the stored row `before` into `after`. `None` if the two are equal. Both are rows as this version knows
/// them, so the update never names an attribute that this version does not know.
pub(crate) fn difference(before: &Item, after: &Item) -> Option<Expr> {
    let is_new = |(name, value): &(&String, &AttributeValue)| before.get(*name) != Some(*value);
    let set = after.iter().filter(is_new);
    let removed = before.keys().filter(|name| !after.contains_key(*name));
    update(set, removed.map(String::as_str))
}

/// The update that sets all attributes of `after` except its key, and removes the attributes of `optional` that it lacks.
pub(crate) fn overwrite(key: &Item, after: &Item, optional: &[&str]) -> Option<Expr> {
    let set = after.iter().filter(|(name, _)| !key.contains_key(*name));
    update(set, optional.iter().copied().filter(|name| !after.contains_key(*name)))
}

fn update<'a>(
    set: impl Iterator<Item = (&'a String, &'a AttributeValue)>,
    removed: impl Iterator<Item = &'a str>,
) -> Option<Expr> {
    let mut set: Vec<_> = set.collect();
    set.sort_unstable_by_key(|(name, _)| *name);
    let mut removed: Vec<_> = removed.map(|name| format!("#{name}")).collect();
    removed.sort_unstable();
    let assignments: Vec<_> = set.iter().map(|(name, _)| format!("#{name} = :to_{name}")).collect();
    let clauses = [("SET", assignments), ("REMOVE", removed)];
    let clauses: Vec<_> = clauses
        .into_iter()
        .filter(|(_, terms)| !terms.is_empty())
        .map(|(keyword, terms)| format!("{keyword} {}", terms.join(", ")))
        .collect();
    if clauses.is_empty() {
        return None;
    }
    let update = Expr::new(clauses.join(" "));
    Some(
        set.into_iter()
            .fold(update, |update, (name, value)| update.with(&format!(":to_{name}"), value.clone())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{n, s};

    fn item(attributes: &[(&str, AttributeValue)]) -> Item {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn an_update_names_only_the_attributes_that_differ() {
        let before = item(&[("id", s("1")), ("name", s("a")), ("version", n(1)), ("note", s("x"))]);
        let after = item(&[("id", s("1")), ("name", s("b")), ("version", n(2))]);
        let update = difference(&before, &after).expect("the rows differ");
        let text = "SET #name = :to_name, #version = :to_version REMOVE #note";
        assert_eq!(update.text().as_deref(), Some(text));
        assert_eq!(update.values().unwrap_or_default()[":to_name"], s("b"));
        assert!(difference(&before, &before).is_none());
    }

    #[test]
    fn an_overwritten_row_keeps_its_key_and_loses_the_optional_attributes_that_it_lacks() {
        let key = item(&[("id", s("1"))]);
        let update = overwrite(&key, &item(&[("id", s("1")), ("on", n(1))]), &["on", "off"]);
        assert_eq!(update.and_then(|update| update.text()).as_deref(), Some("SET #on = :to_on REMOVE #off"));
    }
}
