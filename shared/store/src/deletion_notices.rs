//! The destinations of the webhooks about an account's deletion.

use custodian_app::Failure;
use custodian_domain::deletion_notice::DeletionNotice;
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{CustomerId, Timestamp};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{decode, encode, n, s};
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::webhook_key::{additional_id, endpoint_key};

const DELETION_NOTICE_KEY: &str = "farewell";

/// Stores the destinations of the deletion notices, in the transaction that deletes the account.
pub(crate) fn store<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    notices: &[DeletionNotice],
) -> Result<Transaction<'a, C>, Failure> {
    notices.iter().try_fold(tx, |tx, notice| {
        let mut row = encode(&notice.destination)?;
        row.extend(endpoint_key(notice.endpoint, DELETION_NOTICE_KEY));
        row.insert("ttl".to_owned(), n(notice.destination.until.seconds()));
        tx.put(on_failure, WEBHOOKS, row, Expr::new("attribute_not_exists(#key)"))
    })
}

/// The stored destinations. The time of some may be over.
pub(crate) async fn read(store: &Store, customer: CustomerId) -> Result<Vec<DeletionNotice>, Failure> {
    let condition = Expr::new("#customer_id = :customer AND begins_with(#key, :notice)")
        .with(":customer", s(customer))
        .with(":notice", s(DELETION_NOTICE_KEY));
    let query = store.client.query().table_name(store.table(WEBHOOKS)).consistent_read(true);
    let query = query
        .set_key_condition_expression(condition.text())
        .set_expression_attribute_names(condition.names())
        .set_expression_attribute_values(condition.values());
    let response = query.send().await.map_err(|error| aws_failure("the deletion notices", &error))?;
    let rows = response.items.unwrap_or_default().into_iter().map(|item| {
        let key = item.get("key").and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
        let endpoint = EndpointId::new(customer, additional_id(&key).1);
        Ok(DeletionNotice { endpoint, destination: decode(item)? })
    });
    rows.collect()
}

/// Whether the function `webhook-deliver` may still send a notice.
pub(crate) async fn has_any(store: &Store, customer: CustomerId, now: Timestamp) -> Result<bool, Failure> {
    Ok(read(store, customer).await?.iter().any(|notice| now < notice.destination.until))
}

pub(crate) async fn remove(store: &Store, endpoint: EndpointId) -> Result<(), Failure> {
    let key = endpoint_key(endpoint, DELETION_NOTICE_KEY);
    store.delete_if(WEBHOOKS, key, Expr::unconditional("key")).await.map(|_| ())
}
