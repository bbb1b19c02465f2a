//! Malformed and unusual HTTP on the wire never crashes the service and never causes a 5xx status.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use custodian_local::deployed_routes;
use custodian_tests::Client;
use custodian_tests::gateway::event;
use serde_json::json;

/// The local service refuses hosts without its port before the API sees them. `HOST` has no port, so this argument permits it.
async fn start() -> Client {
    Client::start_with(&["--allow-host", "localhost"], Arc::new(())).await
}

/// Sends bytes. Returns the response's status code and text, or no status if no response came.
async fn send_bytes(client: &Client, bytes: Vec<u8>) -> (Option<u16>, String) {
    let port = client.service().port();
    let exchange = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The service may close the connection before it has read everything.
        let _ = stream.write_all(&bytes);
        let mut received = Vec::new();
        let _ = stream.read_to_end(&mut received);
        String::from_utf8_lossy(&received).into_owned()
    });
    let text = exchange.await.unwrap();
    (text.split(' ').nth(1).and_then(|status| status.parse().ok()), text)
}

/// A request with this request line and these headers. The connection closes after the response.
fn request(request_line: &[u8], headers: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let mut lines = vec![[request_line, b" HTTP/1.1"].concat(), b"connection: close".to_vec()];
    lines.extend(headers.iter().map(|header| header.to_vec()));
    [lines.join(&b"\r\n"[..]), b"\r\n\r\n".to_vec(), body.to_vec()].concat()
}

const HOST: &[u8] = b"host: localhost";

