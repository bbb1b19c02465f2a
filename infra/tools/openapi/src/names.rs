//! Names of schemas and their parts.

/// `tag_ids` or `listTags` as a name: `TagIds`, `ListTags`.
pub(crate) fn pascal(text: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    text.split(['_', '-']).map(capitalised).collect()
}

/// `addresses` without its plural: `address`.
pub(crate) fn singular(text: &str) -> &str {
    text.strip_suffix("sses")
        .map_or_else(|| text.strip_suffix('s').unwrap_or(text), |_| &text[..text.len() - 2])
}

/// What a schema is about: `Contact` for `CreateContactRequest`.
pub(crate) fn subject(schema: &str) -> &str {
    let Some(id) = schema.strip_suffix("Request") else { return schema };
    let object = id.char_indices().skip(1).find(|(_, letter)| letter.is_ascii_uppercase());
    object.map_or(id, |(at, _)| &id[at..])
}

/// The name of a schema's part. A word is not repeated: `plan` of `CustomerPlan` is `CustomerPlan`.
pub(crate) fn part(schema: &str, property: &str) -> String {
    let (subject, property) = (subject(schema), pascal(property));
    if subject.ends_with(&property) { subject.to_owned() } else { format!("{subject}{property}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_schema_and_the_property() {
        assert_eq!(part("CreateContactRequest", singular("addresses")), "ContactAddress");
        assert_eq!(part("SetCustomerPlanRequest", "plan"), "CustomerPlan");
        assert_eq!(part("UnregisterRequest", "confirmation_phrase"), "UnregisterConfirmationPhrase");
        assert_eq!((singular("auth_types"), pascal("tag_ids").as_str()), ("auth_type", "TagIds"));
    }
}
