//! Delivering a webhook: one attempt, one connection, one outcome.
//!
//! Chosen: `hyper`'s HTTP/1.1 connection over a socket that this crate opens itself. A ready-made client would bring a
//! pool, redirections, proxies, cookies and decompression to be switched off, and would resolve names on its own; here
//! none of it exists, and the address that was judged is by construction the one that is connected to.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::connection;
use crate::destination::{Destination, Reach, Refusal, Target, permits};
use crate::exchange::exchange;
use crate::message::Message;
use crate::outcome::{Fault, Outcome, Report};
use crate::resolve::Resolve;
use crate::trust::{Trust, Untrusting};

/// What an attempt may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time of all of it: looking up, connecting, sending, waiting and reading.
    pub total: Duration,
    /// The time that each address has to take a connection.
    pub connect: Duration,
    /// The time that the rest of an answer has after its head, within the total.
    pub rest: Duration,
    /// How many bytes are read of an answer, head and body.
    pub answer: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(15),
            connect: Duration::from_secs(5),
            rest: Duration::from_secs(2),
            answer: 64 * 1024,
        }
    }
}

/// Delivers webhooks. It keeps nothing between two attempts but the trusted roots.
pub struct Deliverer<R> {
    reach: Reach,
    resolver: R,
    tls: TlsConnector,
    limits: Limits,
}

impl<R: Resolve> Deliverer<R> {
    pub fn new(reach: Reach, resolver: R, trust: Trust, limits: Limits) -> Result<Self, Untrusting> {
        Ok(Self { reach, resolver, tls: trust.connector()?, limits })
    }

    /// Makes one attempt. It ends within [`Limits::total`], whatever the receiver does.
    ///
    /// An answer counts from its head on: what took the webhook and then writes for ever has taken it.
    pub async fn deliver(&self, message: &Message<'_>) -> Report {
        // Not the context's clock: it may be moved by days while a receiver thinks.
        let begun = Instant::now();
        let mut answered = None;
        let ended = timeout(self.limits.total, self.attempt(message, begun, &mut answered)).await;
        answered.unwrap_or_else(|| {
            let outcome = match ended {
                Ok(Err(outcome)) => outcome,
                // An attempt that ends well has answered.
                Ok(Ok(())) => Outcome::Unreachable(Fault::Closed),
                Err(_) => Outcome::TimedOut,
            };
            Report { outcome, latency: begun.elapsed() }
        })
    }

    async fn attempt(
        &self,
        message: &Message<'_>,
        begun: Instant,
        answered: &mut Option<Report>,
    ) -> Result<(), Outcome> {
        let to = Destination::parse(message.uri, self.reach)?;
        let request = message.request(&to).map_err(|_| Fault::Http)?;
        let addresses = self.addresses(&to).await?;
        let stream = connection::open(&addresses, to.port, self.limits.connect).await?;
        let note = |head: &http::response::Parts| {
            let latency = begun.elapsed();
            let outcome = Outcome::of(head, message.now.plus(latency));
            *answered = Some(Report { outcome, latency });
        };
        if to.tls {
            let stream = connection::secure(&self.tls, &to.host, stream).await?;
            exchange(stream, request, &self.limits, note).await?;
        } else {
            exchange(stream, request, &self.limits, note).await?;
        }
        Ok(())
    }

    /// The addresses of a destination that may be connected to. A literal one goes the same way as what was looked up.
    async fn addresses(&self, to: &Destination) -> Result<Vec<IpAddr>, Outcome> {
        let found = match &to.host {
            Target::Address(address) => vec![*address],
            Target::Name(name) => self.resolver.resolve(name).await.unwrap_or_default(),
        };
        if found.is_empty() {
            return Err(Fault::Name.into());
        }
        let permitted: Vec<_> = found.into_iter().filter(|address| permits(self.reach, *address)).collect();
        if permitted.is_empty() { Err(Refusal::NoPublicAddress.into()) } else { Ok(permitted) }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use custodian_domain::Timestamp;

    use super::*;
    use crate::message::Method;

    /// A resolver that answers differently each time, as told.
    struct Told(Mutex<Vec<Vec<&'static str>>>);

    impl Resolve for Told {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let mut answers = self.0.lock().unwrap();
            let answer = if answers.is_empty() { Vec::new() } else { answers.remove(0) };
            Ok(answer.into_iter().map(|address| address.parse().unwrap()).collect())
        }
    }

    fn deliverer(answers: &[&[&'static str]]) -> Deliverer<Told> {
        let told = Told(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect()));
        Deliverer::new(Reach::Public, told, Trust::of([]), Limits::default()).unwrap()
    }

    async fn addresses(deliverer: &Deliverer<Told>) -> Result<Vec<String>, Outcome> {
        let to = Destination::parse("https://hooks.example/", Reach::Public).unwrap();
        let found = deliverer.addresses(&to).await?;
        Ok(found.iter().map(IpAddr::to_string).collect())
    }

    #[tokio::test]
    async fn a_name_is_judged_at_every_attempt_by_what_it_stands_for_then() {
        let rebinding = deliverer(&[&["1.1.1.1"], &["127.0.0.1"], &["1.1.1.1"]]);
        assert_eq!(addresses(&rebinding).await, Ok(vec!["1.1.1.1".to_owned()]));
        assert_eq!(addresses(&rebinding).await, Err(Refusal::NoPublicAddress.into()));
        assert_eq!(addresses(&rebinding).await, Ok(vec!["1.1.1.1".to_owned()]));
    }

    #[tokio::test]
    async fn of_several_addresses_the_public_ones_are_used_in_their_order() {
        let mixed =
            deliverer(&[&["10.0.0.1", "2606:4700::1", "169.254.169.254", "8.8.8.8", "::ffff:1.1.1.1"]]);
        assert_eq!(addresses(&mixed).await, Ok(vec!["2606:4700::1".to_owned(), "8.8.8.8".to_owned()]));
        let inside = deliverer(&[&["10.0.0.1", "fd00::1", "::1"]]);
        assert_eq!(addresses(&inside).await, Err(Refusal::NoPublicAddress.into()));
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_not_found_rather_than_refused() {
        assert_eq!(addresses(&deliverer(&[&[]])).await, Err(Fault::Name.into()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_ends_after_15_seconds_whatever_it_waits_for() {
        struct Silent;
        impl Resolve for Silent {
            async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
                std::future::pending().await
            }
        }
        let deliverer = Deliverer::new(Reach::Public, Silent, Trust::of([]), Limits::default()).unwrap();
        let message = Message {
            id: uuid::Uuid::nil().into(),
            method: Method::Post,
            uri: "https://hooks.example/",
            body: bytes::Bytes::new(),
            secrets: None,
            now: Timestamp::from_micros(0),
        };
        let report = deliverer.deliver(&message).await;
        let expected = Duration::from_secs(15)..Duration::from_millis(15_010);
        assert_eq!(report.outcome, Outcome::TimedOut);
        assert!(expected.contains(&report.latency), "{:?}", report.latency);
    }
}
