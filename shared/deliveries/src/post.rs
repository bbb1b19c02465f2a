//! Posting one webhook, signed.

use custodian_app::hooks::KeepHooks;
use custodian_app::password::LIVING;
use custodian_app::ports::Written;
use custodian_app::{Context, Failure, Metric};
use custodian_domain::webhook::{Hook, HookSecret};
use custodian_domain::{Customer, CustomerId, Secret};
use custodian_webhooks::{Method, Outcome, Report, SecretSet, SigningSecret};
use uuid::Uuid;

use crate::payload::payload;
use crate::ports::{Errand, Post, Posting, ReadRows};

/// Posts the webhook of an errand, with what is so now.
pub(crate) async fn post<S: ReadRows, E: Posting>(
    cx: &Context<S, E>,
    errand: &Errand,
    customer: &Customer,
    (uri, method): (&str, &str),
    id: Uuid,
    secrets: &SecretSet,
) -> Result<Report, Failure> {
    let body = payload(&cx.store, customer, &errand.detail).await?;
    let method = Method::parse(method).unwrap_or_default();
    let report = cx.ends.post(Post { id, method, uri, body, secrets: Some(secrets), now: cx.now() }).await;
    cx.meter.note(&[counted(report.outcome)]);
    tracing::info!(
        customer_id = %errand.detail.customer_id,
        event = errand.detail.kind,
        attempt = errand.attempt,
        outcome = report.outcome.name(),
        latency_ms = u64::try_from(report.latency.as_millis()).unwrap_or(u64::MAX),
        "a webhook was attempted"
    );
    Ok(report)
}

/// What an attempt counts as.
const fn counted(outcome: Outcome) -> Metric {
    match outcome {
        Outcome::Succeeded { .. } => Metric::WebhooksDelivered,
        Outcome::Failed { .. } | Outcome::Unreachable(_) | Outcome::TimedOut => Metric::WebhooksFailed,
        Outcome::Refused(_) => Metric::WebhooksRefused,
        Outcome::Disabled => Metric::WebhooksDisabled,
    }
}

/// The secrets that sign now. An account that has none gets its first here: nobody has seen it, but everything is signed
/// from the beginning, and it signs for a day beside the first that is shown. None if the account is gone.
pub(crate) async fn secrets<S: KeepHooks, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    hook: &Hook,
) -> Result<Option<SecretSet>, Failure> {
    if let Some(kept) = &hook.secret {
        return set(kept).map(Some);
    }
    let first = HookSecret::first(fresh(cx), cx.now());
    match cx.store.keep_hook_secret(customer, &first, None, LIVING).await? {
        Written::Done => set(&first).map(Some),
        Written::Closed => Ok(None),
        // Somebody else has just made it.
        Written::Lost => cx.store.hook(customer).await?.secret.as_ref().map(set).transpose(),
    }
}

/// The secrets of an account that has ended: one that it never had is made for the occasion, and kept nowhere.
pub(crate) fn last_secrets<S, E>(cx: &Context<S, E>, hook: &Hook) -> Result<SecretSet, Failure> {
    match &hook.secret {
        Some(kept) => set(kept),
        None => set(&HookSecret::first(fresh(cx), cx.now())),
    }
}

/// A new secret.
pub(crate) fn fresh<S, E>(cx: &Context<S, E>) -> Secret {
    Secret::new(SigningSecret::new(cx.sources.random()).expose().to_owned())
}

fn set(kept: &HookSecret) -> Result<SecretSet, Failure> {
    let read = |secret: &Secret| {
        let read = SigningSecret::parse(secret.expose());
        read.ok_or_else(|| Failure::unavailable("the webhook's secret", "it cannot be read"))
    };
    let current = SecretSet::new(read(&kept.current)?);
    kept.previous.iter().try_fold(current, |set, one| Ok(set.and(read(&one.secret)?, one.until)))
}
