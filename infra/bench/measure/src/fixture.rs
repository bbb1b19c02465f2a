//! The fixture of the measurements of functions: a local service with a sample account, and its tables behind TLS.

use std::sync::Arc;

use custodian_engine::RequestObserver;
use custodian_local::{DeployedRoute, deployed_routes};
use custodian_tests::Client;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::aws_stub::AwsStub;

/// A webhook URI that no webhook reaches, because the name has no public address.
pub(crate) const REFUSED_WEBHOOK_URI: &str = "http://localhost/";

/// Every HTTP function, with its first route. Functions that serve a kind are listed for one kind only, since all kinds share a binary.
pub fn functions() -> Vec<DeployedRoute> {
    let is_measured = |deployed: &DeployedRoute| deployed.kind.is_none_or(|kind| kind.route == "tags");
    let mut functions: Vec<_> = deployed_routes().into_iter().filter(is_measured).collect();
    functions.dedup_by_key(|deployed| deployed.name());
    functions
}

/// The function with this name.
pub fn function(name: &str) -> DeployedRoute {
    functions().into_iter().find(|deployed| deployed.name() == name).expect("the function is deployed")
}

/// The service, the stub of AWS and the sample account.
pub struct Fixture {
    pub aws: AwsStub,
    pub client: Client,
    pub platform_admin: Client,
    /// The admin of the sample account.
    pub admin: Client,
    pub customer_id: String,
    /// The source of unique names and numbers.
    counter: usize,
}

impl Fixture {
    pub async fn start() -> Self {
        Self::start_observed(Arc::new(())).await
    }

    /// Like `start`, with an observer of every request of the local service's store to the database.
    pub async fn start_observed(observer: Arc<dyn RequestObserver>) -> Self {
        let client = Client::start_observed(observer).await;
        let folder = std::env::temp_dir().join(format!("custodian-measure-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let aws = AwsStub::start(client.engine().clone(), &folder).await;
        let (customer_id, admin) = client.tenant("measured").await;
        let platform_admin = client.platform_admin().await;
        let account = format!("/v1.0/customers/{customer_id}");
        platform_admin.put(&format!("{account}/plan"), json!({ "plan": "unlimited" })).await.ok();
        admin.put("/v1.0/customer", json!({ "webhook_uri": REFUSED_WEBHOOK_URI })).await.ok();
        admin.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
        for n in 0..20 {
            admin.post("/v1.0/tags", json!({ "name": format!("tag {n}") })).await.ok();
        }
        client.idle().await;
        Self { aws, client, platform_admin, admin, customer_id, counter: 0 }
    }

    /// A name that no other account has.
    pub fn unique_name(&mut self) -> String {
        self.counter += 1;
        format!("account{}", self.counter)
    }

    /// A number that no other request has.
    pub fn unique_number(&mut self) -> usize {
        self.counter += 1;
        self.counter
    }

    /// Sets those environment variables of Lambda and of the template that the functions need, with the stub as AWS's endpoint.
    pub fn with_environment(&self, mut command: Command) -> Command {
        let queue_url = |name: &str| format!("https://sqs.us-east-1.amazonaws.com/000000000000/{name}");
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
            ("TOKEN_ISSUER", custodian_local::TOKEN_ISSUER),
            ("GRACE_DAYS", "30"),
            ("SCHEDULE_GROUP", "jobs"),
            ("SCHEDULE_ROLE_ARN", "arn:aws:iam::000000000000:role/schedules"),
            ("SCHEDULE_TARGET_PREFIX", "arn:aws:lambda:us-east-1:000000000000:function:custodian-"),
            ("SCHEDULE_DLQ_ARN", "arn:aws:sqs:us-east-1:000000000000:jobs"),
            ("EVENT_BUS", "custodian"),
            ("EXPORT_BUCKET", "custodian-exports"),
            ("MAIL_SENDER", "accounts@example.com"),
            ("WEBHOOK_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:webhooks"),
        ]);
        for (name, value) in
            [("REQUEST", "requests"), ("WEBHOOK", "webhooks"), ("CASCADE", "cascade"), ("EXPORT", "exports")]
        {
            command.env(format!("{name}_QUEUE_URL"), queue_url(value));
        }
        command.env("AWS_ENDPOINT_URL", &self.aws.url);
        // Rust, Python and Node each read the trusted certificates from a different variable.
        for name in ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            command.env(name, &self.aws.certificates);
        }
        command
    }

    /// Creates a row as the account's admin and returns its id.
    pub(crate) async fn create_row(&self, path: &str, body: Value) -> String {
        self.admin.post(path, body).await.ok()["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if let Some(folder) = self.aws.certificates.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
