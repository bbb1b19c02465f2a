//! `--sample`: an account as the specification draws one, made over the API as any client would.

use axum::body::{Bytes, to_bytes};
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::service::{LocalError, Service};

const USERNAME: &str = "acme";
const PASSWORD: &str = "acme sample account";
const EMAIL: &str = "ann@acme-corp.example";

/// Who speaks to the service from within its process.
struct Caller<'a> {
    service: &'a Service,
    token: String,
}

/// The specification's "Acme Corp": 10 agents, 5 numbers, 8 flows, 3 queues, and some of every other kind. A
/// service that has it already is left as it is. False if it is not there and nobody knows the operator's
/// password, by which it is made.
pub(crate) async fn fill(
    service: &Service,
    operator: &str,
    password: Option<&str>,
) -> Result<bool, LocalError> {
    let nobody = Caller { service, token: String::new() };
    if nobody.login(USERNAME, PASSWORD).await.is_ok() {
        return Ok(true);
    }
    let Some(password) = password else { return Ok(false) };
    let operator = nobody.login(operator, password).await?;
    let account = operator.post(
        "/v1.0/customers",
        json!({
            "username": USERNAME, "password": PASSWORD, "email": EMAIL, "name": "Acme Corporation",
            "detail": "Enterprise customer account", "phone_number": "+15551234567",
            "address": "123 Main St, San Francisco, CA 94105",
        }),
    );
    let id = text(&account.await?, "id");
    operator.put(&format!("/v1.0/customers/{id}/plan"), json!({ "plan": "basic" })).await?;
    service.idle().await?;
    let mails: Vec<Value> =
        service.journal().mails()?.iter().filter_map(|mail| serde_json::from_str(mail).ok()).collect();
    let mail = mails.iter().find(|mail| mail["to"] == EMAIL);
    let link = mail.and_then(|mail| mail["text"].as_str()?.split("token=").nth(1)).unwrap_or_default();
    let token = link.get(..64).unwrap_or_default();
    nobody.post("/auth/email-verify", json!({ "token": token })).await?;
    let owner = nobody.login(USERNAME, PASSWORD).await?;
    people(&owner).await?;
    telephony(&owner).await?;
    operator.post(&format!("/v1.0/customers/{id}/balance"), json!({ "balance_credit": 25_000_000 })).await?;
    service.idle().await?;
    Ok(true)
}

/// Says why there is no sample.
pub(crate) fn needs_operator() -> String {
    "no sample account: it takes --admin-password to make it anew".to_owned()
}

/// Says who may log in to the sample.
pub(crate) fn announcement() -> String {
    format!("sample account: {USERNAME}  password: {PASSWORD}")
}

async fn people(owner: &Caller<'_>) -> Result<(), LocalError> {
    let me = owner.call("GET", "/v1.0/me", None).await?;
    owner.put(&format!("/v1.0/agents/{}", text(&me, "id")), json!({ "name": "John Smith" })).await?;
    let names = [
        "Jane Doe", "Ada Park", "Ben Ito", "Cleo Roy", "Dan Wu", "Eva Lund", "Finn Ode", "Gita Rao",
        "Hugo Paz",
    ];
    for (number, name) in names.into_iter().enumerate() {
        let extension = (101 + number).to_string();
        let address = json!([{ "type": "extension", "target": extension }]);
        let username = format!("agent-{:03}@acme-corp.example", number + 2);
        let body = json!({ "username": username, "password": PASSWORD, "name": name, "addresses": address });
        owner.post("/v1.0/agents", body).await?;
        let body = json!({ "extension": extension, "password": format!("ext-{extension}"), "name": name });
        owner.post("/v1.0/extensions", body).await?;
    }
    let contacts = [("Nora", "Quist", "+15550001001"), ("Omar", "Reyes", "+15550001002")];
    for (first, last, phone) in contacts {
        let addresses = json!([{ "type": "tel", "target": phone, "is_primary": true }]);
        let body =
            json!({ "first_name": first, "last_name": last, "company": "Globex", "addresses": addresses });
        owner.post("/v1.0/contacts", body).await?;
    }
    Ok(())
}

async fn telephony(owner: &Caller<'_>) -> Result<(), LocalError> {
    let names = [
        "IVR Main Menu",
        "Support Queue Router",
        "Sales Queue Router",
        "Billing Queue Router",
        "After Hours",
        "Voicemail",
        "Holiday Greeting",
        "Survey",
    ];
    let mut flows = Vec::new();
    for name in names {
        let actions = json!([{ "type": "answer" }, { "type": "talk", "option": { "text": name } }]);
        flows
            .push(text(&owner.post("/v1.0/flows", json!({ "name": name, "actions": actions })).await?, "id"));
    }
    let numbers = [
        ("+15551234567", "main line", 0),
        ("+15559876543", "support", 1),
        ("+18005551111", "sales", 2),
        ("+18005553333", "billing", 3),
        ("+18005554444", "after hours", 4),
    ];
    for (number, name, flow) in numbers {
        let body = json!({ "number": number, "name": name, "call_flow_id": flows[flow] });
        owner.post("/v1.0/numbers", body).await?;
    }
    for name in ["Sales", "Support", "Billing"] {
        let tag = owner.post("/v1.0/tags", json!({ "name": name.to_lowercase() })).await?;
        let body = json!({
            "name": format!("{name} Queue"), "tag_ids": [tag["id"]],
            "wait_flow_id": flows[5], "wait_timeout": 60_000, "service_timeout": 600_000,
        });
        owner.post("/v1.0/queues", body).await?;
    }
    let trunk = json!({
        "name": "office", "domain_name": "sip.acme-corp.example", "auth_types": ["basic"], "username": "office",
        "password": "trunk sample",
    });
    owner.post("/v1.0/trunks", trunk).await?;
    let file = json!({ "name": "greeting", "filename": "greeting.wav", "filesize": 48_000, "type": "talk" });
    owner.post("/v1.0/storage_files", file).await?;
    let call = "7d3f1c52-1f6c-4d56-9a52-6b8f8f0f2a11";
    let transcribe =
        json!({ "name": "demo call", "reference_type": "call", "reference_id": call, "language": "en-US" });
    owner.post("/v1.0/transcribes", transcribe).await.map(|_| ())
}

fn text(row: &Value, field: &str) -> String {
    row[field].as_str().unwrap_or_default().to_owned()
}

impl<'a> Caller<'a> {
    async fn login(&self, username: &str, password: &str) -> Result<Caller<'a>, LocalError> {
        let session = self.post("/auth/login", json!({ "username": username, "password": password })).await?;
        Ok(Caller { service: self.service, token: text(&session, "token") })
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, LocalError> {
        self.call("POST", path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Result<Value, LocalError> {
        self.call("PUT", path, Some(body)).await
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, LocalError> {
        let failed = |what: String| LocalError::Sample(format!("{method} {path}: {what}"));
        let mut request = Request::builder().method(method).uri(path);
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        let response = self.service.invoke(request.map_err(|cause| failed(cause.to_string()))?).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await;
        let answer: Value =
            bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if status.is_success() {
            Ok(answer)
        } else {
            Err(failed(format!("{status} {}", answer["error"]["reason"])))
        }
    }
}
