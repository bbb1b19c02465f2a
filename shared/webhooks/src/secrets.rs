//! The secrets that sign a webhook.

use custodian_app::field_location::FieldLocation;
use custodian_app::ports::WriteOutcome;
use custodian_app::{Context, Failure};
use custodian_domain::webhook::EndpointState;
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::webhook_secret::{EncryptedWebhookSecret, StoredWebhookSecret, WebhookSecret};
use custodian_domain::{Secret, Status};
use custodian_webhook_client::{ReplacedSecret, SecretSet, SigningSecret};

use crate::ports::{SecretChange, WebhookStore};

/// The secrets of an endpoint. If the first endpoint has none, the delivery creates one, so that every webhook is signed. The
/// first rotation then shows this secret and does not replace it, because nobody has seen it. `None` if the account is terminal or the endpoint is deleted.
pub(crate) async fn signing_secrets<S: WebhookStore, E>(
    cx: &Context<S, E>,
    id: EndpointId,
    endpoint: &EndpointState,
) -> Result<Option<SecretSet>, Failure> {
    if let Some(stored) = &endpoint.secret {
        return secret_set(&decrypt(cx, id, stored)?).map(Some);
    }
    // An additional endpoint has a secret as long as it exists.
    if !id.is_first() {
        return Ok(None);
    }
    let first = WebhookSecret::unseen(new_secret(cx), cx.now());
    match cx
        .store
        .store_webhook_secret(id, &encrypt(cx, id, &first)?, SecretChange::Created, Status::NOT_TERMINAL)
        .await?
    {
        WriteOutcome::Done => secret_set(&first).map(Some),
        WriteOutcome::GateClosed => Ok(None),
        // A concurrent delivery or request created the secret.
        WriteOutcome::Stale => {
            let stored = cx.store.webhook_endpoint(id).await?.secret;
            stored.map(|stored| secret_set(&decrypt(cx, id, &stored)?)).transpose()
        }
    }
}

/// The secrets of an endpoint of a deleted account. If it has none, the notice is signed with a new secret that is not stored.
pub(crate) fn secrets_of_deleted_account<S, E>(
    cx: &Context<S, E>,
    id: EndpointId,
    endpoint: &EndpointState,
) -> Result<SecretSet, Failure> {
    match &endpoint.secret {
        Some(stored) => secret_set(&decrypt(cx, id, stored)?),
        None => secret_set(&WebhookSecret::unseen(new_secret(cx), cx.now())),
    }
}

pub(crate) fn new_secret<S, E>(cx: &Context<S, E>) -> Secret {
    Secret::new(SigningSecret::new(cx.providers.random()).expose().to_owned())
}

const fn location(endpoint: EndpointId) -> FieldLocation {
    FieldLocation { customer: endpoint.customer_id, table: "webhooks", id: endpoint.id, field: "secret" }
}

/// Encrypts the current and the replaced secrets, as one value.
pub(crate) fn encrypt<S, E>(
    cx: &Context<S, E>,
    endpoint: EndpointId,
    secret: &WebhookSecret,
) -> Result<EncryptedWebhookSecret, Failure> {
    let encrypted = cx.keys.encrypt_field(&location(endpoint), secret, cx.providers.random())?;
    Ok(EncryptedWebhookSecret { encrypted, tm_changed: secret.tm_changed })
}

pub(crate) fn decrypt<S, E>(
    cx: &Context<S, E>,
    endpoint: EndpointId,
    stored: &StoredWebhookSecret,
) -> Result<WebhookSecret, Failure> {
    match stored {
        StoredWebhookSecret::Encrypted(stored) => {
            cx.keys.decrypt_field(&location(endpoint), &stored.encrypted)
        }
        StoredWebhookSecret::Plain(secret) => Ok(secret.clone()),
    }
}

fn secret_set(stored: &WebhookSecret) -> Result<SecretSet, Failure> {
    let parse = |secret: &Secret| {
        let parsed = SigningSecret::parse(secret.expose());
        parsed.ok_or_else(|| Failure::unavailable("the webhook secret", "it has an unknown form"))
    };
    let current = SecretSet::new(parse(&stored.current)?);
    stored.previous.iter().try_fold(current, |set, one| {
        let (secret, until, is_shown) = (parse(&one.secret)?, one.until, one.is_shown);
        Ok(set.with_previous(ReplacedSecret { secret, until, is_shown }))
    })
}
