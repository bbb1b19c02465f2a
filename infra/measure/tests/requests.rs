//! Every function that is deployed has a request to be measured by, which the local service answers as it should.
#![allow(clippy::unwrap_used)]

use custodian_measure::stage::{Stage, functions};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn every_function_has_a_request_that_succeeds() {
    let mut stage = Stage::open().await;
    for function in functions() {
        let request = stage.request(function.program()).await;
        let client = stage.client.with_token(&request.token);
        let method: Method = request.method.parse().unwrap();
        let mut asking = client.request(method, &request.target);
        if let Some(body) = &request.body {
            asking = asking.json(body);
        }
        let answer = reqwest::Client::new().execute(asking.build().unwrap()).await.unwrap();
        assert_eq!(answer.status(), request.status, "{}: {}", function.name, answer.text().await.unwrap());
    }
}
