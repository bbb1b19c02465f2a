//! The webhook client: one attempt, one connection, one outcome.
//!
//! It uses `hyper`'s HTTP/1.1 connection over a socket that this crate opens itself. A complete HTTP client would bring a
//! connection pool, redirects, proxies, cookies and decompression that must be switched off, and would resolve names on its
//! own. This client has none of that, and can connect only to an address that it has checked.

use std::net::IpAddr;

use custodian_domain::destination::{DestinationRefusal, DestinationRules};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::connection;
use crate::destination::{Destination, DestinationHost};
use crate::exchange::exchange;
use crate::limits::ClientLimits;
use crate::message::Message;
use crate::outcome::{AttemptOutcome, AttemptReport, UnreachableCause};
use crate::resolve::Resolve;
use crate::trust::{TrustStore, TrustStoreError};

/// Sends webhooks. Between two attempts it keeps only the trusted root certificates.
pub struct WebhookClient<R> {
    rules: DestinationRules,
    resolver: R,
    tls: TlsConnector,
    limits: ClientLimits,
}

impl<R: Resolve> WebhookClient<R> {
    pub fn new(
        rules: impl Into<DestinationRules>,
        resolver: R,
        trust: TrustStore,
        limits: ClientLimits,
    ) -> Result<Self, TrustStoreError> {
        Ok(Self { rules: rules.into(), resolver, tls: trust.connector()?, limits })
    }

    /// Makes one attempt. It ends within [`ClientLimits::total`], regardless of the receiver.
    ///
    /// The status line and the headers decide the outcome. A receiver that sends a 2xx head and then an endless body has
    /// accepted the webhook.
    pub async fn send(&self, message: &Message<'_>) -> AttemptReport {
        // The context's clock is not used, because a test may move it by days during an attempt.
        let started = Instant::now();
        let mut report = None;
        let result = timeout(self.limits.total, self.attempt(message, started, &mut report)).await;
        report.unwrap_or_else(|| {
            let outcome = match result {
                Ok(Err(outcome)) => outcome,
                // This never happens: an attempt without an error has set `report`.
                Ok(Ok(())) => AttemptOutcome::Unreachable(UnreachableCause::Closed),
                Err(_) => AttemptOutcome::TimedOut,
            };
            AttemptReport { outcome, latency: started.elapsed() }
        })
    }

    async fn attempt(
        &self,
        message: &Message<'_>,
        started: Instant,
        report: &mut Option<AttemptReport>,
    ) -> Result<(), AttemptOutcome> {
        let to = Destination::parse(message.uri, &self.rules)?;
        let request = message.request(&to).map_err(|_| UnreachableCause::Http)?;
        let addresses = self.addresses(&to).await?;
        let stream = connection::open(&addresses, to.port, self.limits.connect).await?;
        let on_head = |head: &http::response::Parts| {
            let latency = started.elapsed();
            let outcome = AttemptOutcome::from_head(head, message.now.plus(latency));
            *report = Some(AttemptReport { outcome, latency });
        };
        if to.tls {
            let stream = connection::secure(&self.tls, &to.host, stream).await?;
            exchange(stream, request, &self.limits, on_head).await?;
        } else {
            exchange(stream, request, &self.limits, on_head).await?;
        }
        Ok(())
    }

