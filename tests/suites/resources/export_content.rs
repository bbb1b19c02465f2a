//! The content of an export: the account and every row that the API shows, and no secrets.

use custodian_domain::kinds::{EXTENSIONS, TRUNKS};
use custodian_openapi::export_schemas;
use custodian_tests::{Client, PASSWORD};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::exports::{download, export};
use crate::sample_values::{create, full_body, kinds, tenant_on_plan, without_secrets};

fn validators(document: &Value) -> impl Fn(&str) -> Validator {
    move |kind| {
        let mut schema = document.clone();
        schema.as_object_mut().unwrap().remove("oneOf");
        schema["$ref"] = json!(format!("#/$defs/line_{kind}"));
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        options.should_validate_formats(true).build(&schema).unwrap()
    }
}

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).map(|line| &line["data"]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_the_rows_that_the_api_shows_and_none_of_their_secrets() {
    let client = Client::start().await;
    let (id, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let mut rows = Vec::new();
    for kind in kinds() {
        let mut body = full_body(kind, 1, true);
        for secret in kind.fields.iter().filter(|field| field.secret && field.is_writable(true)) {
            body.insert(secret.name.to_owned(), json!(format!("secret-of-{}", kind.route)));
        }
        rows.push((kind, create(&ann, kind, Value::Object(body)).await));
    }
    let agent = json!({ "username": "bob", "password": "secret-of-agents" });
    let bob = ann.post("/v1.0/agents", agent).await.ok();
    let key = ann.post("/v1.0/accesskeys", json!({ "name": "ci" })).await.ok();
    ann.put("/v1.0/customer", json!({ "webhook_uri": "https://hook.invalid/x" })).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "ann@new.example.com" })).await.ok();
    let endpoint = json!({ "webhook_uri": "https://other.invalid/", "event_types": ["tag_created"] });
    ann.post("/v1.0/customer/webhook/endpoints", endpoint).await.ok();
    let webhook_secret = ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    let delivery = ann.post("/v1.0/customer/webhook/test", json!({})).await.ok();
    let delegation = json!({ "customer_id": id, "reason": "a ticket of the support" });
    client.platform_admin().await.post("/auth/delegate", delegation).await.ok();
    client.idle().await;
    let mailed = client.mailed_token("ann@new.example.com").await;

    let shown = export(&ann).await;
    let text = download(&ann, &shown).await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(shown["rows"], lines.len());
    let document = export_schemas();
    let validator = validators(&document);
    let mut described: Vec<_> = document["$defs"].as_object().unwrap().keys().cloned().collect();
    described.retain(|name| name.starts_with("line_"));
    for line in &lines {
        let kind = line["kind"].as_str().unwrap();
        let error = validator(kind).iter_errors(line).next().map(|error| error.to_string());
        assert_eq!(error, None, "{line}");
        described.retain(|name| *name != format!("line_{kind}"));
    }
    assert_eq!(described, [""; 0], "the account has a row of every kind");
    let header =
        json!({ "format_version": 1, "id": shown["id"], "customer_id": id, "tm_create": shown["tm_create"] });
    assert_eq!(lines[0], json!({ "kind": "export", "data": header }));
    assert_eq!(of_kind(&lines, "customer"), [&ann.get("/v1.0/customer").await.ok()]);
    for (kind, row) in rows {
        let expected = without_secrets(kind, row);
        assert!(of_kind(&lines, kind.noun).contains(&&expected), "{}: {expected}", kind.noun);
    }
    assert!(of_kind(&lines, "agent").contains(&&bob));
    assert!(of_kind(&lines, "accesskey").iter().any(|line| line["id"] == key["id"]));
    assert!(of_kind(&lines, "delivery").iter().any(|line| line["id"] == delivery["id"]));
    let is_delegation = |line: &&Value| line["detail"]["reason"] == "a ticket of the support";
    assert_eq!(of_kind(&lines, "audit").iter().filter(|line| is_delegation(line)).count(), 1);
    assert_eq!(of_kind(&lines, "email_change")[0]["email"], "ann@new.example.com");
    let endpoints = of_kind(&lines, "webhook_endpoint");
    let uris: Vec<_> = endpoints.iter().map(|endpoint| &endpoint["webhook_uri"]).collect();
    assert_eq!(uris, ["https://hook.invalid/x", "https://other.invalid/"]);

    let trunk = &ann.get(&format!("/v1.0/{}", TRUNKS.route)).await.rows()[0];
    let trunk = ann.get(&format!("/v1.0/{}/{}", TRUNKS.route, trunk["id"].as_str().unwrap())).await.ok();
    let extension = &ann.get(&format!("/v1.0/{}", EXTENSIONS.route)).await.rows()[0];
    let path = format!("/v1.0/{}/{}", EXTENSIONS.route, extension["id"].as_str().unwrap());
    let extension = ann.get(&path).await.ok();
    assert_eq!(
        (&trunk["password"], &extension["password"]),
        (&json!("secret-of-trunks"), &json!("secret-of-extensions"))
    );
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    let secrets = [
        "secret-of".to_owned(),
        PASSWORD.to_owned(),
        "argon2".to_owned(),
        "whsec_".to_owned(),
        text_of(&trunk["ha1"]),
        text_of(&extension["ha1"]),
        text_of(&key["token"])[11..].to_owned(),
        text_of(&webhook_secret["secret"])[6..].to_owned(),
        mailed,
        ann.token().to_owned(),
    ];
    for secret in secrets {
        assert!(secret.len() >= 6 && !text.contains(&secret), "{secret}");
    }
}
