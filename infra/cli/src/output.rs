//! What a command prints: text for people, or JSON for programs.

use std::io::{ErrorKind, Write, stdout};

use custodian_domain::Timestamp;
use serde_json::Value;

use crate::exit::Failure;

/// How a command prints its result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints a result of the API: as it is, or as a person reads it.
    pub(crate) fn result(self, value: &Value, text: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
        if self.json { print_line(&format!("{value:#}")) } else { print_line(&text(value)) }
    }
}

/// Prints to the standard output. A reader that has gone away, such as `head`, is no error.
pub(crate) fn print_line(text: &str) -> Result<(), Failure> {
    print_bytes(format!("{}\n", text.trim_end_matches('\n')).as_bytes())
}

pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    print_chunk(bytes).map(|_| ())
}

/// Whether the reader of the standard output still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Present,
    Gone,
}

/// Prints a part of an output. Returns whether its reader still reads, so that the caller can stop if it does not.
pub(crate) fn print_chunk(bytes: &[u8]) -> Result<Reader, Failure> {
    let mut out = stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Present),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::unavailable(format!("The output cannot be written: {error}."))),
    }
}

/// A text of the service without control characters, which could change what the terminal shows.
pub(crate) fn clean(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect()
}

/// A field of an object as a person reads it. An empty or missing one is `-`.
pub(crate) fn field(object: &Value, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) if name.starts_with("tm_") || name == "until" => time(text),
        Some(Value::String(text)) if !text.is_empty() => clean(text),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => if *flag { "yes" } else { "no" }.to_owned(),
        _ => "-".to_owned(),
    }
}

/// A time of the API, such as `28 December 2026, 14:05 UTC`.
fn time(text: &str) -> String {
    Timestamp::parse(text).map_or_else(|| clean(text), Timestamp::to_readable)
}

/// Lines of names and values, with the values below each other.
pub(crate) fn fields<T: AsRef<str>>(rows: &[(&str, T)]) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("{name:width$}  {}\n", value.as_ref())).collect()
}

/// A table with a line of titles. Columns of numbers are aligned to the right.
pub(crate) fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    let columns: Vec<(usize, bool)> = titles
        .iter()
        .enumerate()
        .map(|(at, title)| {
            let cells = rows.iter().map(|row| cell(row, at));
            let width = cells.clone().map(|cell| cell.chars().count()).max().unwrap_or(0);
            let is_number = |cell: &str| cell == "-" || cell.chars().all(|c| c.is_ascii_digit());
            (width.max(title.chars().count()), !rows.is_empty() && cells.clone().all(|cell| is_number(&cell)))
        })
        .collect();
    let line = |row: &[String]| {
        let cells = columns.iter().enumerate().map(|(at, (width, is_number))| {
            let (cell, width) = (cell(row, at), *width);
            if *is_number { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let titles: Vec<_> = titles.iter().map(|title| (*title).to_owned()).collect();
    line(&titles) + &rows.iter().map(|row| line(row)).collect::<String>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_aligns_its_columns() {
        let rows = [vec!["tags".to_owned(), "7".to_owned()], vec!["contacts".to_owned(), "1200".to_owned()]];
        assert_eq!(table(&["Table", "Rows"], &rows), "Table     Rows\ntags         7\ncontacts  1200\n");
        assert_eq!(table(&["Table", "Rows"], &[]), "Table  Rows\n");
    }

    #[test]
    fn a_value_cannot_control_the_terminal() {
        let row = json!({ "name": "a\u{1b}[2Jb\nc\u{202e}", "tm_create": "2026-12-28T14:05:09Z", "email": "", "held": true });
        assert_eq!(field(&row, "name"), "a [2Jb c ");
        assert_eq!(field(&row, "tm_create"), "28 December 2026, 14:05 UTC");
        assert_eq!(
            (field(&row, "email"), field(&row, "nothing"), field(&row, "held")),
            ("-".into(), "-".into(), "yes".into())
        );
    }
}
