//! A request for each function with its expected status, and the rows and credentials that it needs.

use custodian_tests::PASSWORD;
use serde_json::{Value, json};

use crate::event::Request;
use crate::fixture::{Fixture, REFUSED_WEBHOOK_URI};

const CUSTOMER: &str = "/v1.0/customer";
const EXPORT: &str = "/v1.0/customer/export";
const CUSTOMERS: &str = "/v1.0/customers";
/// A page size that keeps the responses of lists at one size while measurements add rows.
const PAGE: &str = "?page_size=20";

impl Fixture {
    /// Prepares a request for a function.
    pub async fn prepare_request(&mut self, function: &str) -> Request {
        let request = match function.split('-').next().unwrap_or_default() {
            "auth" => self.auth_request(function).await,
            "agents" => self.agents_request(function).await,
            "customers" => self.customers_request(function).await,
            "platform" => Request::new(&self.platform_admin, "POST", "/v1.0/platform/restore")
                .body(json!({ "table": "audits" })),
            "accesskeys" => self.resource_request(function, "accesskeys").await,
            "resource" => self.resource_request(function, "tags").await,
            _ => self.own_account_request(function).await,
        };
        // The background work of the preparation must not run during the measurement.
        self.client.idle().await;
        request
    }

    async fn auth_request(&mut self, function: &str) -> Request {
        let client = self.client.clone();
        let post = |path: &str, body: Value| Request::new(&client, "POST", path).body(body);
        match function {
            "auth-login" => post("/auth/login", json!({ "username": "measured", "password": PASSWORD })),
            "auth-signup" => {
                let email = format!("{}@example.com", self.unique_name());
                post("/auth/signup", json!({ "email": email, "accepted_tos": true }))
            }
            "auth-password-forgot" => {
                post("/auth/password-forgot", json!({ "username": self.unique_name() }))
            }
            "auth-password-forgot-page" => Request::new(&client, "GET", "/auth/password-forgot"),
            "auth-email-verify-page" => {
                let name = self.unique_name();
                client.open_account(&name).await;
                let token = client.mailed_token(&format!("{name}@example.com")).await;
                Request::new(&client, "GET", format!("/auth/email-verify?token={token}"))
            }
            "auth-password-reset-page" => {
                let token = self.reset_token().await;
                Request::new(&client, "GET", format!("/auth/password-reset?token={token}"))
            }
            "auth-email-verify" => {
                let name = self.unique_name();
                client.open_account(&name).await;
                let token = client.mailed_token(&format!("{name}@example.com")).await;
                post("/auth/email-verify", json!({ "token": token }))
            }
            "auth-password-reset" => {
                let token = self.reset_token().await;
                post("/auth/password-reset", json!({ "token": token, "password": PASSWORD }))
            }
            "auth-delegate" => {
                let body = json!({ "customer_id": self.customer_id, "reason": "to measure it" });
                Request::new(&self.platform_admin, "POST", "/auth/delegate").body(body)
            }
            "auth-logout" => {
                let (_, admin) = self.new_tenant().await;
                Request::new(&admin, "POST", "/auth/logout").body(json!({}))
            }
            "auth-unregister" => {
                let (_, admin) = self.new_tenant().await;
                Request::new(&admin, "POST", "/auth/unregister").body(json!({ "password": PASSWORD }))
            }
            "auth-deletion" => {
                let (_, admin) = self.new_tenant().await;
                let response = admin.post("/auth/unregister", json!({ "password": PASSWORD })).await;
                let link = response.headers["link"].to_str().unwrap_or_default().to_owned();
                let path = link.trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
                Request::new(&client, "GET", path)
            }
            "auth-unregister-cancel" => {
                let name = self.unique_name();
                let (_, admin) = client.tenant(&name).await;
                admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
                let admin = client.login(&name, PASSWORD).await;
                Request::new(&admin, "DELETE", "/auth/unregister")
            }
            other => panic!("no request is defined for {other}"),
        }
    }

    /// The token of a password reset mail.
    async fn reset_token(&mut self) -> String {
        let name = self.unique_name();
        self.client.open_account(&name).await;
        self.client.idle().await;
        self.client.post("/auth/password-forgot", json!({ "username": name })).await.ok();
        self.client.mailed_token(&format!("{name}@example.com")).await
    }

    /// Creates an account; returns its id and a client of its admin.
    async fn new_tenant(&mut self) -> (String, custodian_tests::Client) {
        let name = self.unique_name();
        self.client.tenant(&name).await
    }

