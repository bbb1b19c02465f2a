//! One request and one response over one connection: HTTP/1.1 (RFC 9112).

use std::pin::pin;

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::timeout;

use crate::limits::ClientLimits;
use crate::outcome::UnreachableCause;

/// The maximum number of headers in a response.
const MAX_HEADERS: usize = 100;
/// The maximum size of a response's head in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Sends the request, passes the head of the response to `on_head`, and then reads the body until it is complete, too long or
/// too slow. The body is ignored, but reading it avoids a connection reset while the receiver writes.
///
/// This call drives the connection, and closes it even if the receiver does not.
#[expect(clippy::disallowed_methods, reason = "the one place that sends HTTP to destinations of customers")]
pub(crate) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send,
    request: Request<Full<Bytes>>,
    limits: &ClientLimits,
    on_head: impl FnOnce(&Parts),
) -> Result<(), UnreachableCause> {
    // The limit covers all bytes from the receiver, because headers, informational responses and bodies can all be endless.
    let (read, write) = tokio::io::split(stream);
    let io = tokio::io::join(read.take(limits.response_bytes), write);
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        // VoIPBIN's API writes headers in title case, and some receivers may depend on it.
        .title_case_headers(true)
        .handshake(TokioIo::new(io))
        .await
        .map_err(|error| unreachable_cause(&error))?;
    let mut connection = pin!(connection);
    let mut conversation = pin!(async move {
        let response = sender.send_request(request).await.map_err(|error| unreachable_cause(&error))?;
        let (head, body) = response.into_parts();
        on_head(&head);
        // The outcome is known already, so a timeout does not matter.
        drop(timeout(limits.body, drain(body)).await);
        Ok(())
    });
    tokio::select! {
        biased;
        end = &mut conversation => end,
        // The connection is closed, but the exchange still reads the bytes that were received before.
        _ = &mut connection => conversation.await,
    }
}

/// Reads a body to its end and discards it.
async fn drain(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

fn unreachable_cause(error: &hyper::Error) -> UnreachableCause {
    if error.is_parse() { UnreachableCause::Http } else { UnreachableCause::Closed }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;
    use tokio::io::{AsyncWriteExt, DuplexStream};
    use tokio::time::{Instant, sleep};

    use super::*;

    /// The outcome of an exchange with `receiver`: the received status, the result, and the number that `receiver` returned.
    async fn converse<F: Future<Output = u64>>(
        receiver: impl FnOnce(DuplexStream) -> F,
    ) -> (Option<StatusCode>, Result<(), UnreachableCause>, u64) {
        let (near, far) = tokio::io::duplex(1024);
        let request =
            Request::post("/").header("host", "a.example").body(Full::new(Bytes::from_static(b"{}")));
        let mut status = None;
        let limits = ClientLimits::default();
        let exchange = async {
            let on_head = |head: &Parts| status = Some(head.status);
            super::exchange(near, request.unwrap(), &limits, on_head).await
        };
        let (end, written) = tokio::join!(exchange, receiver(far));
        (status, end, written)
    }

    /// Writes `first`, then `repeated` until the connection is closed, and counts the bytes.
    async fn write_endlessly(mut stream: DuplexStream, first: &[u8], repeated: &[u8]) -> u64 {
        let mut written = 0;
        if stream.write_all(first).await.is_ok() {
            // A write may be partial, so the next one continues there.
            while let Ok(bytes) = stream.write(&repeated[written % repeated.len()..]).await {
                written += bytes;
            }
        }
        (first.len() + written) as u64
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_body_is_read_up_to_64_kib_and_the_status_decides() {
        let heads: [&[u8]; 3] = [
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ];
        for head in heads {
            let (status, end, written) =
                converse(|far| write_endlessly(far, head, b"10\r\n0123456789abcdef\r\n")).await;
            assert_eq!((status, end), (Some(StatusCode::OK), Ok(())));
            // The bytes that the client read, and up to 1 KiB that the pipe buffers.
            assert!((64 * 1024..=65 * 1024).contains(&written), "{written}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn endless_heads_and_informational_responses_are_no_response() {
        let cases: [(&[u8], &[u8], UnreachableCause); 3] = [
            (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", UnreachableCause::Http),
            (b"HTTP/1.1 200 OK\r\nx: ", b"yyyyyyyyyyyyyyyyyyyyyyyy", UnreachableCause::Http),
            (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", UnreachableCause::Closed),
        ];
        for (first, repeated, expected) in cases {
            let (status, end, written) = converse(|far| write_endlessly(far, first, repeated)).await;
            assert_eq!((status, end), (None, Err(expected)));
            assert!(written <= 65 * 1024, "{written}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_not_read_to_its_end() {
        let started = Instant::now();
        let drip = |mut far: DuplexStream| async move {
            far.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n").await.unwrap();
            while far.write_all(b".").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
            0
        };
        let (status, end, _) = converse(drip).await;
        assert_eq!((status, end), (Some(StatusCode::ACCEPTED), Ok(())));
        assert!(started.elapsed() <= Duration::from_secs(3), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn invalid_http_and_an_early_end_are_distinguished() {
        let cases: [(&[u8], UnreachableCause); 5] = [
            (b"SSH-2.0-server\r\n", UnreachableCause::Http),
            (b"HTTP/2 200 OK\r\n\r\n", UnreachableCause::Http),
            (b"HTTP/1.1 99999 No\r\n\r\n", UnreachableCause::Http),
            (b"HTTP/1.1 200 OK\r\n", UnreachableCause::Closed),
            (b"", UnreachableCause::Closed),
        ];
        for (bytes, expected) in cases {
            let write = |mut far: DuplexStream| async move {
                far.write_all(bytes).await.unwrap();
                far.shutdown().await.unwrap();
                // Read the request, so that the receiver closes the connection without an error.
                tokio::io::copy(&mut far, &mut tokio::io::sink()).await.unwrap_or_default()
            };
            let (status, end, _) = converse(write).await;
            assert_eq!((status, end), (None, Err(expected)), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