    /// The allowed addresses of a destination. A literal address is checked like a resolved one.
    async fn addresses(&self, to: &Destination) -> Result<Vec<IpAddr>, AttemptOutcome> {
        let found = match &to.host {
            DestinationHost::Address(address) => vec![*address],
            DestinationHost::Name(name) => self.resolver.resolve(name).await.unwrap_or_default(),
        };
        if found.iter().any(|address| self.rules.is_own_loopback(*address, to.port)) {
            return Err(DestinationRefusal::OwnService.into());
        }
        let allowed: Vec<_> =
            found.into_iter().filter(|address| self.rules.allowed.includes(*address)).collect();
        if allowed.is_empty() { Err(UnreachableCause::NoPublicAddress.into()) } else { Ok(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;
    use std::time::Duration;

    use custodian_domain::Timestamp;
    use custodian_domain::destination::AllowedAddresses;
    use custodian_domain::own_address::OwnAddress;

    use super::*;
    use crate::message::Method;
    use crate::secret::{SecretSet, SigningSecret};

    /// A resolver with a list of responses, one for each call.
    struct ScriptedResolver(Mutex<Vec<Vec<&'static str>>>);

    impl Resolve for ScriptedResolver {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let mut responses = self.0.lock().unwrap();
            let response = if responses.is_empty() { Vec::new() } else { responses.remove(0) };
            Ok(response.into_iter().map(|address| address.parse().unwrap()).collect())
        }
    }

    fn client(responses: &[&[&'static str]]) -> WebhookClient<ScriptedResolver> {
        let resolver =
            ScriptedResolver(Mutex::new(responses.iter().map(|response| response.to_vec()).collect()));
        WebhookClient::new(
            AllowedAddresses::Public,
            resolver,
            TrustStore::from_certificates([]),
            ClientLimits::default(),
        )
        .unwrap()
    }

    async fn addresses(client: &WebhookClient<ScriptedResolver>) -> Result<Vec<String>, AttemptOutcome> {
        let to = Destination::parse("https://hooks.example/", &DestinationRules::default()).unwrap();
        let found = client.addresses(&to).await?;
        Ok(found.iter().map(IpAddr::to_string).collect())
    }

    #[tokio::test]
    async fn every_attempt_checks_the_current_addresses_of_a_name() {
        let rebinding = client(&[&["1.1.1.1"], &["127.0.0.1"], &["1.1.1.1"]]);
        assert_eq!(addresses(&rebinding).await, Ok(vec!["1.1.1.1".to_owned()]));
        assert_eq!(addresses(&rebinding).await, Err(UnreachableCause::NoPublicAddress.into()));
        assert_eq!(addresses(&rebinding).await, Ok(vec!["1.1.1.1".to_owned()]));
    }

    #[tokio::test]
    async fn only_the_public_addresses_of_a_name_are_used_in_resolver_order() {
        let mixed = client(&[&["10.0.0.1", "2606:4700::1", "169.254.169.254", "8.8.8.8", "::ffff:1.1.1.1"]]);
        assert_eq!(addresses(&mixed).await, Ok(vec!["2606:4700::1".to_owned(), "8.8.8.8".to_owned()]));
        let private = client(&[&["10.0.0.1", "fd00::1", "::1"]]);
        assert_eq!(addresses(&private).await, Err(UnreachableCause::NoPublicAddress.into()));
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_the_local_service_is_refused_at_its_port_only() {
        let responses: &[&[&str]] = &[&["127.0.0.1"], &["8.8.8.8", "::1"], &["127.0.0.1"]];
        let own = vec![OwnAddress::LoopbackPort(443)];
        let mut client = client(responses);
        client.rules = DestinationRules { allowed: AllowedAddresses::Loopback, own };
        for _ in 0..2 {
            assert_eq!(addresses(&client).await, Err(DestinationRefusal::OwnService.into()));
        }
        client.rules.own = vec![OwnAddress::LoopbackPort(8443)];
        assert_eq!(addresses(&client).await, Ok(vec!["127.0.0.1".to_owned()]));
    }

    #[tokio::test]
    async fn a_name_without_an_address_and_a_name_with_a_private_one_have_the_same_outcome() {
        let unknown = addresses(&client(&[&[]])).await;
        assert_eq!(unknown, Err(UnreachableCause::NoPublicAddress.into()));
        assert_eq!(addresses(&client(&[&["10.0.0.1"]])).await, unknown);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_times_out_after_15_seconds() {
        struct HangingResolver;
        impl Resolve for HangingResolver {
            async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
                std::future::pending().await
            }
        }
        let client = WebhookClient::new(
            AllowedAddresses::Public,
            HangingResolver,
            TrustStore::from_certificates([]),
            ClientLimits::default(),
        )
        .unwrap();
        let secrets = SecretSet::new(SigningSecret::new([1; 24]));
        let message = Message {
            id: uuid::Uuid::nil().into(),
            method: Method::Post,
            uri: "https://hooks.example/",
            body: bytes::Bytes::new(),
            secrets: &secrets,
            now: Timestamp::from_micros(0),
        };
        let report = client.send(&message).await;
        let expected = Duration::from_secs(15)..Duration::from_millis(15_010);
        assert_eq!(report.outcome, AttemptOutcome::TimedOut);
        assert!(expected.contains(&report.latency), "{:?}", report.latency);
    }
}
