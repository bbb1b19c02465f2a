//! A request for each function that succeeds, with what has to be so before it.

use custodian_tests::PASSWORD;
use serde_json::{Value, json};

use crate::event::Request;
use crate::stage::{NOWHERE, Stage};

const CUSTOMER: &str = "/v1.0/customer";
const CUSTOMERS: &str = "/v1.0/customers";
/// Lists are asked for as many rows, since there are more and more of them while functions are measured.
const PAGE: &str = "?page_size=20";

impl Stage {
    /// Prepares a request for a function.
    pub async fn request(&mut self, function: &str) -> Request {
        let request = match function.split('-').next().unwrap_or_default() {
            "auth" => self.auth(function).await,
            "agents" => self.agents(function).await,
            "customers" => self.customers(function).await,
            "accesskeys" => self.rows(function, "accesskeys").await,
            "resource" => self.rows(function, "tags").await,
            _ => self.own(function).await,
        };
        // What the preparation has set going is over before anything is measured.
        self.client.idle().await;
        request
    }

    async fn auth(&mut self, function: &str) -> Request {
        let client = self.client.clone();
        let token = "0".repeat(64);
        let post = |path: &str, body: Value| Request::by(&client, "POST", path).body(body);
        match function {
            "auth-login" => post("/auth/login", json!({ "username": "measured", "password": PASSWORD })),
            "auth-signup" => {
                let email = format!("{}@example.com", self.fresh());
                post("/auth/signup", json!({ "email": email, "accepted_tos": true }))
            }
            "auth-password-forgot" => post("/auth/password-forgot", json!({ "username": self.fresh() })),
            "auth-email-verify-page" => {
                Request::by(&client, "GET", format!("/auth/email-verify?token={token}"))
            }
            "auth-password-reset-page" => {
                let token = self.reset_token().await;
                Request::by(&client, "GET", format!("/auth/password-reset?token={token}"))
            }
            "auth-email-verify" => {
                let name = self.fresh();
                client.open_account(&name).await;
                let token = client.mailed_token(&format!("{name}@example.com")).await;
                post("/auth/email-verify", json!({ "token": token }))
            }
            "auth-password-reset" => {
                let token = self.reset_token().await;
                post("/auth/password-reset", json!({ "token": token, "password": PASSWORD }))
            }
            "auth-delegate" => {
                let body = json!({ "customer_id": self.customer, "reason": "to measure it" });
                Request::by(&self.operator, "POST", "/auth/delegate").body(body)
            }
            "auth-logout" => {
                let (_, leaver) = self.leaver().await;
                Request::by(&leaver, "POST", "/auth/logout").body(json!({}))
            }
            "auth-unregister" => {
                let (_, leaver) = self.leaver().await;
                Request::by(&leaver, "POST", "/auth/unregister").body(json!({ "password": PASSWORD }))
            }
            "auth-unregister-cancel" => {
                let name = self.fresh();
                let (_, leaver) = client.tenant(&name).await;
                leaver.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
                let back = client.login(&name, PASSWORD).await;
                Request::by(&back, "DELETE", "/auth/unregister")
            }
            other => panic!("there is no request for {other}"),
        }
    }

    /// What is in the mail to somebody who forgot the password.
    async fn reset_token(&mut self) -> String {
        let name = self.fresh();
        self.client.open_account(&name).await;
        self.client.idle().await;
        self.client.post("/auth/password-forgot", json!({ "username": name })).await.ok();
        self.client.mailed_token(&format!("{name}@example.com")).await
    }

    /// Somebody with an account of their own.
    async fn leaver(&mut self) -> (String, custodian_tests::Client) {
        let name = self.fresh();
        self.client.tenant(&name).await
    }

    async fn agents(&mut self, function: &str) -> Request {
        let name = self.fresh();
        let new = json!({ "username": name, "password": PASSWORD, "permission": 16 });
        let path = "/v1.0/agents";
        if function == "agents-list" {
            return Request::by(&self.admin, "GET", format!("{path}{PAGE}"));
        }
        if function == "agents-create" {
            return Request::by(&self.admin, "POST", path).body(new);
        }
        let row = format!("{path}/{}", self.created(path, new).await);
        let put = |part: &str, body| Request::by(&self.admin, "PUT", format!("{row}{part}")).body(body);
        match function {
            "agents-get" => Request::by(&self.admin, "GET", row),
            "agents-delete" => Request::by(&self.admin, "DELETE", row),
            "agents-update" => put("", json!({ "name": name })),
            "agents-permission" => put("/permission", json!({ "permission": 64 })),
            "agents-password" => put("/password", json!({ "password": PASSWORD })),
            "agents-status" => put("/status", json!({ "status": "available" })),
            "agents-addresses" => {
                put("/addresses", json!({ "addresses": [{ "type": "tel", "target": "+15551234567" }] }))
            }
            "agents-tag-ids" => put("/tag_ids", json!({ "tag_ids": [] })),
            other => panic!("there is no request for {other}"),
        }
    }

