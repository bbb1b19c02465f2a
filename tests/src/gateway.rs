//! The events that API Gateway sends to a function, for tests that call functions without a gateway.

use custodian_http::Route;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::{Value, json};

/// A request with a JSON body in payload format 2.0.
pub fn event(route: &Route, source: &str, headers: &Value, body: &Value) -> ApiGatewayV2httpRequest {
    let Route { method, path } = route;
    let mut headers = headers.clone();
    headers["content-type"] = json!("application/json");
    let event = json!({
        "version": "2.0", "routeKey": route.to_string(), "rawPath": path, "rawQueryString": "",
        "headers": headers, "isBase64Encoded": false, "body": body.to_string(),
        "requestContext": {
            "accountId": "0", "apiId": "a", "domainName": "localhost", "domainPrefix": "localhost", "requestId": "r",
            "routeKey": route.to_string(), "stage": "$default", "time": "", "timeEpoch": 0,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": source, "userAgent": "" },
        },
    });
    serde_json::from_value(event).unwrap()
}
