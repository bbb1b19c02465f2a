//! A stub of the API: it answers requests with prepared responses, in order.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// What the stub has received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Such as `GET /v1.0/me`, with the path and the query in lower case.
    pub(crate) line: String,
    /// Such as `accept: application/json`, in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

pub(crate) struct Stub {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A response with a JSON body.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: Value) -> Vec<u8> {
    bytes(status, headers, body.to_string().as_bytes())
}

pub(crate) fn bytes(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

impl Stub {
    /// Listens on a free port of this computer. After the last response the stub closes the port, so without responses it
    /// receives nothing.
    pub(crate) fn start(responses: &[Vec<u8>]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (responses, record) = (responses.to_vec(), Arc::clone(&received));
        std::thread::spawn(move || {
            for response in responses {
                let (stream, _) = listener.accept().unwrap();
                record.lock().unwrap().push(read(&stream));
                (&stream).write_all(&response).unwrap();
            }
        });
        Self { url, received }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The first lines of the requests.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.received().into_iter().map(|request| request.line).collect()
    }
}

fn read(stream: &TcpStream) -> Received {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_lowercase().replace(" http/1.1", ""));
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let line = lines.remove(0);
    let (method, path) = line.split_once(' ').unwrap();
    Received {
        line: format!("{} {path}", method.to_uppercase()),
        headers: lines,
        body: String::from_utf8(body).unwrap(),
    }
}
