//! The round trip with the generated client in Rust.

use std::env;
use std::error::Error;

use reqwest::header::{AUTHORIZATION, HeaderMap};

#[allow(warnings)]
mod api {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

use api::types::{
    CreateQueueRequest, CustomerOrUnregisterPlan, CustomerStatus, LoginRequest, UnregisterRequest, UpdateQueueRequest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let [api, account, password] = ["API", "ACCOUNT", "PASSWORD"].map(|name| env::var(name).unwrap_or_default());
    let login = LoginRequest::builder().username(account).password(password.clone());
    let session = api::Client::new(&api).login().body(login).send().await?.into_inner();
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {}", session.token).parse()?);
    let client = api::Client::new_with_client(&api, reqwest::Client::builder().default_headers(headers).build()?);

    let new = CreateQueueRequest::builder().name("sales".to_owned()).tag_ids(Vec::new());
    let created = client.create_queue().body(new).send().await?.into_inner();
    assert!(created.tag_ids.is_empty());
    let page = client.list_queues().send().await?.into_inner();
    assert_eq!(page.result.iter().map(|row| row.id).collect::<Vec<_>>(), [created.id]);
    let change = UpdateQueueRequest::builder().detail("the sales team".to_owned()).tag_ids(Vec::new());
    let updated = client.update_queue().id(created.id).body(change).send().await?.into_inner();
    assert_eq!((updated.name.as_str(), updated.detail.as_str()), ("sales", "the sales team"));
    let deleted = client.delete_queue().id(created.id).send().await?.into_inner();
    assert!(deleted.tm_delete.is_some());

    let leaving = UnregisterRequest::builder().password(password);
    let left = client.unregister().body(leaving).send().await?.into_inner();
    assert!(matches!(left, CustomerOrUnregisterPlan::Customer(customer) if customer.status == CustomerStatus::Frozen));
    Ok(())
}
