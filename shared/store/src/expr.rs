//! DynamoDB expressions. Every attribute is written as `#name`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An expression with its values. `names` derives the aliases from the text, so an attribute name may be a reserved word.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    text: String,
    values: HashMap<String, AttributeValue>,
}

impl Expr {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: HashMap::new() }
    }

    /// A condition that always holds, for writes that need no condition.
    pub(crate) fn unconditional(key: &str) -> Self {
        Self::new(format!("attribute_exists(#{key}) OR attribute_not_exists(#{key})"))
    }

    /// The condition that an attribute has one of these values.
    pub(crate) fn one_of(attribute: &str, values: impl IntoIterator<Item = AttributeValue>) -> Self {
        let name = |number| format!(":{attribute}{number}");
        let values: HashMap<_, _> =
            values.into_iter().enumerate().map(|(number, value)| (name(number), value)).collect();
        let names: Vec<_> = (0..values.len()).map(name).collect();
        Self { text: format!("#{attribute} IN ({})", names.join(", ")), values }
    }

    pub(crate) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn text(&self) -> Option<String> {
        Some(self.text.clone())
    }

    /// The alias of each attribute in the text.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        let names: HashMap<_, _> = self
            .text
            .split('#')
            .skip(1)
            .map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
            })
            .map(|name| (format!("#{name}"), name.to_owned()))
            .collect();
        Some(names).filter(|names| !names.is_empty())
    }

    pub(crate) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }

    /// A condition that holds if both do. Neither may contain an `OR`.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self { text: format!("{} AND {}", self.text, other.text), ..self.joined_with(other) }
    }

    /// The union of two expressions, because an update and its condition share one set of aliases and values.
    pub(crate) fn joined_with(&self, other: &Self) -> Self {
        let mut values = self.values.clone();
        values.extend(other.values.clone());
        Self { text: format!("{} {}", self.text, other.text), values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_of_the_text_gets_an_alias() {
        let names = Expr::new("SET #status = :s, #tm_update = :t REMOVE #a").names().unwrap_or_default();
        assert_eq!(names.len(), 3);
        assert_eq!(names["#tm_update"], "tm_update");
    }
}
