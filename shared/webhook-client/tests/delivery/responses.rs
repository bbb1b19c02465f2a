//! Receivers' responses, and the resulting outcomes of an attempt.

use std::time::Duration;

use custodian_webhook_client::{
    AllowedAddresses, AttemptOutcome, Method, ReplacedSecret, SecretSet, SigningSecret, UnreachableCause,
    signature,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::receiver::{
    BODY, HASTY, LIMITS, NOW, Receiver, ScriptedResolver, client, deliver, deliver_within, message,
};

/// Keeps a connection open for longer than any limit.
async fn hold(stream: TcpStream) {
    sleep(Duration::from_secs(60)).await;
    drop(stream);
}

#[tokio::test]
async fn a_webhook_is_sent_with_all_headers_and_a_204_succeeds() {
    let (secret, until) = (SigningSecret::new([2; 24]), NOW.plus(LIMITS.total));
    let replaced = ReplacedSecret { secret, until, is_shown: true };
    let secrets = SecretSet::new(SigningSecret::new([1; 24])).with_previous(replaced);
    let mut receiver = Receiver::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let url = receiver.url("/in?key=a%20b&x={y}#part");
    let mut message = message(&url);
    message.secrets = &secrets;
    let report = client(AllowedAddresses::Loopback, &ScriptedResolver::default()).send(&message).await;
    assert_eq!(report.outcome, AttemptOutcome::Succeeded { status: 204 });
    assert!(report.latency < LIMITS.total);

    let (standard, voipbin) = (
        signature::standard_webhooks(&secrets, &message.id, NOW, BODY.as_bytes()),
        signature::voipbin(&secrets, NOW, BODY.as_bytes()),
    );
    let expected = format!(
        "POST /in?key=a%20b&x={{y}} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Custodian-Webhooks/1\r\nAccept: */*\r\n\
         Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\nWebhook-Id: msg_1\r\n\
         Webhook-Timestamp: 784111777\r\nWebhook-Signature: {standard}\r\nX-Voipbin-Signature: {voipbin}\r\n\r\n{BODY}",
        receiver.address,
        BODY.len(),
    );
    assert_eq!(receiver.seen(), Some(expected));
}

#[tokio::test]
async fn every_method_carries_the_body_and_adds_nothing_to_the_url() {
    for (method, name) in
        [(Method::Post, "POST"), (Method::Get, "GET"), (Method::Put, "PUT"), (Method::Delete, "DELETE")]
    {
        let mut receiver = Receiver::answering("HTTP/1.1 200 OK\r\n\r\n").await;
        let url = receiver.url("/in?x=1");
        let mut message = message(&url);
        message.method = method;
        client(AllowedAddresses::Loopback, &ScriptedResolver::default()).send(&message).await;
        let seen = receiver.seen().unwrap();
        assert!(seen.starts_with(&format!("{name} /in?x=1 HTTP/1.1\r\n")), "{seen}");
        assert!(seen.ends_with(&format!("\r\n\r\n{BODY}")), "{seen}");
        assert!(seen.contains("\r\nWebhook-Signature: v1,"), "{seen}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let mut elsewhere = Receiver::answering("HTTP/1.1 200 OK\r\n\r\n").await;
        let response = format!("HTTP/1.1 {status} Moved\r\nlocation: {}\r\n\r\n", elsewhere.url("/"));
        let receiver = Receiver::answering(response).await;
        let outcome = deliver(&receiver.url("/")).await.outcome;
        assert_eq!(outcome, AttemptOutcome::Failed { status, retry_after: None });
        assert_eq!(elsewhere.seen(), None);
    }
    let metadata = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest/meta-data/\r\n\r\n";
    let outcome = deliver(&Receiver::answering(metadata).await.url("/")).await.outcome;
    assert_eq!(outcome, AttemptOutcome::Failed { status: 302, retry_after: None });
}

#[tokio::test]
async fn status_410_disables_and_retry_after_is_read_as_seconds_or_as_a_date() {
    let cases = [
        ("410 Gone", "x: y", AttemptOutcome::Disabled),
        (
            "429 Slow",
            "retry-after: 120",
            AttemptOutcome::Failed { status: 429, retry_after: Some(Duration::from_secs(120)) },
        ),
        ("503 Busy", "retry-after: soon", AttemptOutcome::Failed { status: 503, retry_after: None }),
    ];
    for (status, header, expected) in cases {
        let receiver = Receiver::answering(format!("HTTP/1.1 {status}\r\n{header}\r\n\r\n")).await;
        assert_eq!(deliver(&receiver.url("/")).await.outcome, expected, "{status}");
    }
    let dated = "HTTP/1.1 503 Busy\r\nretry-after: Sun, 06 Nov 1994 08:51:07 GMT\r\n\r\n";
    let outcome = deliver(&Receiver::answering(dated).await.url("/")).await.outcome;
    let AttemptOutcome::Failed { retry_after: Some(wait), .. } = outcome else { panic!("{outcome:?}") };
    // The delay counts from the arrival of the response, a few milliseconds after the start of the attempt.
    assert!(wait <= Duration::from_secs(90) && wait > Duration::from_secs(89), "{wait:?}");
}

#[tokio::test]
async fn a_receiver_that_hangs_or_drips_its_headers_times_out() {
    let hanging = Receiver::new(hold).await;
    let dripping = Receiver::new(|mut stream| async move {
        for byte in b"HTTP/1.1 200 OK\r\n\r\n".iter().cycle() {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(40)).await;
        }
    })
    .await;
    for receiver in [hanging, dripping] {
        let report = deliver_within(HASTY, &receiver.url("/")).await;
        assert_eq!(report.outcome, AttemptOutcome::TimedOut);
        assert!(report.latency >= HASTY.total && report.latency < LIMITS.total, "{:?}", report.latency);
    }
}

#[tokio::test]
async fn a_slow_endless_or_truncated_body_does_not_change_the_outcome() {
    let slow = Receiver::new(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n").await.unwrap();
        hold(stream).await;
    })
    .await;
    let endless = Receiver::new(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await.unwrap();
        let part = vec![b'.'; 64 * 1024];
        while stream.write_all(&part).await.is_ok() {}
    })
    .await;
    let cut_off = Receiver::answering("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n.").await;
    for receiver in [slow, endless, cut_off] {
        let report = deliver(&receiver.url("/")).await;
        assert_eq!(report.outcome, AttemptOutcome::Succeeded { status: 200 });
        assert!(report.latency < LIMITS.total, "{:?}", report.latency);
    }
}

