//! The service responds to requests for its own hosts only. A page whose name resolves to this machine gets nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};

use crate::process::{Process, new_folder};

/// Sends a request with these header lines and returns the status and the text of the response.
fn send_lines(process: &Process, target: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", process.port())).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
}

/// Sends a request for a host and returns the status and the body.
async fn send_to_host(process: &Process, method: &str, path: &str, host: &str) -> (u16, Value) {
    let request = process.request(method, path).header("host", host).json(&json!({}));
    let response = request.send().await.unwrap();
    let header = response.headers().get("x-request-id").cloned();
    let (status, body) = (response.status().as_u16(), response.json::<Value>().await.unwrap_or_default());
    if status >= 400 {
        assert_eq!(body["error"]["request_id"].as_str(), header.unwrap().to_str().ok());
    }
    (status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebinding_page_reads_no_mail_and_calls_no_route() {
    let process = Process::start(&new_folder("rebinding"), &["--ephemeral"]);
    let evil = format!("evil.example:{}", process.port());
    for (method, path) in [
        ("GET", "/_local/mailbox"),
        ("GET", "/_local/health"),
        ("POST", "/_local/clock"),
        ("GET", "/_local/unknown"),
        ("GET", "/v1.0/customer"),
        ("POST", "/v1.0/customers"),
        ("POST", "/auth/login"),
        ("GET", "/auth/password-forgot"),
        ("GET", "/ping"),
        ("OPTIONS", "/v1.0/customer"),
        ("GET", "/unknown"),
    ] {
        for host in [&*evil, "evil.example"] {
            let (status, body) = send_to_host(&process, method, path, host).await;
            let error = &body["error"];
            assert_eq!(
                (status, &error["reason"]),
                (421, &json!("HOST_NOT_ALLOWED")),
                "{method} {path} {host}"
            );
            assert!(error["message"].as_str().unwrap().contains("--allow-host"), "{error}");
        }
    }
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn localhost_and_loopback_addresses_are_allowed_with_the_port_of_the_service_only() {
    let process = Process::start(&new_folder("loopback-hosts"), &["--ephemeral"]);
    for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]"] {
        for path in ["/_local/mailbox", "/ping"] {
            let (status, body) =
                send_to_host(&process, "GET", path, &format!("{host}:{}", process.port())).await;
            assert_eq!(status, 200, "{host} {path}: {body}");
            for other in [host.to_owned(), format!("{host}:{}", process.port() ^ 1)] {
                assert_eq!(send_to_host(&process, "GET", path, &other).await.0, 421, "{other} {path}");
            }
        }
    }
    for host in ["0.0.0.0", "192.168.1.1", "localhost.evil.example", "127.0.0.1.evil.example", "2130706433"] {
        let host = format!("{host}:{}", process.port());
        assert_eq!(send_to_host(&process, "GET", "/_local/mailbox", &host).await.0, 421, "{host}");
    }
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_duplicate_or_malformed_host_is_a_bad_request() {
    let process = Process::start(&new_folder("bad-hosts"), &["--ephemeral"]);
    let own = format!("Host: 127.0.0.1:{}\r\n", process.port());
    assert_eq!(send_lines(&process, "/_local/mailbox", &own).0, 200);
    let twice = format!("{own}{own}");
    let also_evil = format!("{own}Host: evil.example\r\n");
    let user = format!("Host: me@127.0.0.1:{}\r\n", process.port());
    for headers in [
        "",
        &twice,
        &also_evil,
        &user,
        "Host: \r\n",
        "Host: a b\r\n",
        "Host: \u{e9}\r\n",
        "Host: localhost:http\r\n",
        "Host: localhost:99999\r\n",
        "Host: localhost/\r\n",
        "Host: [::1\r\n",
    ] {
        for path in ["/_local/mailbox", "/ping", "/v1.0/customer"] {
            let (status, text) = send_lines(&process, path, headers);
            assert_eq!(status, 400, "{headers:?} {path}: {text}");
            assert!(text.contains("\"reason\":\"INVALID_HOST\""), "{headers:?} {path}: {text}");
        }
    }
    // The target of a request to a proxy names the host, too.
    assert_eq!(send_lines(&process, "http://evil.example/_local/mailbox", &own).0, 421);
    let target = format!("http://localhost:{}/_local/mailbox", process.port());
    assert_eq!(send_lines(&process, &target, &own).0, 200);
    assert_eq!(send_lines(&process, &target, "Host: evil.example\r\n").0, 421);
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn allow_host_allows_further_hosts_with_any_port() {
    let arguments = ["--ephemeral", "--allow-host", "Box.Example", "--allow-host", "10.0.0.7"];
    let process = Process::start(&new_folder("allowed-hosts"), &arguments);
    for host in ["box.example", "BOX.example:443", "10.0.0.7:80", &format!("localhost:{}", process.port())] {
        assert_eq!(send_to_host(&process, "GET", "/_local/mailbox", host).await.0, 200, "{host}");
    }
    for host in ["evil.example", "sub.box.example", "box.example.evil.example", "10.0.0.8", "localhost:1"] {
        assert_eq!(send_to_host(&process, "GET", "/_local/mailbox", host).await.0, 421, "{host}");
    }
    process.kill();
}

#[test]
fn an_allowed_host_that_is_no_host_is_refused() {
    for host in ["", "a b", "box.example:80", "http://box.example", "*"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_custodian"));
        let output = command.args(["--port", "0", "--ephemeral", "--allow-host", host]).output().unwrap();
        assert!(!output.status.success(), "{host:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--allow-host"), "{host:?}: {output:?}");
    }
}
