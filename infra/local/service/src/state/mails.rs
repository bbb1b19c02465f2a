//! The local mailbox.

use custodian_app::Failure;
use custodian_domain::{CustomerId, Timestamp};
use rusqlite::params;
use serde_json::Value;

use super::LocalState;

impl LocalState {
    pub(crate) fn add_mail(&self, mail: &Value, account: Option<CustomerId>) -> Result<(), Failure> {
        let account = account.map(|account| account.to_string());
        let sql = "INSERT INTO mails (mail, account) VALUES (?, ?)";
        self.execute(sql, params![mail.to_string(), account]).map(|_| ())
    }

    /// The mails as JSON, newest first.
    pub(crate) fn mails(&self) -> Result<Vec<String>, Failure> {
        self.query_texts("SELECT mail FROM mails ORDER BY id DESC")
    }

    pub(crate) fn mail_count(&self) -> Result<u64, Failure> {
        self.count("mails")
    }

    /// The ids of the accounts that have mails.
    pub(crate) fn accounts_with_mails(&self) -> Result<Vec<CustomerId>, Failure> {
        let ids = self.query_texts("SELECT DISTINCT account FROM mails WHERE account IS NOT NULL")?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).map(CustomerId).collect())
    }

    pub(crate) fn delete_mails_of(&self, account: CustomerId) -> Result<(), Failure> {
        self.execute("DELETE FROM mails WHERE account = ?", [account.to_string()]).map(|_| ())
    }

    /// Deletes mails without an account that were sent before `instant`. Returns whether there was one.
    pub(crate) fn delete_mails_without_account(&self, instant: Timestamp) -> Result<bool, Failure> {
        let sql = "DELETE FROM mails WHERE account IS NULL
            AND julianday(json_extract(mail, '$.tm_create')) < julianday(?)";
        self.execute(sql, [instant.to_rfc3339()]).map(|deleted| deleted > 0)
    }
}
