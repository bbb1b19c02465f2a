//! Where functions are measured: a local service with an account to work on, and its tables behind TLS.

use std::sync::Arc;

use custodian_engine::Watch;
use custodian_local::deployed_routes;
use custodian_tests::Client;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::cloud::Cloud;

/// Nothing is sent there, since webhooks go to public addresses only.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9/";

/// A function of the API.
#[derive(Clone, Debug)]
pub struct Function {
    /// The crate, and for owned kinds the kind: `resource-get tags`.
    pub name: String,
    pub method: &'static str,
    /// As in the template.
    pub route: String,
}

impl Function {
    pub fn program(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }

    pub fn is_read(&self) -> bool {
        self.method == "GET"
    }

    pub fn kind(&self) -> Option<&str> {
        self.name.split(' ').nth(1)
    }
}

/// Every function that answers HTTP; those that serve a kind, for one kind, since they are one program.
pub fn functions() -> Vec<Function> {
    let deployed = deployed_routes().into_iter();
    let all = deployed.map(|(name, route)| Function { name, method: route.method, route: route.path });
    all.filter(|function| function.kind().is_none_or(|kind| kind == "tags")).collect()
}

/// The function of this name.
pub fn function(name: &str) -> Function {
    functions().into_iter().find(|function| function.name == name).expect("it is deployed")
}

/// The surroundings of every measurement.
pub struct Stage {
    pub cloud: Cloud,
    pub client: Client,
    pub operator: Client,
    /// The admin of the account that is worked on.
    pub admin: Client,
    pub customer: String,
    /// How many names were given out.
    given: usize,
}

impl Stage {
    pub async fn open() -> Self {
        Self::watched(Arc::new(())).await
    }

    /// The same, with a watch over every request of the local service to its database.
    pub async fn watched(watch: Arc<dyn Watch>) -> Self {
        let client = Client::start_watched(watch).await;
        let folder = std::env::temp_dir().join(format!("custodian-measure-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let cloud = Cloud::over(client.engine().clone(), &folder).await;
        let (customer, admin) = client.tenant("measured").await;
        let operator = client.operator().await;
        let account = format!("/v1.0/customers/{customer}");
        operator.put(&format!("{account}/plan"), json!({ "plan": "unlimited" })).await.ok();
        admin.put("/v1.0/customer", json!({ "webhook_uri": NOWHERE })).await.ok();
        admin.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
        for n in 0..20 {
            admin.post("/v1.0/tags", json!({ "name": format!("tag {n}") })).await.ok();
        }
        client.idle().await;
        Self { cloud, client, operator, admin, customer, given: 0 }
    }

    /// A name that nobody has had.
    pub fn fresh(&mut self) -> String {
        self.given += 1;
        format!("somebody{}", self.given)
    }

    /// The number of a request, each with its own.
    pub fn number(&mut self) -> usize {
        self.given += 1;
        self.given
    }

    /// Sets what Lambda, the template and this stage set for a function.
    pub fn with_environment(&self, mut command: Command) -> Command {
        let queue = |name: &str| format!("https://sqs.us-east-1.amazonaws.com/000000000000/{name}");
        let trusted = &self.cloud.trusted;
        command.env_clear().envs([
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("NODE_NO_WARNINGS", "1"),
            ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "measured"),
            ("AWS_SECRET_ACCESS_KEY", "measured"),
            ("TABLE_PREFIX", "custodian-"),
            ("GRACE_DAYS", "30"),
            ("SCHEDULE_GROUP", "jobs"),
            ("SCHEDULE_ROLE_ARN", "arn:aws:iam::000000000000:role/schedules"),
            ("SCHEDULE_TARGET_PREFIX", "arn:aws:lambda:us-east-1:000000000000:function:custodian-"),
            ("SCHEDULE_DLQ_ARN", "arn:aws:sqs:us-east-1:000000000000:jobs"),
            ("EVENT_BUS", "custodian"),
            ("MAIL_SENDER", "accounts@example.com"),
            ("WEBHOOK_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:webhooks"),
        ]);
        for (name, value) in [("REQUEST", "requests"), ("WEBHOOK", "webhooks"), ("CASCADE", "cascade")] {
            command.env(format!("{name}_QUEUE_URL"), queue(value));
        }
        command.env("AWS_ENDPOINT_URL", &self.cloud.url);
        // Rust's, Python's and Node's ways to say whom to trust.
        for name in ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            command.env(name, trusted);
        }
        command
    }

    /// The id of a row that the admin creates.
    pub(crate) async fn created(&self, path: &str, body: Value) -> String {
        self.admin.post(path, body).await.ok()["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(folder) = self.cloud.trusted.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
