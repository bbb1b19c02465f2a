//! `--sample`: creates the "Acme Corp" account of the specification through the API.

use axum::body::{Bytes, to_bytes};
use axum::http::{Request, header};
use custodian_app::named_agents::{NamedAgent, named_agents};
use custodian_app::ports::{Authenticator, FindNames, Prefetch, PrincipalId, PrincipalRows, TokenSigner};
use custodian_app::sign_in::password_matches;
use custodian_auth::Claims;
use custodian_domain::Secret;
use custodian_domain::ids::PLATFORM;
use serde_json::{Value, json};

use crate::error::LocalError;
use crate::service::Service;

const USERNAME: &str = "acme";
const PASSWORD: &str = "acme sample account";
const EMAIL: &str = "ann@acme-corp.example";

/// The key in the state file for whether a process has begun to create the account and has not finished.
const UNFINISHED_KEY: &str = "unfinished sample account";

/// What `--sample` has found or made.
enum SampleOutcome {
    /// The account exists, and its password signs in.
    Ready,
    /// A process ended while it created the account.
    Incomplete,
    /// Somebody has changed the password, or the agent belongs to another account.
    OtherPassword,
    /// Nobody can create the account, because the platform admin is unknown.
    NoPlatformAdmin,
}

impl Service {
    /// Creates the sample account and prints its username and password. An existing sample account stays unchanged.
    #[expect(clippy::print_stdout, reason = "the command prints this")]
    pub async fn create_sample(&self) -> Result<(), LocalError> {
        match ensure_account(self).await? {
            SampleOutcome::Ready => println!("  sample account: {USERNAME}  password: {PASSWORD}"),
            SampleOutcome::Incomplete => println!(
                "  the sample account {USERNAME} is incomplete, because its creation was interrupted. A new folder gets a complete one."
            ),
            SampleOutcome::OtherPassword => {
                println!("  no sample account: an agent {USERNAME} exists and has another password.");
            }
            SampleOutcome::NoPlatformAdmin => println!(
                "  no sample account: {} is not the platform admin. Name the platform admin with --admin-username.",
                self.admin().username
            ),
        }
        Ok(())
    }
}

/// Creates the account unless it exists. An incomplete one stays as it is, because somebody may use it by now.
async fn ensure_account(service: &Service) -> Result<SampleOutcome, LocalError> {
    let state = service.state();
    // This reads the store, because a refused sign-in would leave a refused request in the log.
    let existing = named_agents(service.context(), USERNAME).await?.pop();
    if let Some(NamedAgent { agent, .. }) = existing {
        let is_unfinished = state.get(UNFINISHED_KEY)?.is_some_and(|value| value == "yes");
        return Ok(match password_matches(Secret::new(PASSWORD), agent.password_hash).await? {
            true if is_unfinished => SampleOutcome::Incomplete,
            true => SampleOutcome::Ready,
            false => SampleOutcome::OtherPassword,
        });
    }
    let Some(token) = platform_admin_token(service).await? else { return Ok(SampleOutcome::NoPlatformAdmin) };
    let platform_admin = ApiClient { service, token };
    state.set(UNFINISHED_KEY, "yes")?;
    create_account(service, &platform_admin).await?;
    state.set(UNFINISHED_KEY, "no")?;
    Ok(SampleOutcome::Ready)
}

/// Creates the account as the specification describes it: 10 agents, 5 numbers, 8 flows, 3 queues and some rows of every
/// other kind. Only a platform admin can create it.
async fn create_account(service: &Service, platform_admin: &ApiClient<'_>) -> Result<(), LocalError> {
    let anonymous = ApiClient { service, token: String::new() };
    let account = platform_admin.post(
        "/v1.0/customers",
        json!({
            "username": USERNAME, "password": PASSWORD, "email": EMAIL, "name": "Acme Corporation",
            "detail": "Enterprise customer account", "phone_number": "+15551234567",
            "address": "123 Main St, San Francisco, CA 94105",
        }),
    );
    let id = field(&account.await?, "id");
    platform_admin.put(&format!("/v1.0/customers/{id}/plan"), json!({ "plan": "basic" })).await?;
    service.idle().await?;
    let token = verification_token(service)?;
    anonymous.post("/auth/email-verify", json!({ "token": token })).await?;
    let owner = anonymous.login(USERNAME, PASSWORD).await?;
    create_people(&owner).await?;
    create_telephony(&owner).await?;
    let credit = json!({ "balance_credit": 25_000_000 });
    platform_admin.post(&format!("/v1.0/customers/{id}/balance"), credit).await?;
    service.idle().await?;
    Ok(())
}

/// A token of the platform admin. The process has the signing key, so it needs no password, which only the first start knows.
async fn platform_admin_token(service: &Service) -> Result<Option<String>, LocalError> {
    let cx = service.context();
    let Some((PLATFORM, id)) = cx.store.name_holders(&service.admin().username).await?.username else {
        return Ok(None);
    };
    let read = cx.store.auth_context(PLATFORM, PrincipalId::Agent { id, key: None }, Prefetch::None).await?;
    let (Some(customer), PrincipalRows::Agent { agent: Some(agent), .. }) = (read.customer, read.principal)
    else {
        return Ok(None);
    };
    let claims = Claims::of_login(&customer, &agent);
    let (signer, now) = (cx.services.signer(), cx.now());
    let token = signer.sign(claims, &cx.settings.token_issuer, now, now.plus(cx.settings.session));
    Ok(token.map(|token| token.expose().to_owned()))
}

/// Reads the token from the link of the account's verification mail.
fn verification_token(service: &Service) -> Result<String, LocalError> {
    let mails: Vec<Value> =
        service.state().mails()?.iter().filter_map(|mail| serde_json::from_str(mail).ok()).collect();
    let mail = mails.iter().find(|mail| mail["to"] == EMAIL);
    let link = mail.and_then(|mail| mail["text"].as_str()?.split("token=").nth(1)).unwrap_or_default();
    Ok(link.get(..64).unwrap_or_default().to_owned())
}

async fn create_people(owner: &ApiClient<'_>) -> Result<(), LocalError> {
    let me = owner.send("GET", "/v1.0/me", None).await?;
    owner.put(&format!("/v1.0/agents/{}", field(&me, "id")), json!({ "name": "John Smith" })).await?;
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

async fn create_telephony(owner: &ApiClient<'_>) -> Result<(), LocalError> {
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
        flows.push(field(
            &owner.post("/v1.0/flows", json!({ "name": name, "actions": actions })).await?,
            "id",
        ));
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

fn field(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// Sends requests to the API within the process.
struct ApiClient<'a> {
    service: &'a Service,
    token: String,
}

impl<'a> ApiClient<'a> {
    async fn login(&self, username: &str, password: &str) -> Result<ApiClient<'a>, LocalError> {
        let session = self.post("/auth/login", json!({ "username": username, "password": password })).await?;
        Ok(ApiClient { service: self.service, token: field(&session, "token") })
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, LocalError> {
        self.send("POST", path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Result<Value, LocalError> {
        self.send("PUT", path, Some(body)).await
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, LocalError> {
        let error = |detail: String| LocalError::Sample(format!("{method} {path}: {detail}"));
        let mut request = Request::builder().method(method).uri(path);
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        let response = self.service.handle_request(request.map_err(|cause| error(cause.to_string()))?).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await;
        let body: Value =
            bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if status.is_success() {
            Ok(body)
        } else {
            Err(error(format!("{status} {}", body["error"]["reason"])))
        }
    }
}