#[tokio::test(flavor = "multi_thread")]
async fn malformed_bytes_are_refused_and_the_service_keeps_running() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    let bearer = format!("authorization: Bearer {}", ann.token()).into_bytes();
    let length = |bytes: &[u8]| format!("content-length: {}", bytes.len()).into_bytes();
    let json: &[u8] = b"content-type: application/json";
    let put: &[u8] = b"PUT /v1.0/customer";
    let mut refused: Vec<Vec<u8>> = vec![
        b"\r\n\r\n\x00\r\n\r\n".to_vec(),
        b"\x00\x01\x02\xff\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(40),
        b"GET /ping HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /ping\r\n\r\n".to_vec(),
        request(b"GET * ", &[HOST], b""),
        request(b"CONNECT evil.example:443", &[HOST], b""),
        request(b"GET http://evil.example/v1.0/customer", &[HOST, &bearer], b""),
        request(b"GET /v1.0/customers/%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", &[HOST, &bearer], b""),
        request(b"GET /v1.0/tags/%", &[HOST, &bearer], b""),
        request(b"GET /v1.0/tags/%0d%0aset-cookie:%20a=b", &[HOST, &bearer], b""),
        request(b"GET /v1.0/tags/..%2f..%2fcustomers", &[HOST, &bearer], b""),
        request(b"GET /v1.0/tags?page_token=\xff\xfe", &[HOST, &bearer], b""),
        request(b"GET /v1.0/tags?page_token=%FF%FE%00", &[HOST, &bearer], b""),
        request("GET /v1.0/tags?page_token=\u{e9}".as_bytes(), &[HOST, &bearer], b""),
        request(b"GET /\xff\xfe", &[HOST], b""),
        request(put, &[HOST, &bearer, json, b"content-length: -1"], b"{}"),
        request(put, &[HOST, &bearer, json, b"content-length: 99999999999999999999"], b"{}"),
        request(put, &[HOST, &bearer, json, b"transfer-encoding: chunked"], b"zz\r\nnonsense\r\n0\r\n\r\n"),
        request(put, &[HOST, &bearer, json, b"content-length: 2", b"transfer-encoding: chunked"], b"{}"),
        request(b"GET /v1.0/customer", &[HOST, &b"x-long: ".iter().chain(&[b'a'; 600_000]).copied().collect::<Vec<_>>()], b""),
        request(b"GET /v1.0/customer", &[&[HOST][..], &vec![&b"x-many: 1"[..]; 500]].concat(), b""),
        request(&[b"GET /v1.0/tags?page_token=", &b"a"[..].repeat(30_000)[..]].concat(), &[HOST, &bearer], b""),
    ];
    // The service may also accept these.
    let mut unusual: Vec<Vec<u8>> = vec![
        request(b"OPTIONS *", &[HOST], b""),
        request(put, &[HOST, &bearer, b"content-encoding: gzip", json, b"content-length: 2"], b"{}"),
        request(
            &[b"GET /v1.0/tags?", &b"page_token=&"[..].repeat(4_000)[..]].concat(),
            &[HOST, &bearer],
            b"",
        ),
    ];
    for value in
        [&b"\xff\xfe"[..], "\u{e9}\u{1f4a9}".as_bytes(), b"", b"a b<>\"{}|\\^`", b"[::1", b"https://x/:99999"]
    {
        // The local service refuses these itself. The last test of this file calls a function with those that are text.
        refused.push(request(b"GET /v1.0/customer", &[&[b"host: ", value].concat(), &bearer], b""));
        for name in ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-for", "x-request-id", "accept"] {
            let header = [name.as_bytes(), b": ", value].concat();
            unusual.push(request(b"GET /v1.0/customer", &[HOST, &header, &bearer], b""));
        }
    }
    for name in ["authorization", "cookie", "content-type", "idempotency-key", "if-match", "origin"] {
        for value in [
            &b"\xff\xfe"[..],
            "\u{e9}\u{1f4a9}".as_bytes(),
            b"",
            b"Bearer \xc3\x28",
            b"token=\xff; token=\"",
            b",,;;==",
        ] {
            let header = [name.as_bytes(), b": ", value].concat();
            let body = b"{\"name\":\"x\"}";
            // The first has no valid credential.
            refused.push(request(b"POST /v1.0/tags", &[HOST, &header, json, &length(body)], body));
            unusual.push(request(b"POST /v1.0/tags", &[HOST, &bearer, &header, json, &length(body)], body));
        }
    }
    let refused = refused.into_iter().map(|bytes| (400, bytes));
    for (lowest, bytes) in refused.chain(unusual.into_iter().map(|bytes| (200, bytes))) {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(160)]).into_owned();
        // The local service itself refuses `evil.example`, the host in a request target.
        let is_allowed =
            bytes.windows(HOST.len()).any(|part| part == HOST) && !shown.contains("evil.example");
        let (status, text) = send_bytes(&client, bytes).await;
        let is_refused = text.contains("INVALID_HOST") || text.contains("HOST_NOT_ALLOWED");
        assert!(!(is_allowed && is_refused), "never reached the API: {shown}");
        // No status: the service closed the connection.
        assert!(status.is_none_or(|status| (lowest..500).contains(&status)), "{shown}\n{text}");
        assert!(!text.contains("\r\nset-cookie"), "{shown}\n{text}");
        client.get("/ping").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_credentials_and_chunked_bodies_bypass_nothing() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    let bearer = format!("authorization: Bearer {}", ann.token()).into_bytes();
    let own: &[u8] = b"GET /v1.0/customer";
    let wrong: &[u8] = b"authorization: Bearer x.y.z";
    for (headers, expected) in [
        (vec![HOST, &bearer], 200),
        (vec![HOST, &bearer, wrong], 401),
        (vec![HOST, wrong, &bearer], 401),
        (vec![HOST, wrong], 401),
        (vec![HOST], 401),
        (vec![HOST, b"authorization:"], 401),
    ] {
        let (status, text) = send_bytes(&client, request(own, &headers, b"")).await;
        assert_eq!(status, Some(expected), "{text}");
    }
    // A chunked body has the same limits as a body with a Content-Length.
    let chunked = [HOST, &bearer, b"content-type: application/json", b"transfer-encoding: chunked"];
    let body = b"8\r\n{\"name\":\r\n4\r\n\"y\"}\r\n0\r\n\r\n";
    let (status, text) = send_bytes(&client, request(b"PUT /v1.0/customer", &chunked, body)).await;
    assert_eq!(status, Some(200), "{text}");
    let chunk = [b"10000\r\n", &b" ".repeat(0x10000)[..], b"\r\n"].concat();
    let long = [&chunk[..], b"2\r\n{}\r\n0\r\n\r\n"].concat();
    let (status, text) = send_bytes(&client, request(b"PUT /v1.0/customer", &chunked, &long)).await;
    assert_eq!(status, Some(413), "{text}");
}

/// The local service refuses such hosts itself, so this test calls the function as a gateway that lets them through.
#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_host_in_the_event_does_not_make_a_function_fail() {
    let client = start().await;
    let ping = deployed_routes().into_iter().find(|deployed| deployed.route.path == "/ping").unwrap();
    for host in ["", "a b<>\"{}|\\^`", "[::1", "https://x/:99999", "\u{e9}\u{1f4a9}"] {
        let event = event(&ping.route, "198.51.100.1", &json!({ "host": host }), &json!({}));
        let response = client.service().invoke_function(&ping.name(), event).await.unwrap();
        assert_eq!(response.status(), 200, "{host}");
    }
}