    async fn agents_request(&mut self, function: &str) -> Request {
        let name = self.unique_name();
        let new = json!({ "username": name, "password": PASSWORD, "permission": 16 });
        let path = "/v1.0/agents";
        if function == "agents-list" {
            return Request::new(&self.admin, "GET", format!("{path}{PAGE}"));
        }
        if function == "agents-create" {
            return Request::new(&self.admin, "POST", path).body(new);
        }
        let row = format!("{path}/{}", self.create_row(path, new).await);
        let put = |part: &str, body| Request::new(&self.admin, "PUT", format!("{row}{part}")).body(body);
        match function {
            "agents-get" => Request::new(&self.admin, "GET", row),
            "agents-delete" => Request::new(&self.admin, "DELETE", row),
            "agents-update" => put("", json!({ "name": name })),
            "agents-permission" => put("/permission", json!({ "permission": 64 })),
            "agents-password" => put("/password", json!({ "password": PASSWORD })),
            "agents-status" => put("/status", json!({ "status": "available" })),
            "agents-addresses" => {
                put("/addresses", json!({ "addresses": [{ "type": "tel", "target": "+15551234567" }] }))
            }
            "agents-tag-ids" => put("/tag_ids", json!({ "tag_ids": [] })),
            other => panic!("no request is defined for {other}"),
        }
    }

    async fn customers_request(&mut self, function: &str) -> Request {
        let name = self.unique_name();
        let (email, sample_account) =
            (format!("{name}@example.com"), format!("{CUSTOMERS}/{}", self.customer_id));
        let request = |method, target: &str| Request::new(&self.platform_admin, method, target);
        match function {
            "customers-list" => request("GET", &format!("{CUSTOMERS}{PAGE}")),
            "customers-get" => request("GET", &sample_account),
            "customers-audit" => request("GET", &format!("{sample_account}/audit")),
            "customers-create" => request("POST", CUSTOMERS)
                .body(json!({ "username": name, "password": PASSWORD, "email": email })),
            "customers-update" => request("PUT", &sample_account).body(json!({ "name": name })),
            "customers-billing-account" => {
                let account = self.admin.get("/v1.0/billing_account").await.ok()["id"].clone();
                request("PUT", &format!("{sample_account}/billing_account_id"))
                    .body(json!({ "billing_account_id": account }))
            }
            "customers-plan" => {
                request("PUT", &format!("{sample_account}/plan")).body(json!({ "plan": "unlimited" }))
            }
            "customers-balance" => {
                request("POST", &format!("{sample_account}/balance")).body(json!({ "balance_credit": 1 }))
            }
            "customers-delete"
            | "customers-freeze"
            | "customers-recover"
            | "customers-deletion"
            | "customers-hold-set"
            | "customers-hold-get"
            | "customers-hold-release" => {
                let account = format!("{CUSTOMERS}/{}", self.new_tenant().await.0);
                let request = |method, target: String| Request::new(&self.platform_admin, method, target);
                let hold = json!({ "reason": "to measure it" });
                match function {
                    "customers-hold-set" => request("PUT", format!("{account}/hold")).body(hold),
                    "customers-hold-get" | "customers-hold-release" => {
                        self.platform_admin.put(&format!("{account}/hold"), hold).await.ok();
                        let method = if function == "customers-hold-get" { "GET" } else { "DELETE" };
                        request(method, format!("{account}/hold"))
                    }
                    "customers-deletion" => {
                        self.platform_admin.post(&format!("{account}/freeze"), json!({})).await.ok();
                        request("GET", format!("{account}/deletion"))
                    }
                    "customers-delete" => request("DELETE", account),
                    "customers-freeze" => request("POST", format!("{account}/freeze")).body(json!({})),
                    _ => {
                        self.platform_admin.post(&format!("{account}/freeze"), json!({})).await.ok();
                        request("POST", format!("{account}/recover")).body(json!({}))
                    }
                }
            }
            other => panic!("no request is defined for {other}"),
        }
    }

    /// A request to list, create, get, update or delete a resource.
    async fn resource_request(&mut self, function: &str, kind: &str) -> Request {
        let (path, body) = (format!("/v1.0/{kind}"), json!({ "name": self.unique_name() }));
        let verb = function.rsplit('-').next().unwrap_or_default();
        // An account may have 50 access keys, fewer than a measurement creates.
        let owner = if kind == "accesskeys" { self.new_tenant().await.1 } else { self.admin.clone() };
        let request = |method, target: &str| Request::new(&owner, method, target);
        match verb {
            "list" => return request("GET", &format!("{path}{PAGE}")),
            "create" => return request("POST", &path).body(body),
            _ => {}
        }
        let created = owner.post(&path, body).await.ok();
        let row = format!("{path}/{}", created["id"].as_str().unwrap_or_default());
        match verb {
            "get" => request("GET", &row),
            "update" => request("PUT", &row).body(json!({ "name": "another" })),
            "delete" => request("DELETE", &row),
            other => panic!("no request is defined for {other}"),
        }
    }

