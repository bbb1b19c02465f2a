//! A local service with an account that has many rows, and a neighbour.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use custodian_domain::kinds::ALL;
use custodian_local::Service;
use custodian_tests::{PASSWORD, Tables};
use reqwest::Method;
use serde_json::json;

use crate::aws_stub::now;
use crate::bare_loops::row_id;
use crate::neighbour::{HttpClient, request_until};

/// A service with an operator, a neighbour and the neighbour's tags.
pub struct LargeAccount {
    pub service: Service,
    operator: HttpClient,
    neighbour: HttpClient,
    tags: Vec<String>,
    pub each: usize,
}

impl LargeAccount {
    pub async fn start(rows: usize) -> Self {
        let args = ["custodian", "--port", "0", "--ephemeral", "--admin-password", PASSWORD];
        let service = Service::open(&custodian_local::Args::parse_from(args)).await.unwrap();
        let serving = service.clone();
        tokio::spawn(async move { serving.serve().await.unwrap() });
        let base = format!("http://127.0.0.1:{}", service.port());
        let anonymous = HttpClient { http: reqwest::Client::new(), base, token: String::new() };
        let operator = anonymous.login("admin@localhost", PASSWORD).await;
        let mut bench =
            Self { service, neighbour: anonymous, operator, tags: Vec::new(), each: rows / ALL.len() };
        let id = bench.open_account("neighbour").await;
        let plan = json!({ "plan": "unlimited" });
        bench.operator.send(Method::PUT, &format!("/v1.0/customers/{id}/plan"), Some(&plan)).await;
        bench.neighbour = bench.neighbour.login("neighbour", PASSWORD).await;
        for number in 0..20 {
            let tag = json!({ "name": format!("tag {number}") });
            let tag = bench.neighbour.send(Method::POST, "/v1.0/tags", Some(&tag)).await;
            bench.tags.push(tag["id"].as_str().unwrap().to_owned());
        }
        bench
    }

    /// Creates an account whose address is verified.
    pub async fn open_account(&self, name: &str) -> String {
        let address = format!("{name}@example.com");
        let body = json!({ "username": name, "password": PASSWORD, "email": address, "name": name });
        let created = self.operator.send(Method::POST, "/v1.0/customers", Some(&body)).await;
        self.operator.send(Method::POST, "/_local/idle", Some(&json!({}))).await;
        let mails = self.operator.send(Method::GET, "/_local/mailbox", None).await;
        let mail = mails["result"].as_array().unwrap().iter().find(|mail| mail["to"] == address.as_str());
        let text = mail.unwrap()["text"].as_str().unwrap();
        let token: String = text.split("token=").nth(1).unwrap().chars().take(64).collect();
        let verify = json!({ "token": token });
        self.operator.send(Method::POST, "/auth/email-verify", Some(&verify)).await;
        created["id"].as_str().unwrap().to_owned()
    }

    fn tables(&self) -> Tables {
        Tables(self.service.engine().clone())
    }

    /// Stores rows of this owner in the table of each kind.
    pub fn seed(&self, owner: &str) {
        let detail = "zaphod says hello to trillian ".repeat(10);
        for kind in ALL {
            for from in (0..self.each).step_by(10_000) {
                let row = |number| {
                    json!({
                        "customer_id": { "S": owner }, "id": { "S": row_id(number) },
                        "name": { "S": format!("row {number}") }, "detail": { "S": detail },
                        "tm_create": { "N": "1718893355123456" }, "version": { "N": "1" },
                    })
                };
                let rows: Vec<_> = (from..self.each.min(from + 10_000)).map(row).collect();
                self.tables().insert(kind.table, &rows);
            }
        }
    }

    /// Deletes an account with seeded rows. Returns the time until the steps of all kinds are closed.
    pub async fn cascade(&self, id: &str) -> Duration {
        let begun = now();
        self.operator.send(Method::DELETE, &format!("/v1.0/customers/{id}"), None).await;
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let (_, steps) = self.tables().ledger(id);
            let is_closed = |table: &str| {
                steps.iter().any(|step| step["step"]["S"] == table && step["closed"]["BOOL"] == true)
            };
            if ALL.iter().all(|kind| is_closed(kind.table)) {
                let took = begun.elapsed();
                let each = self.each.to_string();
                for step in steps.iter().filter(|step| ALL.iter().any(|kind| step["step"]["S"] == kind.table))
                {
                    // The kind of the agents also has the account's own agents.
                    let removed: usize = step["removed"]["N"].as_str().unwrap().parse().unwrap();
                    assert!(removed >= self.each && removed < self.each + 5, "{step}: not {each} rows");
                }
                return took;
            }
        }
    }

    /// The time in which `delete` deletes seeded rows that belong to no account.
    pub async fn bare<F: Future<Output = ()>>(&self, owner: &str, delete: impl FnOnce() -> F) -> Duration {
        self.seed(owner);
        let begun = now();
        delete().await;
        let took = begun.elapsed();
        assert!(ALL.iter().all(|kind| self.tables().query(kind.table, "customer_id", owner).is_empty()));
        took
    }

    /// The times of the neighbour's requests while `work` runs, and the output of `work`.
    pub async fn with_neighbour<T>(&self, work: impl Future<Output = T>) -> (Vec<Duration>, T) {
        let stop = Arc::new(AtomicBool::new(false));
        let (client, tags, stopped) = (self.neighbour.clone(), self.tags.clone(), Arc::clone(&stop));
        let requests = tokio::spawn(async move { request_until(&client, &tags, &stopped).await });
        let output = work.await;
        stop.store(true, Ordering::Relaxed);
        (requests.await.unwrap(), output)
    }
}
