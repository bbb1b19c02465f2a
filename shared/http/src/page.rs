//! Pages of lists. Each page starts where the previous one ended.
//!
//! A page ends at the requested number of rows, at the maximum number of bytes or after the maximum number of queries.

use std::future::Future;

use custodian_app::Failure;
use custodian_app::ports::QueryPage;
use custodian_domain::{FieldProblem, Reason, Refusal};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::Request;
use crate::cursor::{Cursor, read_token, write_token};

const MAX_PAGE_SIZE: usize = 100;
/// The maximum size of a page's rows in bytes. A larger row gets a page of its own. One query reads at most 1 MB, so a page of
/// large rows needs no second query. The response contains the body as a JSON string, in which each quote and backslash takes two
/// bytes.
pub const MAX_PAGE_BYTES: usize = 512 * 1024;
/// The maximum number of queries for one page. A filter may hide most rows of a query, so a page may need several.
const MAX_QUERIES: usize = 20;

/// A request for a page.
#[derive(Debug)]
pub struct PageRequest<C = Uuid> {
    size: usize,
    below: Option<C>,
    list: String,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page {
    result: Vec<Box<RawValue>>,
    next_page_token: String,
}

impl<C: Cursor> PageRequest<C> {
    /// Reads `page_size` and `page_token`. A token is valid only for lists of the same name, and a timestamp for every list.
    pub fn read(request: &Request, list: &str) -> Result<Self, Refusal> {
        let size = match request.query("page_size") {
            None => MAX_PAGE_SIZE,
            Some(text) => {
                read_size(text).ok_or_else(|| invalid_parameter("page_size", FieldProblem::NotAnInteger))?
            }
        };
        let below = match request.query("page_token") {
            None | Some("") => None,
            Some(text) => {
                let read = read_token(text, list);
                Some(read.ok_or_else(|| invalid_parameter("page_token", FieldProblem::NotAPageToken))?)
            }
        };
        Ok(Self { size, below, list: list.to_owned() })
    }

    /// Fills a page. `query` gets the cursor after which its rows start, and the number of rows that the page needs. `id` returns
    /// the cursor of a row, and `to_json` returns its JSON.
    pub async fn fill<T, F>(
        &self,
        query: impl Fn(Option<C>, usize) -> F + Send,
        id: impl Fn(&T) -> C + Send,
        to_json: impl Fn(&T) -> Result<Box<RawValue>, Failure> + Send,
    ) -> Result<Page, Failure>
    where
        T: Send,
        F: Future<Output = Result<QueryPage<T, C>, Failure>> + Send,
    {
        let (mut result, mut bytes, mut last) = (Vec::new(), 0, self.below);
        for _ in 0..MAX_QUERIES {
            // Request one row more than the page holds, to learn whether a next page exists.
            let part = query(last, self.size + 1 - result.len()).await?;
            for row in part.rows {
                let json = to_json(&row)?;
                bytes += encoded_length(json.get());
                if result.len() == self.size || (bytes > MAX_PAGE_BYTES && !result.is_empty()) {
                    return Ok(self.page(result, last));
                }
                result.push(json);
                last = Some(id(&row));
            }
            if part.next.is_none() {
                return Ok(self.page(result, None));
            }
            last = part.next;
        }
        Ok(self.page(result, last))
    }

