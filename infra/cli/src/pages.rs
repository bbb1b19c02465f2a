//! Lists of the API, read page by page.

use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::client::Client;
use crate::console::note;
use crate::exit::Failure;
use crate::output::Output;

/// The largest page of the API.
const MAX_PAGE: usize = 100;

/// A list, and the query parameters that have a value.
pub(crate) struct List<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(&'a str, Option<&'a str>)],
    pub(crate) limit: usize,
}

impl List<'_> {
    /// Prints up to `limit` rows, and whether there are more.
    pub(crate) fn print(
        &self,
        client: &Client,
        output: Output,
        text: impl FnOnce(&Value) -> String,
    ) -> Result<(), Failure> {
        let (mut rows, mut token) = (Vec::new(), String::new());
        loop {
            let mut page = client.get(&self.page_path(self.limit.saturating_sub(rows.len()), &token))?.body;
            if let Some(Value::Array(found)) = page.get_mut("result").map(Value::take) {
                rows.extend(found);
            }
            token = page.get("next_page_token").and_then(Value::as_str).unwrap_or_default().to_owned();
            if token.is_empty() || rows.len() >= self.limit {
                break;
            }
        }
        let has_more = !token.is_empty() || rows.len() > self.limit;
        rows.truncate(self.limit);
        output.result(&Value::Array(rows), text)?;
        if has_more {
            note(&format!("There are more than these {}. Show more with --limit.", self.limit));
        }
        Ok(())
    }

    fn page_path(&self, missing: usize, token: &str) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("page_size", &missing.clamp(1, MAX_PAGE).to_string());
        let page_token = ("page_token", Some(token).filter(|token| !token.is_empty()));
        for (name, value) in self.query.iter().chain([&page_token]) {
            value.map(|value| query.append_pair(name, value));
        }
        format!("{}?{}", self.path, query.finish())
    }
}
