//! A scripted HTTP server on a loopback port. It speaks bytes, so that it can also answer what no HTTP library
//! would: half a body, or nothing at all.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How the server answers one request.
pub(super) enum Answer {
    /// With these bytes, and closes.
    Bytes(String),
    /// Not at all: it closes.
    Drop,
    /// Not at all: it keeps the connection open.
    Hang,
}

impl Answer {
    /// A whole answer with a body.
    pub(super) fn new(status: u16, body: &str) -> Self {
        Self::with_headers(status, "", body)
    }

    /// A whole answer with further header lines, each ended by CRLF.
    pub(super) fn with_headers(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Bytes(format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
        ))
    }
}

/// The server; it ends with the test's runtime.
pub(super) struct Server {
    /// Its base URL.
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one. The script gets the number of the request, from 0, and its text.
    #[expect(clippy::disallowed_methods, reason = "a server in a test runs beside it")]
    pub(super) async fn start(script: impl Fn(usize, &str) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut hanging = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let Some(request) = read_request(&mut stream).await else { continue };
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request.clone());
                    seen.len() - 1
                };
                match script(number, &request) {
                    Answer::Bytes(bytes) => {
                        stream.write_all(bytes.as_bytes()).await.unwrap();
                        stream.shutdown().await.unwrap();
                    }
                    Answer::Drop => {}
                    Answer::Hang => hanging.push(stream),
                }
            }
        });
        Self { url, requests }
    }

    /// The requests so far, each with its head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The first line of each request so far.
    pub(super) fn request_lines(&self) -> Vec<String> {
        self.requests().iter().filter_map(|request| request.lines().next().map(str::to_owned)).collect()
    }
}

/// The values of a header, by its name in lower case.
pub(super) fn header<'a>(request: &'a str, name: &str) -> Vec<&'a str> {
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").first().map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}
