//! `docs/costs.md` contains the measured costs.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::deletion_cost::{DeletionCost, measure_deletion};
use crate::prices::{capacity, price_of_a_million, price_of_workers, price_table};
use crate::round_trips::{EndpointCost, measure_endpoints};

fn document() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/costs.md"))
}

/// The names of operations, each with its number of occurrences.
fn count_operations(operations: &[String]) -> String {
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

fn endpoint_table(endpoints: &[EndpointCost]) -> String {
    let mut table = String::from(
        "| endpoint | rounds | calls | read units | write units | events | read units, after | write units, after | $ a million |\n\
         |---|---:|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for endpoint_cost in endpoints {
        let EndpointCost { endpoint, usage, background, events, .. } = endpoint_cost;
        let (rounds, calls, cost) =
            (usage.rounds, count_operations(&usage.operations), price_of_a_million(endpoint_cost));
        let (reads, writes, later) =
            (usage.read_units, usage.write_units, (background.read_units, background.write_units));
        writeln!(
            table,
            "| {endpoint} | {rounds} | {calls} | {reads} | {writes} | {events} | {} | {} | {cost:.2} |",
            later.0, later.1
        )
        .unwrap();
    }
    table
}

fn row_table(DeletionCost { account, row }: &DeletionCost) -> String {
    let million = row.map(|units| units * 1e6);
    let money = capacity(row[0], row[1]) + price_of_workers();
    format!(
        "| | each deletion | a million rows |\n|---|---:|---:|\n| read units | {:.0} | {:.0} |\n\
         | write units | {:.0} | {:.0} |\n| $ | {:.6} | {money:.2} |\n",
        account[0],
        million[0],
        account[1],
        million[1],
        capacity(account[0], account[1]) / 1e6,
    )
}

/// The document with these tables between their markers.
fn with_tables(document: &str, tables: &[(&str, String)]) -> String {
    let mut document = document.to_owned();
    for (name, table) in tables {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = document.split_once(&begin).expect("the document has the marker");
        let (_, after) = rest.split_once(&end).expect("the document has the marker");
        document = format!("{before}{begin}{table}{end}{after}");
    }
    document
}

/// Whether two texts have the same words, and numbers that differ by 5% at most. The numbers vary because the workers of a
/// cascade run concurrently.
fn nearly_equal(one: &str, other: &str) -> bool {
    let (mut words, mut others) = (one.split_whitespace(), other.split_whitespace());
    let number = |word: &str| word.parse::<f64>();
    let same = |one: &str, other: &str| match (number(one), number(other)) {
        (Ok(one), Ok(other)) => (one - other).abs() <= one.abs() / 20.0,
        _ => one == other,
    };
    words.by_ref().all(|one| others.next().is_some_and(|other| same(one, other))) && others.next().is_none()
}

/// If two workers close the last steps of a cascade at the same moment, both verify all tables. A measurement without such a
/// coincidence is the cost of a usual deletion.
const MAX_MEASUREMENTS: usize = 8;

async fn tables() -> [(&'static str, String); 3] {
    let endpoints = measure_endpoints().await;
    [
        ("requests", endpoint_table(&endpoints)),
        ("rows", row_table(&measure_deletion().await)),
        ("prices", price_table()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_lists_the_measured_costs() {
    let document_text = std::fs::read_to_string(document()).unwrap();
    let mut current = String::new();
    for _ in 0..MAX_MEASUREMENTS {
        current = with_tables(&document_text, &tables().await);
        if nearly_equal(&document_text, &current) {
            return;
        }
    }
    panic!("docs/costs.md differs from the measured costs:\n{current}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "rewrites docs/costs.md"]
async fn rewrite_the_document() {
    let document_text = std::fs::read_to_string(document()).unwrap();
    std::fs::write(document(), with_tables(&document_text, &tables().await)).unwrap();
}
