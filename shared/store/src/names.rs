//! Finds the holders of names.

use custodian_app::Failure;
use custodian_app::ports::{EmailHolder, FindNames, NameHolders};
use custodian_domain::precis::username_key;

use crate::Store;
use crate::identifiers::{self, IdentifierRow, main_key};
use crate::item::{decode, s};
use crate::schema::IDENTIFIERS;

impl FindNames for Store {
    async fn name_holders(&self, text: &str) -> Result<NameHolders, Failure> {
        let email = identifiers::email(&username_key(text));
        let (username, unprepared) = (identifiers::username(text), identifiers::unprepared_username(text));
        let mut names = vec![&email, &username];
        // The number of reads depends on the text alone, so the response time does not reveal which names exist.
        if unprepared != username {
            names.push(&unprepared);
        }
        let keys = names.iter().map(|name| main_key(name)).collect();
        let mut found = self.batch_get(vec![(IDENTIFIERS, keys)]).await?;
        let mut holders = NameHolders::default();
        for item in found.remove(&self.table(IDENTIFIERS)).unwrap_or_default() {
            let id = item.get("id").cloned();
            let row: IdentifierRow = decode(item)?;
            let agent = row.agent_id.map(|agent| (row.owner, agent));
            if id == Some(s(&email)) {
                holders.email = Some(EmailHolder { customer: row.owner, owner: row.agent_id });
            } else if id == Some(s(&username)) {
                holders.username = agent;
            } else {
                holders.unprepared_username = agent;
            }
        }
        Ok(holders)
    }
}