    async fn customers(&mut self, function: &str) -> Request {
        let name = self.fresh();
        let (email, own) = (format!("{name}@example.com"), format!("{CUSTOMERS}/{}", self.customer));
        let by = |method, target: &str| Request::by(&self.operator, method, target);
        match function {
            "customers-list" => by("GET", &format!("{CUSTOMERS}{PAGE}")),
            "customers-get" => by("GET", &own),
            "customers-create" => {
                by("POST", CUSTOMERS).body(json!({ "username": name, "password": PASSWORD, "email": email }))
            }
            "customers-update" => by("PUT", &own).body(json!({ "name": name })),
            "customers-plan" => by("PUT", &format!("{own}/plan")).body(json!({ "plan": "unlimited" })),
            "customers-balance" => by("POST", &format!("{own}/balance")).body(json!({ "balance_credit": 1 })),
            "customers-delete" | "customers-freeze" | "customers-recover" => {
                let account = format!("{CUSTOMERS}/{}", self.leaver().await.0);
                let by = |method, target: String| Request::by(&self.operator, method, target);
                match function {
                    "customers-delete" => by("DELETE", account),
                    "customers-freeze" => by("POST", format!("{account}/freeze")).body(json!({})),
                    _ => {
                        self.operator.post(&format!("{account}/freeze"), json!({})).await.ok();
                        by("POST", format!("{account}/recover")).body(json!({}))
                    }
                }
            }
            other => panic!("there is no request for {other}"),
        }
    }

    /// Rows that have nothing special about them.
    async fn rows(&mut self, function: &str, kind: &str) -> Request {
        let (path, body) = (format!("/v1.0/{kind}"), json!({ "name": self.fresh() }));
        let verb = function.rsplit('-').next().unwrap_or_default();
        // An account has 50 keys at once, and no more.
        let owner = if kind == "accesskeys" { self.leaver().await.1 } else { self.admin.clone() };
        let by = |method, target: &str| Request::by(&owner, method, target);
        match verb {
            "list" => return by("GET", &format!("{path}{PAGE}")),
            "create" => return by("POST", &path).body(body),
            _ => {}
        }
        let made = owner.post(&path, body).await.ok();
        let row = format!("{path}/{}", made["id"].as_str().unwrap_or_default());
        match verb {
            "get" => by("GET", &row),
            "update" => by("PUT", &row).body(json!({ "name": "another" })),
            "delete" => by("DELETE", &row),
            other => panic!("there is no request for {other}"),
        }
    }

    async fn own(&mut self, function: &str) -> Request {
        let name = self.fresh();
        let by = |method, target: &str| Request::by(&self.admin, method, target);
        let webhook = format!("{CUSTOMER}/webhook");
        match function {
            "ping" => Request::by(&self.client, "GET", "/ping"),
            "not-found" => Request { status: 404, ..Request::by(&self.client, "GET", "/nowhere") },
            "me" => by("GET", "/v1.0/me"),
            "customer-get" => by("GET", CUSTOMER),
            "customer-update" => by("PUT", CUSTOMER).body(json!({ "name": name })),
            "customer-usage" => by("GET", &format!("{CUSTOMER}/usage")),
            "customer-billing-account" => {
                let account = self.admin.get("/v1.0/billing_account").await.ok()["id"].clone();
                let body = json!({ "billing_account_id": account });
                by("PUT", &format!("{CUSTOMER}/billing_account_id")).body(body)
            }
            "billing-account" => by("GET", "/v1.0/billing_account"),
            "transcribes-stop" => {
                let new = json!({ "name": name, "reference_type": "call", "language": "en-US" });
                let id = self.created("/v1.0/transcribes", new).await;
                by("POST", &format!("/v1.0/transcribes/{id}/stop")).body(json!({}))
            }
            "webhook-get" => by("GET", &webhook),
            // An account has a few secrets at once, and no more.
            "webhook-rotate" => {
                let (_, other) = self.leaver().await;
                Request::by(&other, "POST", format!("{webhook}/rotate")).body(json!({}))
            }
            "webhook-test" => by("POST", &format!("{webhook}/test")).body(json!({})),
            // All of the last hundred are shown: of an account with twenty.
            "webhook-deliveries" => {
                let (_, other) = self.leaver().await;
                other.put(CUSTOMER, json!({ "webhook_uri": NOWHERE })).await.ok();
                for n in 1..20 {
                    other.post("/v1.0/tags", json!({ "name": format!("tag {n}") })).await.ok();
                }
                Request::by(&other, "GET", format!("{webhook}/deliveries"))
            }
            "webhook-redeliver" => {
                let id = self.created(&format!("{webhook}/test"), json!({})).await;
                self.client.idle().await;
                by("POST", &format!("{webhook}/deliveries/{id}/redeliver")).body(json!({}))
            }
            other => panic!("there is no request for {other}"),
        }
    }
}
