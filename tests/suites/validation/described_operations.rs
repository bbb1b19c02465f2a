//! The operations of the API description, and callers with rows for most of them.

use std::collections::BTreeMap;

use custodian_domain::kinds::routed;
use custodian_tests::{Client, Response};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) description: Value,
}

impl Operation {
    pub(crate) fn all() -> Vec<Self> {
        let document = custodian_openapi::describe();
        let paths = document["paths"].as_object().unwrap().clone();
        let of_path = |(path, item): (String, Value)| {
            let item = item.as_object().unwrap().clone();
            let operations = item.into_iter().filter(|(name, _)| name != "parameters");
            let described = operations.map(|(method, mut description)| {
                for part in ["requestBody", "parameters"] {
                    if let Some(part) = description.get_mut(part) {
                        resolve(&document, part);
                    }
                }
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                Self { method, path: path.clone(), description }
            });
            described.collect::<Vec<_>>()
        };
        paths.into_iter().flat_map(of_path).collect()
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The schema of its body, if it takes one.
    pub(crate) fn body(&self) -> Option<&Value> {
        self.description.pointer("/requestBody/content/application~1json/schema")
    }

    pub(crate) fn takes(&self, parameter: &str) -> bool {
        let matches = |given: &Value| given["name"] == parameter;
        self.description["parameters"].as_array().is_some_and(|all| all.iter().any(matches))
    }
}

/// Replaces references to named schemas by these schemas.
fn resolve(document: &Value, part: &mut Value) {
    if let Some(place) = part["$ref"].as_str().map(str::to_owned) {
        let mut schema = document.pointer(place.trim_start_matches('#')).unwrap().clone();
        if let (Some(one), Some(other)) = (schema.get("not"), part.get("not")) {
            part["not"] = json!({ "anyOf": [one, other] });
        }
        let beside = part.as_object().unwrap().iter().filter(|(name, _)| *name != "$ref");
        schema.as_object_mut().unwrap().extend(beside.map(|(name, value)| (name.clone(), value.clone())));
        *part = schema;
    }
    match part {
        Value::Object(map) => map.values_mut().for_each(|part| resolve(document, part)),
        Value::Array(items) => items.iter_mut().for_each(|part| resolve(document, part)),
        _ => {}
    }
}

/// A caller for every route, and a row for the paths of most collections.
pub(crate) struct Fixture {
    platform_admin: Client,
    pub(crate) admin: Client,
    rows: BTreeMap<String, String>,
    /// The id of an address of the contact.
    address: String,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let client = Client::start().await;
        let (customer, admin) = client.tenant("ann").await;
        let plan = format!("/v1.0/customers/{customer}/plan");
        client.platform_admin().await.put(&plan, json!({ "plan": "unlimited" })).await.ok();
        // The first webhook endpoint has the id of its account.
        let mut rows =
            BTreeMap::from([("customers".to_owned(), customer.clone()), ("customer".to_owned(), customer)]);
        let me = admin.get("/v1.0/me").await.ok();
        let key = admin.post("/v1.0/accesskeys", json!({})).await.ok();
        let billing = admin.get("/v1.0/billing_account").await.ok();
        let created = [("agents", me), ("accesskeys", key), ("billing_accounts", billing)];
        rows.extend(created.map(|(route, row)| (route.to_owned(), row["id"].as_str().unwrap().to_owned())));
        for operation in Operation::all().iter().filter(|operation| operation.method == Method::POST) {
            let Some(kind) = routed().find(|kind| operation.path == format!("/v1.0/{}", kind.route)) else {
                continue;
            };
            let row = admin.post(&operation.path, minimal_body(operation.body().unwrap()).into()).await;
            assert!(row.status < 300, "{}: {}", operation.path, row.text);
            rows.insert(kind.route.to_owned(), row.json()["id"].as_str().unwrap().to_owned());
        }
        let addresses = format!("/v1.0/contacts/{}/addresses", rows["contacts"]);
        let contact = admin.post(&addresses, json!({ "type": "tel", "target": "+1" })).await.json();
        let address = contact["addresses"][0]["id"].as_str().unwrap().to_owned();
        Self { platform_admin: client.platform_admin().await, admin, rows, address }
    }

    pub(crate) fn request(&self, operation: &Operation) -> RequestBuilder {
        self.request_with(operation, "")
    }

    pub(crate) fn request_with(&self, operation: &Operation, query: &str) -> RequestBuilder {
        let of_platform_admins = ["/v1.0/customers", "/v1.0/platform", "/auth/delegate"];
        let by_platform_admin = of_platform_admins.iter().any(|prefix| operation.path.starts_with(prefix));
        let caller = if by_platform_admin { &self.platform_admin } else { &self.admin };
        let row = operation.path.split('/').nth(2).and_then(|collection| self.rows.get(collection));
        // If the collection has no row, the path names an id that does not exist.
        let id = row.cloned().unwrap_or_else(|| Uuid::nil().to_string());
        let items = [("{id}", &id), ("{address_id}", &self.address), ("{tag_id}", &self.rows["tags"])];
        let path =
            items.iter().fold(operation.path.clone(), |path, (parameter, id)| path.replace(parameter, id));
        caller.request(operation.method.clone(), &(path + query))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Response {
        self.admin.send(request).await
    }
}

/// A body with the required fields only.
pub(crate) fn minimal_body(schema: &Value) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
    required.map(|name| (name.to_owned(), valid_value(&schema["properties"][name]))).collect()
}

/// A value that a schema allows.
fn valid_value(schema: &Value) -> Value {
    let any = schema.get("const").or_else(|| schema["enum"].get(0));
    match (schema["type"].as_str(), schema["format"].as_str()) {
        _ if any.is_some() => any.cloned().unwrap(),
        (_, Some("email")) => json!("new@example.com"),
        (_, Some("uuid")) => json!(Uuid::nil()),
        (Some("integer"), _) => schema["minimum"].clone(),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => json!([]),
        _ if schema["pattern"].as_str().is_some_and(|pattern| pattern.starts_with(r"^\+")) => {
            json!("+15550001111")
        }
        _ => json!("some-words-or-other"),
    }
}
