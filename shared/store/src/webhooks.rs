//! The store of webhooks: endpoints, their secrets and their deliveries.

use custodian_app::Failure;
use custodian_app::ports::{QueryPage, WriteOutcome};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::RetryBudget;
use custodian_domain::deletion_notice::DeletionNotice;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::webhook::{Delivery, EndpointObservation, EndpointState, SlowEndpoint};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::webhook_secret::EncryptedWebhookSecret;
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_webhooks::{SecretChange, WebhookStore};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::failing_endpoint;
use crate::item::{decode, encode, n};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::webhook_endpoints::{Availability, require_endpoint};
use crate::webhook_key::{FAILING_KEY, SECRET_KEY, SLOW_KEY, STATE_KEYS, additional_id, endpoint_key};
use crate::{audit_log, deletion_notices, deliveries, usage};

/// The attributes of the secrets of an earlier release, which stored them in plain text.
const PLAIN_SECRETS: &[&str] = &["current", "previous"];

impl WebhookStore for Store {
    async fn webhook_endpoints(&self, ids: &[EndpointId]) -> Result<Vec<EndpointState>, Failure> {
        let keys = ids.iter().flat_map(|id| STATE_KEYS.map(|key| endpoint_key(*id, key))).collect();
        let mut found = self.batch_get(vec![(WEBHOOKS, keys)]).await?;
        let mut endpoints = vec![EndpointState::default(); ids.len()];
        for item in found.remove(&self.table(WEBHOOKS)).unwrap_or_default() {
            let key = item.get("key").and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
            let (name, additional) = additional_id(&key);
            let position = ids.iter().position(|id| id.additional() == additional);
            let Some(endpoint) = position.and_then(|position| endpoints.get_mut(position)) else { continue };
            match name {
                SECRET_KEY => endpoint.secret = Some(decode(item)?),
                FAILING_KEY => endpoint.failing = Some(decode(item)?),
                SLOW_KEY => endpoint.slow = Some(decode(item)?),
                _ => {
                    let Availability { fingerprint, enabled_since } = decode(item)?;
                    (endpoint.disabled_uri, endpoint.enabled_since) = (fingerprint, enabled_since);
                }
            }
        }
        Ok(endpoints)
    }

    async fn deletion_notices(&self, customer: CustomerId) -> Result<Vec<DeletionNotice>, Failure> {
        deletion_notices::read(self, customer).await
    }

    async fn store_webhook_secret(
        &self,
        endpoint: EndpointId,
        secret: &EncryptedWebhookSecret,
        change: SecretChange,
        statuses: &'static [Status],
    ) -> Result<WriteOutcome, Failure> {
        let (customer, key) = (endpoint.customer_id, endpoint_key(endpoint, SECRET_KEY));
        let unchanged = match change.before() {
            None => Expr::new("attribute_not_exists(#key)"),
            Some(before) => Expr::new("#tm_create = :before").with(":before", n(before.micros())),
        };
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(tx, OwnedRowCondition::Gate, customer, customer.0, statuses)?;
        let row = (&encode(secret)?, PLAIN_SECRETS);
        let tx = tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, row, unchanged)?;
        let action =
            AuditedAction::new(customer, change.entry_type(), ("webhook", endpoint.id), secret.tm_changed);
        Ok(write_outcome(audit_log::record(tx, OwnedRowCondition::Row, action)?.run().await?))
    }

    async fn delivery(
        &self,
        customer: CustomerId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Delivery>, Failure> {
        deliveries::read(self, customer, id, now).await
    }

    async fn deliveries(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> Result<QueryPage<Delivery>, Failure> {
        deliveries::list(self, customer, below, limit, now).await
    }

    async fn store_delivery(
        &self,
        delivery: &Delivery,
        before: Option<&Delivery>,
        observation: &EndpointObservation,
    ) -> Result<WriteOutcome, Failure> {
        deliveries::record(self, delivery, before, observation).await
    }

    async fn record_slow_endpoint(
        &self,
        endpoint: EndpointId,
        slow: &SlowEndpoint,
    ) -> Result<WriteOutcome, Failure> {
        let (key, mut row) = (endpoint_key(endpoint, SLOW_KEY), encode(slow)?);
        let customer = endpoint.customer_id;
        row.insert("ttl".to_owned(), n(slow.until.seconds() + 1));
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx =
            usage::require_status(tx, OwnedRowCondition::Gate, customer, customer.0, Status::NOT_TERMINAL)?;
        let tx = require_endpoint(tx, OwnedRowCondition::Row, endpoint)?;
        let tx = tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, (&row, &[]), Expr::unconditional("key"))?;
        Ok(write_outcome(tx.run().await?))
    }

    async fn record_endpoint_failure(
        &self,
        endpoint: EndpointId,
        failure: &FailingEndpoint,
    ) -> Result<WriteOutcome, Failure> {
        failing_endpoint::record(self, endpoint, failure).await
    }

    async fn lease_probe(
        &self,
        endpoint: EndpointId,
        failing: &FailingEndpoint,
        until: Timestamp,
    ) -> Result<WriteOutcome, Failure> {
        failing_endpoint::lease_probe(self, endpoint, failing, until).await
    }

    async fn clear_endpoint_failures(&self, endpoint: EndpointId) -> Result<(), Failure> {
        self.delete_if(WEBHOOKS, endpoint_key(endpoint, FAILING_KEY), Expr::unconditional("key"))
            .await
            .map(|_| ())
    }

    async fn lease_attempt(&self, delivery: &Delivery, until: Timestamp) -> Result<WriteOutcome, Failure> {
        deliveries::lease_attempt(self, delivery, until).await
    }

    async fn remove_deletion_notice(&self, endpoint: EndpointId) -> Result<(), Failure> {
        deletion_notices::remove(self, endpoint).await
    }
}
