//! The lines of an export. Each is a JSON object with `kind` and `data`.

use custodian_app::field_encryption::decrypt_row_without_secrets;
use custodian_app::{Context, Failure};
use custodian_domain::{Customer, Export};
use custodian_views::{
    AccessKeyView, AgentView, AuditView, CustomerView, DeliveryView, EmailChangeView, EndpointSettingsView,
    ExportHeaderView, ResourceView,
};
use serde::Serialize;

use crate::part::Part;
use crate::ports::OwnedRow;
use crate::section::Section;

/// The version of the format. A new kind of line or a new field does not raise it.
pub const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Line<'a, T: Serialize> {
    kind: &'a str,
    data: &'a T,
}

fn write(part: &mut Part, kind: &str, data: &impl Serialize) -> Result<(), Failure> {
    part.write_line(&Line { kind, data })
}

/// Writes the lines about the export and about the account itself.
pub(crate) fn write_account(part: &mut Part, export: &Export, customer: &Customer) -> Result<(), Failure> {
    write(part, "export", &ExportHeaderView::new(FORMAT_VERSION, export))?;
    write(part, "customer", &CustomerView::new(customer, export.tm_create))?;
    if let Some(pending) = customer.pending_email_at(export.tm_create) {
        write(part, "email_change", &EmailChangeView::from(pending))?;
    }
    for endpoint in customer.endpoints().into_iter().filter(|endpoint| !endpoint.webhook_uri.is_empty()) {
        write(part, "webhook_endpoint", &EndpointSettingsView::new(customer.id, endpoint))?;
    }
    Ok(())
}

/// Writes the line of a row, without its secrets.
pub(crate) fn write_row<S, E>(
    cx: &Context<S, E>,
    part: &mut Part,
    section: Section,
    row: &OwnedRow,
) -> Result<(), Failure> {
    let noun = section.noun();
    match row {
        OwnedRow::Agent(agent) => write(part, noun, &AgentView::from(agent)),
        OwnedRow::AccessKey(key) => write(part, noun, &AccessKeyView::from(key)),
        OwnedRow::Resource(kind, stored) => {
            let row = decrypt_row_without_secrets(cx, kind, stored)?;
            write(part, noun, &ResourceView::new(kind, &row))
        }
        OwnedRow::Delivery(delivery) => write(part, noun, &DeliveryView::from(delivery)),
        OwnedRow::Audit(entry) => write(part, noun, &AuditView::for_account(entry)),
    }
}
