//! The accounts of a running service: clients that are signed in to them, and their mails and events.

use serde_json::{Value, json};

use crate::accounts::PASSWORD;
use crate::client::Client;

impl Client {
    /// Logs in. Returns a client with the token.
    pub async fn login(&self, username: &str, password: &str) -> Self {
        let response =
            self.post("/auth/login", json!({ "username": username, "password": password })).await.ok();
        self.with_token(response["token"].as_str().unwrap())
    }

    /// Logs in as the platform admin.
    pub async fn platform_admin(&self) -> Self {
        self.login("admin@localhost", PASSWORD).await
    }

    /// The token in the newest mail to an address, without the mails whose link only shows the state of a deletion.
    pub async fn mailed_token(&self, to: &str) -> String {
        self.idle().await;
        let mails = self.get("/_local/mailbox").await.ok();
        let mail = mails["result"]
            .as_array()
            .unwrap()
            .iter()
            .find(|mail| {
                let text = mail["text"].as_str().unwrap();
                mail["to"] == to && text.contains("token=") && !text.contains("/auth/deletion?token=")
            })
            .expect("a mail was sent");
        let text = mail["text"].as_str().unwrap();
        text.split("token=").nth(1).unwrap().chars().take(64).collect()
    }

    /// Creates an account that is not verified. Returns its id.
    pub async fn open_account(&self, name: &str) -> String {
        let body = json!({ "username": name, "password": PASSWORD, "email": format!("{name}@example.com"), "name": name });
        let created = self.platform_admin().await.post("/v1.0/customers", body).await.ok();
        created["id"].as_str().unwrap().to_owned()
    }

    /// Creates an account, verifies it and logs its admin in.
    pub async fn tenant(&self, name: &str) -> (String, Self) {
        let id = self.open_account(name).await;
        let token = self.mailed_token(&format!("{name}@example.com")).await;
        self.post("/auth/email-verify", json!({ "token": token })).await.ok();
        (id, self.login(name, PASSWORD).await)
    }

    /// All published events of an account, in order.
    pub async fn published_events(&self, customer: &str) -> Vec<Value> {
        self.idle().await;
        let published = self.get("/_local/events").await.rows();
        let events = published.iter().rev().map(|entry| entry["detail"].clone());
        events.filter(|event| event["customer_id"] == customer).collect()
    }

    /// Creates an access key of the account. Unlike a session, it stays valid for a year.
    pub async fn with_access_key(&self) -> Self {
        let created = self.post("/v1.0/accesskeys", json!({})).await.ok();
        self.with_token(created["token"].as_str().unwrap())
    }
}
