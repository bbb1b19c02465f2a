//! Tables of results in Markdown.

use std::time::Duration;

/// The median; for an even number of values, the upper one of the two in the middle.
pub fn median<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// Milliseconds with two decimal places.
pub fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// A table in Markdown. Columns of numbers are aligned to the right.
pub fn markdown(heads: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heads[column].chars().count(), 3]).max().unwrap_or(3)
    };
    let widths: Vec<_> = (0..heads.len()).map(width).collect();
    let is_text =
        |column: usize| column == 0 || rows.iter().any(|row| row[column].contains(char::is_alphabetic));
    let line = |cells: &[String]| {
        let cells = cells.iter().enumerate().map(|(column, cell)| match is_text(column) {
            true => format!(" {cell:<0$} ", widths[column]),
            false => format!(" {cell:>0$} ", widths[column]),
        });
        format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let separator = (0..heads.len()).map(|column| match is_text(column) {
        true => "-".repeat(widths[column] + 2),
        false => format!("{}:", "-".repeat(widths[column] + 1)),
    });
    let separator = format!("|{}|\n", separator.collect::<Vec<_>>().join("|"));
    let heads: Vec<_> = heads.iter().map(|&head| head.to_owned()).collect();
    let body: String = rows.iter().map(|row| line(row)).collect();
    line(&heads) + &separator + &body
}

/// The duration of this CPU time at five memory sizes of a Lambda function. At 1769 MB, a function has one full vCPU.
pub fn by_memory_size(label: &str, cpu: Duration) -> String {
    let sizes = [128, 256, 512, 1024, 1769];
    let heads = sizes.map(|size| format!("{size} MB"));
    let heads: Vec<_> = std::iter::once("ms").chain(heads.iter().map(String::as_str)).collect();
    let times = sizes.map(|size| format!("{:.1}", cpu.as_secs_f64() * 1000.0 * 1769.0 / f64::from(size)));
    markdown(&heads, &[[vec![label.to_owned()], times.to_vec()].concat()])
}
