//! The link to the state of a deletion. Anyone who has the link can read the state without signing in, even after the account is
//! deleted.

use std::time::Duration;

use custodian_auth::mail_token;
use custodian_domain::{CustomerId, Reason, Secret};

use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::ports::{DeletionLink, DeletionLinks};

/// How long a link works.
const LIFETIME: Duration = Duration::from_secs(365 * 86_400);

/// The path of the page.
pub const PATH: &str = "/auth/deletion";

/// Creates a link to the deletion of an account, and returns its token.
pub async fn create_link<S: DeletionLinks, E>(
    cx: &Context<S, E>,
    customer_id: CustomerId,
) -> Result<Secret, Failure> {
    let token = mail_token::new(cx.providers.random());
    let link = DeletionLink { id: mail_token::hash(&token), customer_id, tm_expire: cx.now().plus(LIFETIME) };
    cx.store.store_deletion_link(&link).await?;
    Ok(token)
}

/// The URL of a link, for a mail.
pub fn url(settings: &Settings, token: &Secret) -> String {
    format!("{}{PATH}?token={}", settings.base_url, token.expose())
}

/// The header `Link` of the response to an unregistration. `None` if the link could not be stored: the account has changed already,
/// so the request must not fail. A mail to a confirmed address has another link.
pub async fn link_header<S: DeletionLinks, E>(cx: &Context<S, E>, customer_id: CustomerId) -> Option<String> {
    match create_link(cx, customer_id).await {
        Ok(token) => Some(format!("<{PATH}?token={}>; rel=\"status\"", token.expose())),
        Err(failure) => {
            tracing::warn!(customer_id = %customer_id, %failure, "the response has no link to the deletion");
            None
        }
    }
}

/// The customer of a link.
pub async fn customer_of_link<S: DeletionLinks, E>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<CustomerId, Failure> {
    let link = cx.store.deletion_link(&mail_token::hash(token)).await?;
    let link = link.filter(|link| cx.now() < link.tm_expire);
    Ok(link.ok_or(Reason::InvalidToken)?.customer_id)
}
