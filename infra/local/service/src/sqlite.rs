//! Erases deleted rows from SQLite's write-ahead log.

use rusqlite::Connection;

/// Copies the write-ahead log into the database and truncates it, so that no deleted row stays in the log. SQLite skips
/// the truncation while another connection reads.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
