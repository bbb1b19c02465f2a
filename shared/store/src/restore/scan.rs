//! Scanning a table page by page, and deleting scanned rows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_app::Failure;
use custodian_cascade::restore::{ScanPage, ScannedRow};
use custodian_domain::{CustomerId, FieldProblem, Reason, Refusal, ids};
use futures::future::ready;
use futures::stream::{StreamExt, TryStreamExt, iter};

use super::row::{Row, text};
use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::identifiers::{MAIN_ROW, owner_of};
use crate::item::{Item, s};
use crate::schema::{CUSTOMERS, IDENTIFIERS, TABLES, TOKENS, Table};

const MAX_CONCURRENT_DELETES: usize = 16;

fn schema_of(table: &str) -> Result<&'static Table, Failure> {
    let found = TABLES.iter().find(|schema| schema.name == table);
    found.ok_or_else(|| Failure::unavailable("the scan", "no such table"))
}

fn key_names(schema: &Table) -> impl Iterator<Item = &'static str> {
    [Some(schema.hash), schema.range].into_iter().flatten()
}

pub(super) async fn page(
    store: &Store,
    table: &'static str,
    start: Option<&str>,
    limit: usize,
) -> Result<ScanPage<Item>, Failure> {
    let schema = schema_of(table)?;
    let start = start.map(|start| decode_start(schema, start)).transpose()?;
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let request = store.client.scan().table_name(store.table(table)).consistent_read(true).limit(limit);
    let response = request.set_exclusive_start_key(start).send().await;
    let response = response.map_err(|error| aws_failure("the rows", &error))?;
    let rows = response.items.unwrap_or_default().into_iter().map(|item| scanned(schema, item)).collect();
    let next = response.last_evaluated_key.map(|key| encode_start(schema, &key));
    Ok(ScanPage { rows, next })
}

fn is_paired(table: &str) -> bool {
    [IDENTIFIERS, TOKENS].contains(&table)
}

fn scanned(schema: &Table, stored: Item) -> Row {
    let owner = if is_paired(schema.name) {
        let of_pair = text(&stored, "id").and_then(owner_of);
        of_pair.or_else(|| text(&stored, "owner"))
    } else {
        text(&stored, if schema.name == CUSTOMERS { "id" } else { "customer_id" })
    };
    let owner = owner.and_then(ids::parse).map(CustomerId);
    // Some keys of pairs are names, and a restore run reports ids.
    let id = if is_paired(schema.name) { None } else { text(&stored, schema.range.unwrap_or(schema.hash)) };
    ScannedRow { owner, id: id.unwrap_or_default().to_owned(), stored }
}

fn encode_start(schema: &Table, key: &Item) -> String {
    let parts: Vec<_> = key_names(schema).map(|name| text(key, name).unwrap_or_default()).collect();
    URL_SAFE_NO_PAD.encode(serde_json::json!(parts).to_string())
}

fn decode_start(schema: &Table, start: &str) -> Result<Item, Failure> {
    let parts = URL_SAFE_NO_PAD.decode(start).ok();
    let parts: Option<Vec<String>> = parts.and_then(|json| serde_json::from_slice(&json).ok());
    let names: Vec<_> = key_names(schema).collect();
    let is_key =
        |parts: &Vec<String>| parts.len() == names.len() && parts.iter().all(|part| !part.is_empty());
    let parts = parts
        .filter(is_key)
        .ok_or_else(|| Refusal::field(Reason::InvalidArgument, "start", FieldProblem::NotARestoreToken))?;
    Ok(names.into_iter().map(str::to_owned).zip(parts.into_iter().map(s)).collect())
}

/// Deletes rows of terminal or unknown accounts. The gates of a terminal account are closed, so its rows cannot come back. Another
/// account may have taken over a name since the scan, so the main row of a pair is deleted only from its owner.
pub(super) async fn purge(store: &Store, table: &'static str, rows: &[Row]) -> Result<(), Failure> {
    let schema = schema_of(table)?;
    let deletion = |row: &Row| {
        let key = key_names(schema).filter_map(|name| Some((name.to_owned(), row.stored.get(name)?.clone())));
        let is_main = is_paired(table) && text(&row.stored, "key") == Some(MAIN_ROW);
        let condition = match row.owner.filter(|_| is_main) {
            Some(owner) => Expr::new("#owner = :owner").with(":owner", s(owner)),
            None => Expr::unconditional(schema.hash),
        };
        (key.collect::<Item>(), condition)
    };
    let deletions: Vec<_> = rows.iter().map(deletion).collect();
    let deletions = deletions.into_iter().map(|(key, condition)| store.delete_if(table, key, condition));
    iter(deletions).buffer_unordered(MAX_CONCURRENT_DELETES).try_for_each(|_| ready(Ok(()))).await
}
