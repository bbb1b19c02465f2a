//! `docs/costs.md` says what is measured here.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::costs::{capacity, million, prices, workers};
use crate::erasing::{Erased, erased};
use crate::requests::{Line, measured};

fn document() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/costs.md"))
}

/// The names of operations, each with how often it stands there.
fn counted(operations: &[String]) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for operation in operations {
        match counted.iter_mut().find(|(name, _)| name == operation) {
            Some((_, times)) => *times += 1,
            None => counted.push((operation, 1)),
        }
    }
    let times =
        |(name, times): (&str, usize)| if times == 1 { name.to_owned() } else { format!("{times} {name}") };
    counted.into_iter().map(times).collect::<Vec<_>>().join(", ")
}

fn requests(lines: &[Line]) -> String {
    let mut table = String::from(
        "| endpoint | rounds | calls | read units | write units | events | read units, after | write units, after | $ a million |\n\
         |---|---:|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for line in lines {
        let Line { endpoint, used, after, events, .. } = line;
        let (rounds, calls, cost) = (used.rounds, counted(&used.operations), million(line));
        let (reads, writes, later) = (used.reads, used.writes, (after.reads, after.writes));
        writeln!(
            table,
            "| {endpoint} | {rounds} | {calls} | {reads} | {writes} | {events} | {} | {} | {cost:.2} |",
            later.0, later.1
        )
        .unwrap();
    }
    table
}

fn rows(Erased { each, row }: &Erased) -> String {
    let million = row.map(|units| units * 1e6);
    let money = capacity(row[0], row[1]) + workers();
    format!(
        "| | each deletion | a million rows |\n|---|---:|---:|\n| read units | {:.0} | {:.0} |\n\
         | write units | {:.0} | {:.0} |\n| $ | {:.6} | {money:.2} |\n",
        each[0],
        million[0],
        each[1],
        million[1],
        capacity(each[0], each[1]) / 1e6,
    )
}

/// The document with these tables in place of what stands between its marks.
fn with(document: &str, tables: &[(&str, String)]) -> String {
    let mut document = document.to_owned();
    for (name, table) in tables {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = document.split_once(&begin).expect("the mark is there");
        let (_, after) = rest.split_once(&end).expect("the mark is there");
        document = format!("{before}{begin}{table}{end}{after}");
    }
    document
}

/// Whether two texts have the same words, and figures that differ by a twentieth at most: workers of one cascade meet each
/// other now so, now so.
fn alike(one: &str, other: &str) -> bool {
    let (mut words, mut others) = (one.split_whitespace(), other.split_whitespace());
    let figure = |word: &str| word.parse::<f64>();
    let same = |one: &str, other: &str| match (figure(one), figure(other)) {
        (Ok(one), Ok(other)) => (one - other).abs() <= one.abs() / 20.0,
        _ => one == other,
    };
    words.by_ref().all(|one| others.next().is_some_and(|other| same(one, other))) && others.next().is_none()
}

async fn tables() -> [(&'static str, String); 3] {
    let lines = measured().await;
    [("requests", requests(&lines)), ("rows", rows(&erased().await)), ("prices", prices())]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_tells_what_everything_costs() {
    let written = std::fs::read_to_string(document()).unwrap();
    let right = with(&written, &tables().await);
    assert!(alike(&written, &right), "docs/costs.md is not what is measured:\n{right}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes docs/costs.md anew"]
async fn write() {
    let written = std::fs::read_to_string(document()).unwrap();
    std::fs::write(document(), with(&written, &tables().await)).unwrap();
}
