//! Tests to which addresses the client connects, and to which it never does.

use std::sync::atomic::Ordering;

use custodian_webhook_client::{
    AllowedAddresses, AttemptOutcome, DestinationRefusal, Resolve, TrustStore, UnreachableCause,
    WebhookClient,
};
use tokio::net::TcpListener;

use crate::receiver::{HASTY, LIMITS, Receiver, ScriptedResolver, client, message};

const OK: &str = "HTTP/1.1 200 OK\r\n\r\n";

#[tokio::test]
async fn with_only_public_addresses_allowed_the_client_never_connects_to_this_host() {
    let resolver = ScriptedResolver::of(&[&["127.0.0.1", "::1", "::ffff:127.0.0.1"]]);
    let public = client(AllowedAddresses::Public, &resolver);
    let refused = AttemptOutcome::Refused(DestinationRefusal::NotPublic);
    let unreachable = AttemptOutcome::Unreachable(UnreachableCause::NoPublicAddress);
    let cases = [
        ("http://127.0.0.1/", refused),
        ("http://[::1]:8080/", refused),
        ("http://2130706433:8443/", refused),
        ("http://169.254.169.254/latest/meta-data/", refused),
        ("http://localhost/", unreachable),
        ("https://rebound.example/", unreachable),
    ];
    for (uri, outcome) in cases {
        assert_eq!(public.send(&message(uri)).await.outcome, outcome, "{uri}");
    }
    let mut receiver = Receiver::answering(OK).await;
    assert_eq!(
        public.send(&message(&receiver.url("/"))).await.outcome,
        AttemptOutcome::Refused(DestinationRefusal::Port)
    );
    assert_eq!(receiver.seen(), None);
}

#[tokio::test]
async fn with_loopback_allowed_other_private_addresses_are_refused() {
    let resolver = ScriptedResolver::of(&[&["10.1.2.3", "fd00::1"]]);
    let local = client(AllowedAddresses::Loopback, &resolver);
    let inside =
        ["10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "0.0.0.0"];
    for host in inside {
        let outcome = local.send(&message(&format!("http://{host}:9/"))).await.outcome;
        assert_eq!(outcome, AttemptOutcome::Refused(DestinationRefusal::NotPublic), "{host}");
    }
    let outcome = local.send(&message("http://inside.example/")).await.outcome;
    assert_eq!(outcome, AttemptOutcome::Unreachable(UnreachableCause::NoPublicAddress));
}

#[tokio::test]
async fn an_attempt_resolves_a_name_once_and_connects_to_the_checked_address() {
    let mut receiver = Receiver::answering(OK).await;
    // The second lookup returns another address, as in DNS rebinding.
    let resolver = ScriptedResolver::of(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let url = format!("http://hooks.example:{}/", receiver.address.port());
    let client = client(AllowedAddresses::Loopback, &resolver);
    assert_eq!(client.send(&message(&url)).await.outcome, AttemptOutcome::Succeeded { status: 200 });
    assert_eq!(resolver.lookups.load(Ordering::Relaxed), 1);
    let seen = receiver.seen().unwrap();
    assert!(seen.contains(&format!("\r\nHost: hooks.example:{}\r\n", receiver.address.port())), "{seen}");

    assert_eq!(
        client.send(&message(&url)).await.outcome,
        AttemptOutcome::Unreachable(UnreachableCause::ConnectionRefused)
    );
    assert_eq!((resolver.lookups.load(Ordering::Relaxed), receiver.seen()), (2, None));
}

#[tokio::test]
async fn the_client_tries_the_next_address_if_one_refuses_the_connection() {
    let receiver = Receiver::answering(OK).await;
    let resolver = ScriptedResolver::of(&[&["127.0.0.2", "127.0.0.3", "127.0.0.1"]]);
    let url = format!("http://hooks.example:{}/", receiver.address.port());
    let outcome = client(AllowedAddresses::Loopback, &resolver).send(&message(&url)).await.outcome;
    assert_eq!(outcome, AttemptOutcome::Succeeded { status: 200 });
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_distinguished() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let resolver = ScriptedResolver::default();
    let client = client(AllowedAddresses::Loopback, &resolver);
    for (uri, cause) in [
        (format!("http://{free}/"), UnreachableCause::ConnectionRefused),
        ("http://no.example/".into(), UnreachableCause::NoPublicAddress),
    ] {
        let report = client.send(&message(&uri)).await;
        assert_eq!(report.outcome, AttemptOutcome::Unreachable(cause));
        assert!(report.latency < LIMITS.total);
    }
}

#[tokio::test]
async fn a_name_resolution_that_never_ends_times_out() {
    struct HangingResolver;
    impl Resolve for HangingResolver {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
            std::future::pending().await
        }
    }
    let trust = TrustStore::from_certificates([]);
    let client = WebhookClient::new(AllowedAddresses::Public, HangingResolver, trust, HASTY).unwrap();
    // The spawned task proves that the future is `Send`, which the port `WebhookSender` requires.
    let report =
        tokio::spawn(async move { client.send(&message("https://hooks.example/")).await }).await.unwrap();
    assert_eq!(report.outcome, AttemptOutcome::TimedOut);
}
