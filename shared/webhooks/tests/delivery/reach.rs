//! Which receivers are reached, and which never hear of it.

use std::sync::atomic::Ordering;

use custodian_webhooks::{Deliverer, Fault, Outcome, Reach, Refusal, Resolve, Trust};
use tokio::net::TcpListener;

use crate::receiver::{HASTY, LIMITS, Names, Receiver, deliverer, message};

const OK: &str = "HTTP/1.1 200 OK\r\n\r\n";

#[tokio::test]
async fn a_public_reach_connects_to_nothing_on_this_host() {
    let names = Names::of(&[&["127.0.0.1", "::1", "::ffff:127.0.0.1"]]);
    let public = deliverer(Reach::Public, &names);
    let cases = [
        ("http://127.0.0.1/", Refusal::NotPublic),
        ("http://[::1]:8080/", Refusal::NotPublic),
        ("http://2130706433:8443/", Refusal::NotPublic),
        ("http://169.254.169.254/latest/meta-data/", Refusal::NotPublic),
        ("http://localhost/", Refusal::NoPublicAddress),
        ("https://rebound.example/", Refusal::NoPublicAddress),
    ];
    for (uri, refusal) in cases {
        assert_eq!(public.deliver(&message(uri)).await.outcome, Outcome::Refused(refusal), "{uri}");
    }
    let mut receiver = Receiver::answering(OK).await;
    assert_eq!(public.deliver(&message(&receiver.url("/"))).await.outcome, Outcome::Refused(Refusal::Port));
    assert_eq!(receiver.seen(), None);
}

#[tokio::test]
async fn a_reach_to_this_host_goes_no_further_inside() {
    let names = Names::of(&[&["10.1.2.3", "fd00::1"]]);
    let local = deliverer(Reach::Loopback, &names);
    let inside =
        ["10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "0.0.0.0"];
    for host in inside {
        let outcome = local.deliver(&message(&format!("http://{host}:9/"))).await.outcome;
        assert_eq!(outcome, Outcome::Refused(Refusal::NotPublic), "{host}");
    }
    let outcome = local.deliver(&message("http://inside.example/")).await.outcome;
    assert_eq!(outcome, Outcome::Refused(Refusal::NoPublicAddress));
}

#[tokio::test]
async fn a_name_is_looked_up_once_an_attempt_and_the_answer_is_what_is_connected_to() {
    let mut receiver = Receiver::answering(OK).await;
    // A resolver that answers differently the second time, as one that rebinds: nobody asks it within an attempt.
    let names = Names::of(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let url = format!("http://hooks.example:{}/", receiver.address.port());
    let deliverer = deliverer(Reach::Loopback, &names);
    assert_eq!(deliverer.deliver(&message(&url)).await.outcome, Outcome::Succeeded { status: 200 });
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
    let seen = receiver.seen().unwrap();
    assert!(seen.contains(&format!("\r\nHost: hooks.example:{}\r\n", receiver.address.port())), "{seen}");

    assert_eq!(deliverer.deliver(&message(&url)).await.outcome, Outcome::Unreachable(Fault::Connection));
    assert_eq!((names.asked.load(Ordering::Relaxed), receiver.seen()), (2, None));
}

#[tokio::test]
async fn the_next_address_is_tried_if_one_takes_no_connection() {
    let receiver = Receiver::answering(OK).await;
    let names = Names::of(&[&["127.0.0.2", "127.0.0.3", "127.0.0.1"]]);
    let url = format!("http://hooks.example:{}/", receiver.address.port());
    let outcome = deliverer(Reach::Loopback, &names).deliver(&message(&url)).await.outcome;
    assert_eq!(outcome, Outcome::Succeeded { status: 200 });
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let names = Names::default();
    let deliverer = deliverer(Reach::Loopback, &names);
    for (uri, fault) in
        [(format!("http://{free}/"), Fault::Connection), ("http://no.example/".into(), Fault::Name)]
    {
        let report = deliverer.deliver(&message(&uri)).await;
        assert_eq!(report.outcome, Outcome::Unreachable(fault));
        assert!(report.latency < LIMITS.total);
    }
}

#[tokio::test]
async fn a_look_up_that_never_ends_times_out() {
    struct Silent;
    impl Resolve for Silent {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
            std::future::pending().await
        }
    }
    let trust = Trust::of([]);
    let deliverer = Deliverer::new(Reach::Public, Silent, trust, HASTY).unwrap();
    // On a task of its own, as a Lambda's runtime asks of what it runs.
    let report = tokio::spawn(async move { deliverer.deliver(&message("https://hooks.example/")).await })
        .await
        .unwrap();
    assert_eq!(report.outcome, Outcome::TimedOut);
}