#[tokio::test]
async fn a_closed_connection_or_another_protocol_is_unreachable() {
    let cases = [
        ("", UnreachableCause::Closed),
        ("HTTP/1.1 200 OK\r\nx: ", UnreachableCause::Closed),
        ("220 mail.example ESMTP\r\n", UnreachableCause::Http),
        ("RFB 003.008\n", UnreachableCause::Http),
    ];
    for (response, cause) in cases {
        let receiver = Receiver::answering(response).await;
        assert_eq!(
            deliver(&receiver.url("/")).await.outcome,
            AttemptOutcome::Unreachable(cause),
            "{response:?}"
        );
    }
}

#[tokio::test]
async fn every_attempt_opens_its_own_connection() {
    let mut receiver = Receiver::new(|mut stream| async move {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n")
            .await
            .unwrap();
        hold(stream).await;
    })
    .await;
    let (url, resolver) = (receiver.url("/"), ScriptedResolver::default());
    let client = client(AllowedAddresses::Loopback, &resolver);
    for _ in 0..3 {
        assert_eq!(client.send(&message(&url)).await.outcome, AttemptOutcome::Succeeded { status: 200 });
    }
    // The receiver counts connections, not requests.
    assert!((0..3).all(|_| receiver.seen().is_some()) && receiver.seen().is_none());
}
