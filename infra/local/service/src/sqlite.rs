//! Erases deleted rows from SQLite's files.

use rusqlite::Connection;

/// Copies the write-ahead log into the database and truncates it, so that no deleted row stays in the log. SQLite skips
/// the truncation while another connection reads.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Writes the database anew, without the copies of rows that SQLite left behind when it moved them between pages.
pub(crate) fn rewrite_file(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("VACUUM")
}
