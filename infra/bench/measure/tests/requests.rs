//! Every function of an HTTP endpoint has a request for its measurement, and the local service responds to it with the expected status.
#![allow(clippy::unwrap_used)]

use custodian_measure::fixture::{Fixture, functions};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn every_function_has_a_request_with_the_expected_status() {
    let mut fixture = Fixture::start().await;
    for function in functions() {
        let prepared = fixture.prepare_request(&function.function).await;
        let client = fixture.client.with_token(&prepared.token);
        let method: Method = prepared.method.parse().unwrap();
        let mut request = client.request(method, &prepared.target);
        if let Some(body) = &prepared.body {
            request = request.json(body);
        }
        // A redirect is a response of the function.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let response = http.execute(request.build().unwrap()).await.unwrap();
        assert_eq!(
            response.status(),
            prepared.status,
            "{}: {}",
            function.name(),
            response.text().await.unwrap()
        );
    }
}
