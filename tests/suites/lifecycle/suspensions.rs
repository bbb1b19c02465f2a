//! A freeze by an operator is a suspension: the account's owner can neither end it nor delete the account.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

struct Suspended {
    client: Client,
    operator: Client,
    id: String,
}

impl Suspended {
    async fn new() -> Self {
        let client = Client::start().await;
        let (id, _) = client.tenant("ann").await;
        let suspended = Self { operator: client.platform_admin().await, client, id };
        suspended.freeze(json!({})).await;
        suspended
    }

    async fn freeze(&self, body: Value) -> Value {
        self.operator.post(&format!("/v1.0/customers/{}/freeze", self.id), body).await.ok()
    }

    async fn owner(&self) -> Client {
        self.client.login("ann", PASSWORD).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_suspended_account_can_neither_recover_nor_delete_it() {
    let suspended = Suspended::new().await;
    let owner = suspended.owner().await;
    let immediate = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    for refused in [owner.delete("/auth/unregister").await, owner.post("/auth/unregister", immediate).await] {
        assert_eq!(refused.refusal(), (409, "FROZEN_BY_OPERATOR".into()));
    }
    let refused = owner.get("/v1.0/tags").await;
    assert_eq!(refused.refusal(), (403, "ACCOUNT_FROZEN".into()));
    assert!(refused.json()["error"]["details"][0].get("recovery_endpoint").is_none(), "{}", refused.text);
    suspended.operator.post(&format!("/v1.0/customers/{}/recover", suspended.id), json!({})).await.ok();
    suspended.owner().await.get("/v1.0/tags").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_takes_over_a_freeze_of_the_owner() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    let own = admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let operator = client.platform_admin().await;
    let taken = operator.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    assert_eq!(taken["tm_deletion_scheduled"], own["tm_deletion_scheduled"], "the date stays");
    let refused = client.login("ann", PASSWORD).await.delete("/auth/unregister").await;
    assert_eq!(refused.refusal(), (409, "FROZEN_BY_OPERATOR".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_date_extends_a_freeze_and_an_earlier_one_is_refused() {
    let suspended = Suspended::new().await;
    let due = suspended.freeze(json!({})).await["tm_deletion_scheduled"].clone();
    let later = custodian_domain::Timestamp::parse(due.as_str().unwrap()).unwrap();
    let later = later.plus(std::time::Duration::from_secs(10 * DAY)).to_rfc3339();
    assert_eq!(
        suspended.freeze(json!({ "tm_deletion_scheduled": later })).await["tm_deletion_scheduled"],
        later
    );
    let path = format!("/v1.0/customers/{}/freeze", suspended.id);
    let refused = suspended.operator.post(&path, json!({ "tm_deletion_scheduled": due })).await;
    assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()));
    suspended.client.advance(31 * DAY).await;
    let status = || async {
        let operator = suspended.client.platform_admin().await;
        operator.get(&format!("/v1.0/customers/{}", suspended.id)).await.ok()["status"].clone()
    };
    assert_eq!(status().await, "frozen", "the job of the first date does nothing");
    suspended.client.advance(10 * DAY).await;
    assert_eq!(status().await, "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_a_suspension_names_the_product_and_offers_no_recovery() {
    let suspended = Suspended::new().await;
    suspended.client.idle().await;
    let mails = suspended.client.get("/_local/mailbox").await.ok();
    let text = mails["result"][0]["text"].as_str().unwrap();
    assert!(text.contains("Custodian has frozen your account"), "{text}");
    assert!(!text.contains("recover it"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_gets_a_mail_with_the_new_date_when_an_operator_moves_it() {
    let suspended = Suspended::new().await;
    let mails = || async {
        suspended.client.idle().await;
        suspended.client.get("/_local/mailbox").await.rows()
    };
    let before = mails().await.len();
    let due = suspended.freeze(json!({})).await["tm_deletion_scheduled"].clone();
    let due = custodian_domain::Timestamp::parse(due.as_str().unwrap()).unwrap();
    let later = due.plus(std::time::Duration::from_secs(10 * DAY));
    suspended.freeze(json!({ "tm_deletion_scheduled": later.to_rfc3339() })).await;
    let mails = mails().await;
    assert_eq!(mails.len(), before + 1, "{mails:?}");
    let text = mails[0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("On {}, the account", later.to_readable())), "{text}");
}
