//! One request and one answer over one connection: HTTP/1.1 (RFC 9112).

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

use crate::deliver::Limits;
use crate::outcome::Fault;

/// The most headers that an answer may have.
const HEADERS: usize = 100;
/// The most bytes that the head of an answer may have.
const HEAD: usize = 16 * 1024;

/// Sends the request and hands the head of the answer to `answered`; then reads on until the answer is complete, too
/// long or too slow. What becomes of the rest does not matter, but a receiver is not cut off while it writes.
///
/// Nothing runs on beyond this call: the connection is driven here and ends here, whatever the receiver does.
#[expect(clippy::disallowed_methods, reason = "the one place that speaks HTTP to where customers say")]
pub(crate) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send,
    request: Request<Full<Bytes>>,
    limits: &Limits,
    answered: impl FnOnce(&Parts),
) -> Result<(), Fault> {
    // Beyond the limit the answer just ends. That holds for all that a receiver can send without end: headers,
    // informational answers, bodies.
    let (read, write) = tokio::io::split(stream);
    let io = tokio::io::join(read.take(limits.answer), write);
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        // As the production system writes them, for receivers that mind.
        .title_case_headers(true)
        .handshake(TokioIo::new(io))
        .await
        .map_err(|error| fault(&error))?;
    let mut connection = pin!(connection);
    let mut conversation = pin!(async move {
        let answer = sender.send_request(request).await.map_err(|error| fault(&error))?;
        let (head, rest) = answer.into_parts();
        answered(&head);
        // Out of time or not, there is nothing to be done about it.
        drop(timeout(limits.rest, drain(rest)).await);
        Ok(())
    });
    tokio::select! {
        biased;
        end = &mut conversation => end,
        // A connection that ends hands what it brought to the conversation.
        _ = &mut connection => conversation.await,
    }
}

/// Reads an answer to its end, keeping nothing.
async fn drain(mut rest: Incoming) {
    while let Some(Ok(_)) = rest.frame().await {}
}

fn fault(error: &hyper::Error) -> Fault {
    if error.is_parse() { Fault::Http } else { Fault::Closed }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;
    use tokio::io::{AsyncWriteExt, DuplexStream};
    use tokio::time::{Instant, sleep};

    use super::*;

    /// What a conversation with `receiver` came to: the status that was answered, the end, and the bytes that it wrote.
    async fn converse<F: Future<Output = u64>>(
        receiver: impl FnOnce(DuplexStream) -> F,
    ) -> (Option<StatusCode>, Result<(), Fault>, u64) {
        let (near, far) = tokio::io::duplex(1024);
        let request =
            Request::post("/").header("host", "a.example").body(Full::new(Bytes::from_static(b"{}")));
        let mut status = None;
        let limits = Limits::default();
        let ours = async {
            let answered = |head: &Parts| status = Some(head.status);
            exchange(near, request.unwrap(), &limits, answered).await
        };
        let (end, written) = tokio::join!(ours, receiver(far));
        (status, end, written)
    }

    /// Writes `first`, then `again` until nobody reads on, and counts the bytes.
    async fn for_ever(mut stream: DuplexStream, first: &[u8], again: &[u8]) -> u64 {
        let mut written = 0;
        if stream.write_all(first).await.is_ok() {
            // Where a write ended in the middle, the next one goes on.
            while let Ok(bytes) = stream.write(&again[written % again.len()..]).await {
                written += bytes;
            }
        }
        (first.len() + written) as u64
    }

    #[tokio::test(start_paused = true)]
    async fn of_an_endless_body_64_kib_are_read_and_the_status_counts() {
        let heads: [&[u8]; 3] = [
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ];
        for head in heads {
            let (status, end, written) =
                converse(|far| for_ever(far, head, b"10\r\n0123456789abcdef\r\n")).await;
            assert_eq!((status, end), (Some(StatusCode::OK), Ok(())));
            // What was read, and what still fits into the pipe.
            assert!((64 * 1024..=65 * 1024).contains(&written), "{written}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn endless_heads_and_informational_answers_are_no_answer() {
        let cases: [(&[u8], &[u8], Fault); 3] = [
            (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", Fault::Http),
            (b"HTTP/1.1 200 OK\r\nx: ", b"yyyyyyyyyyyyyyyyyyyyyyyy", Fault::Http),
            (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", Fault::Closed),
        ];
        for (first, again, expected) in cases {
            let (status, end, written) = converse(|far| for_ever(far, first, again)).await;
            assert_eq!((status, end), (None, Err(expected)));
            assert!(written <= 65 * 1024, "{written}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_holds_nobody_up_once_the_status_is_known() {
        let begun = Instant::now();
        let drip = |mut far: DuplexStream| async move {
            far.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n").await.unwrap();
            while far.write_all(b".").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
            0
        };
        let (status, end, _) = converse(drip).await;
        assert_eq!((status, end), (Some(StatusCode::ACCEPTED), Ok(())));
        assert!(begun.elapsed() <= Duration::from_secs(3), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_http_or_ends_early_is_told_apart() {
        let cases: [(&[u8], Fault); 5] = [
            (b"SSH-2.0-server\r\n", Fault::Http),
            (b"HTTP/2 200 OK\r\n\r\n", Fault::Http),
            (b"HTTP/1.1 99999 No\r\n\r\n", Fault::Http),
            (b"HTTP/1.1 200 OK\r\n", Fault::Closed),
            (b"", Fault::Closed),
        ];
        for (bytes, expected) in cases {
            let write = |mut far: DuplexStream| async move {
                far.write_all(bytes).await.unwrap();
                far.shutdown().await.unwrap();
                // Read what is sent, so that the connection ends by the receiver's will and not by an error.
                tokio::io::copy(&mut far, &mut tokio::io::sink()).await.unwrap_or_default()
            };
            let (status, end, _) = converse(write).await;
            assert_eq!((status, end), (None, Err(expected)), "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