    async fn own_account_request(&mut self, function: &str) -> Request {
        let name = self.unique_name();
        let request = |method, target: &str| Request::new(&self.admin, method, target);
        let webhook = format!("{CUSTOMER}/webhook");
        match function {
            "ping" => Request::new(&self.client, "GET", "/ping"),
            "site" => Request::new(&self.client, "GET", "/account"),
            "not-found" => Request { status: 404, ..Request::new(&self.client, "GET", "/nowhere") },
            "me" => request("GET", "/v1.0/me"),
            "customer-get" => request("GET", CUSTOMER),
            "customer-update" => request("PUT", CUSTOMER).body(json!({ "name": name })),
            "customer-email-change-get" | "customer-email-change-delete" => {
                let email = format!("{name}@example.com");
                self.admin.put(CUSTOMER, json!({ "email": email })).await.ok();
                let method = if function.ends_with("get") { "GET" } else { "DELETE" };
                request(method, &format!("{CUSTOMER}/email_change"))
            }
            "jwks" => Request::new(&self.client, "GET", "/.well-known/jwks.json"),
            "platform-deletions-get" => Request::new(&self.platform_admin, "GET", "/v1.0/platform/deletions"),
            "platform-deletions-set" => Request::new(&self.platform_admin, "PUT", "/v1.0/platform/deletions")
                .body(json!({ "paused": false })),
            "customer-audit" => request("GET", &format!("{CUSTOMER}/audit")),
            "customer-usage" => request("GET", &format!("{CUSTOMER}/usage")),
            "customer-billing-account" => {
                let account = self.admin.get("/v1.0/billing_account").await.ok()["id"].clone();
                let body = json!({ "billing_account_id": account });
                request("PUT", &format!("{CUSTOMER}/billing_account_id")).body(body)
            }
            "billing-account" => request("GET", "/v1.0/billing_account"),
            "contacts-lookup" => {
                let target = format!("+1555{:07}", self.unique_number());
                let new = json!({ "addresses": [{ "type": "tel", "target": target }] });
                let created = self.admin.post("/v1.0/contacts", new).await;
                assert_eq!(created.status, 201, "{}", created.text);
                Request::new(
                    &self.admin,
                    "GET",
                    format!("/v1.0/contacts/lookup?phone={}", target.replace('+', "%2B")),
                )
            }
            "transcribes-stop" => {
                let new = json!({ "name": name, "reference_type": "call", "language": "en-US" });
                let id = self.create_row("/v1.0/transcribes", new).await;
                request("POST", &format!("/v1.0/transcribes/{id}/stop")).body(json!({}))
            }
            // An account may start at most five exports a day.
            "export-create" => {
                let (_, admin) = self.new_tenant().await;
                Request { status: 202, ..Request::new(&admin, "POST", EXPORT).body(json!({})) }
            }
            "export-get" | "export-file" => {
                let (_, admin) = self.new_tenant().await;
                let started = admin.post(EXPORT, json!({})).await.json();
                let path = format!("{EXPORT}/{}", started["id"].as_str().unwrap());
                match function {
                    "export-get" => Request::new(&admin, "GET", path),
                    _ => Request { status: 303, ..Request::new(&admin, "GET", format!("{path}/file")) },
                }
            }
            "webhook-get" => request("GET", &webhook),
            // An account has at most five endpoints.
            "webhook-endpoints" => {
                let (_, admin) = self.new_tenant().await;
                let body = json!({ "webhook_uri": REFUSED_WEBHOOK_URI });
                Request::new(&admin, "POST", format!("{webhook}/endpoints")).body(body)
            }
            // An account may have only a few valid secrets at once.
            "webhook-rotate" => {
                let (_, admin) = self.new_tenant().await;
                Request::new(&admin, "POST", format!("{webhook}/rotate")).body(json!({}))
            }
            "webhook-test" => request("POST", &format!("{webhook}/test")).body(json!({})),
            // A page has up to a hundred deliveries. A new account has a known number of them: twenty.
            "webhook-deliveries" => {
                let (_, admin) = self.new_tenant().await;
                admin.put(CUSTOMER, json!({ "webhook_uri": REFUSED_WEBHOOK_URI })).await.ok();
                for n in 1..20 {
                    admin.post("/v1.0/tags", json!({ "name": format!("tag {n}") })).await.ok();
                }
                Request::new(&admin, "GET", format!("{webhook}/deliveries"))
            }
            "webhook-redeliver" => {
                let id = self.create_row(&format!("{webhook}/test"), json!({})).await;
                self.client.idle().await;
                request("POST", &format!("{webhook}/deliveries/{id}/redeliver")).body(json!({}))
            }
            other => panic!("no request is defined for {other}"),
        }
    }
}
