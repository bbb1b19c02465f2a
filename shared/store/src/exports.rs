//! Exports: their rows, and the rows that they contain.
//!
//! A row with the id `!last` names the export that the account started last. A new export replaces this name, so of two requests
//! at once only one starts an export.

use custodian_app::Failure;
use custodian_app::ports::{QueryPage, WriteOutcome};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::RetryBudget;
use custodian_domain::export::{EXPORT_NOUN, EXPORT_STARTED};
use custodian_domain::kinds::AGENTS;
use custodian_domain::{CustomerId, Export, Status, Timestamp};
use custodian_exports::{ExportRows, LastExport, OwnedRow, ReadExports, Section, StartExports, WriteExports};
use custodian_webhooks::WebhookStore;
use uuid::Uuid;

use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode, decode_some, encode, n, s};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::resources::{decode_resource, row_key, version_is};
use crate::schema::{ACCESS_KEYS, AUDITS, EXPORTS};
use crate::transaction::Transaction;
use crate::{Store, audit_log, usage};

/// The id of the row that names the last export. It sorts before every UUID.
const LAST: &str = "!last";
const EXPORT_ID: &str = "export_id";

/// The maximum number of rows of one query. DynamoDB also ends a query at 1 MB.
const PAGE: usize = 1000;

fn last_key(customer: CustomerId) -> Item {
    composite_key("customer_id", customer, "id", LAST)
}

fn item_of(export: &Export) -> Result<Item, Failure> {
    let mut item = encode(export)?;
    item.insert("ttl".to_owned(), n(export.keep_until().seconds()));
    Ok(item)
}

impl Store {
    async fn export_item(&self, key: Item) -> Result<Option<Item>, Failure> {
        let request = self.client.get_item().table_name(self.table(EXPORTS)).consistent_read(true);
        let response = request.set_key(Some(key)).send().await;
        Ok(response.map_err(|error| aws_failure("the exports", &error))?.item)
    }
}

impl ReadExports for Store {
    async fn export(&self, customer: CustomerId, id: Uuid) -> Result<Option<Export>, Failure> {
        decode_some(self.export_item(row_key(customer, id)).await?)
    }
}

impl StartExports for Store {
    async fn last_export(&self, customer: CustomerId) -> Result<Option<LastExport>, Failure> {
        let last = self.export_item(last_key(customer)).await?;
        let id = last.as_ref().and_then(|item| item.get(EXPORT_ID)?.as_s().ok());
        let Some(id) = id.and_then(|id| Uuid::try_parse(id).ok()) else { return Ok(None) };
        Ok(Some(LastExport { id, export: self.export(customer, id).await? }))
    }

    async fn create_export(&self, export: &Export, last: Option<Uuid>) -> Result<WriteOutcome, Failure> {
        let customer = export.customer_id;
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx =
            usage::require_status(tx, OwnedRowCondition::Gate, customer, export.id, Status::NOT_TERMINAL)?;
        let new = Expr::new("attribute_not_exists(#id)");
        let is_last = match last {
            None => new.clone(),
            // The TTL may have deleted the row since it was read.
            Some(last) => {
                Expr::new(format!("attribute_not_exists(#id) OR #{EXPORT_ID} = :last")).with(":last", s(last))
            }
        };
        let mut name = Item::from([(EXPORT_ID.to_owned(), s(export.id))]);
        name.insert("ttl".to_owned(), n(export.keep_until().seconds()));
        let action = AuditedAction::new(customer, EXPORT_STARTED, (EXPORT_NOUN, export.id), export.tm_create);
        let tx = audit_log::record(tx, OwnedRowCondition::Row, action)?;
        let tx = tx.put(OwnedRowCondition::Row, EXPORTS, item_of(export)?, new)?;
        let tx = tx.upsert(OwnedRowCondition::Row, EXPORTS, last_key(customer), (&name, &[]), is_last)?;
        Ok(write_outcome(tx.run().await?))
    }
}

impl WriteExports for Store {
    async fn save_export(&self, before: &Export, after: &Export) -> Result<WriteOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(
            tx,
            OwnedRowCondition::Gate,
            after.customer_id,
            after.id,
            Status::NOT_TERMINAL,
        )?;
        let (rows, key) = ((&item_of(before)?, &item_of(after)?), row_key(after.customer_id, after.id));
        let tx = tx.replace(OwnedRowCondition::Row, EXPORTS, key, rows, version_is(before.version))?;
        Ok(write_outcome(tx.run().await?))
    }
}

impl ExportRows for Store {
    async fn export_rows(
        &self,
        customer: CustomerId,
        section: Section,
        below: Option<Uuid>,
        retained_at: Timestamp,
    ) -> Result<QueryPage<OwnedRow>, Failure> {
        let table = match section {
            Section::Agents => AGENTS.table,
            Section::AccessKeys => ACCESS_KEYS,
            Section::Kind(kind) => kind.table,
            Section::Audits => AUDITS,
            Section::Deliveries => {
                let page = self.deliveries(customer, below, PAGE, retained_at).await?;
                return page.try_map(|delivery| Ok(OwnedRow::Delivery(delivery)));
            }
        };
        let page = self.owned_rows(table, customer, below, PAGE).await?;
        page.try_map(|item| {
            Ok(match section {
                Section::Agents => OwnedRow::Agent(decode(item)?),
                Section::AccessKeys => OwnedRow::AccessKey(decode(item)?),
                Section::Kind(kind) => OwnedRow::Resource(kind, decode_resource(kind, item)?),
                Section::Audits | Section::Deliveries => OwnedRow::Audit(decode(item)?),
            })
        })
    }
}