    /// Builds a page. The next page starts after the cursor `below`. If `below` is `None`, this is the last page.
    fn page(&self, result: Vec<Box<RawValue>>, below: Option<C>) -> Page {
        let next_page_token = below.map(|id| write_token(id, &self.list)).unwrap_or_default();
        Page { result, next_page_token }
    }
}

impl Page {
    /// A list that always fits into one page.
    pub fn of_all(rows: &[impl Serialize]) -> Result<Self, Failure> {
        let result = rows.iter().map(row_json).collect::<Result<_, _>>()?;
        Ok(Self { result, next_page_token: String::new() })
    }
}

/// The JSON of a row in a page.
pub fn row_json(view: &impl Serialize) -> Result<Box<RawValue>, Failure> {
    to_raw_value(view).map_err(|cause| Failure::unavailable("the encoding of a row", cause))
}

/// The length of a row's JSON, with its comma, inside the JSON string of the body. Serialised JSON has no raw control
/// characters, so only quotes and backslashes are escaped.
pub fn encoded_length(json: &str) -> usize {
    json.len() + 1 + json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

pub(crate) fn invalid_parameter(parameter: &str, problem: FieldProblem) -> Refusal {
    Refusal::field(Reason::InvalidRequestParameter, parameter, problem)
}

/// Reads a whole number of any length. A size of 0 or below is the default, and a size above the maximum is the maximum, which is
/// the same.
fn read_size(text: &str) -> Option<usize> {
    let number = text.split_once('.').map_or(Some(text), |(number, fraction)| {
        let is_zero = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
        is_zero.then_some(number)
    })?;
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().ok().filter(|size| *size > 0 && !number.starts_with('-'));
    Some(size.map_or(MAX_PAGE_SIZE, |size: usize| size.min(MAX_PAGE_SIZE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(size: usize) -> PageRequest {
        PageRequest { size, below: None, list: "tags".to_owned() }
    }

    /// The ids from 1000 down to 1, in queries of at most `max` rows.
    fn part(below: Option<Uuid>, limit: usize, max: usize) -> QueryPage<u128> {
        let below = below.map_or(1001, |id| id.as_u128());
        let rows: Vec<u128> = (1..below).rev().take(limit.min(max)).collect();
        let next = rows.last().filter(|last| **last > 1).map(|last| Uuid::from_u128(*last));
        QueryPage { rows, next }
    }

    /// The last id of a page, and the id in its token.
    fn last_ids(page: &Page) -> (Option<u128>, Option<u128>) {
        let last = page.result.last().and_then(|row| row.get().trim_matches(['"', 'x', '\\']).parse().ok());
        (last, read_token(&page.next_page_token, "tags").map(|id: Uuid| id.as_u128()))
    }

    #[tokio::test]
    async fn a_page_ends_at_its_size_or_byte_limit_and_the_next_starts_there() {
        let id = |row: &u128| Uuid::from_u128(*row);
        let small = |row: &u128| row_json(&row.to_string());
        // Quotes and backslashes take two bytes: 50 of these rows fit into a page, and 51 do not.
        let large = |row: &u128| row_json(&format!("{}{row}", "\\x".repeat((MAX_PAGE_BYTES / 50 - 20) / 5)));
        for (size, max, last) in [(100, 1000, 901), (100, 7, 901), (1, 1000, 1000)] {
            let query = |below, limit| async move { Ok(part(below, limit, max)) };
            let page = request(size).fill(query, id, small).await.unwrap_or_else(|_| unreachable!());
            assert_eq!(last_ids(&page), (Some(last), Some(last)));
        }
        for max in [1000, 7] {
            let query = |below, limit| async move { Ok(part(below, limit, max)) };
            let page = request(100).fill(query, id, large).await.unwrap_or_else(|_| unreachable!());
            assert_eq!(last_ids(&page), (Some(951), Some(951)));
            let sent = serde_json::to_string(&page).and_then(|body| serde_json::to_string(&body));
            let sent = sent.map(|sent| sent.len()).unwrap_or_default();
            assert!((MAX_PAGE_BYTES - 2000..MAX_PAGE_BYTES + 200).contains(&sent), "{sent}");
        }
        let oversized = |row: &u128| row_json(&format!("{}{row}", "x".repeat(MAX_PAGE_BYTES)));
        let query = |below, limit| async move { Ok(part(below, limit, 1000)) };
        let page = request(100).fill(query, id, oversized).await.unwrap_or_else(|_| unreachable!());
        assert_eq!(last_ids(&page), (Some(1000), Some(1000)), "an oversized row has a page of its own");
    }

    #[tokio::test]
    async fn a_page_skips_hidden_rows_with_a_limited_number_of_queries() {
        let id = |row: &u128| Uuid::from_u128(*row);
        let to_json = |row: &u128| row_json(&row.to_string());
        let visible_up_to = |highest, max| {
            move |below, limit| async move {
                let mut part = part(below, limit, max);
                part.rows.retain(|row| *row <= highest);
                Ok(part)
            }
        };
        let all =
            request(100).fill(visible_up_to(3, 100), id, to_json).await.unwrap_or_else(|_| unreachable!());
        assert_eq!((all.result.len(), last_ids(&all)), (3, (Some(1), None)));
        let none =
            request(100).fill(visible_up_to(0, 10), id, to_json).await.unwrap_or_else(|_| unreachable!());
        assert_eq!(
            (none.result.len(), last_ids(&none)),
            (0, (None, Some(801))),
            "after twenty queries of ten rows"
        );
        let last =
            request(100).fill(visible_up_to(0, 100), id, to_json).await.unwrap_or_else(|_| unreachable!());
        assert_eq!((last.result.len(), last_ids(&last)), (0, (None, None)));
    }

    #[test]
    fn page_sizes_are_whole_numbers_and_those_outside_the_range_are_the_default() {
        for (text, size) in [("1", 1), ("+7", 7), ("16.0", 16), ("100", 100)] {
            assert_eq!(read_size(text), Some(size), "{text}");
        }
        for text in ["0", "-0", "-5", "-1.0", "101", "99999999999999999999999", "-99999999999999999999999"] {
            assert_eq!(read_size(text), Some(MAX_PAGE_SIZE), "{text}");
        }
        for bad in ["", "ten", "1.5", "1.", ".0", "1.0.0", "0x10", "--1", "1 ", "1e2"] {
            assert_eq!(read_size(bad), None, "{bad}");
        }
    }
}
