//! A client for HTTP/1.1 of its own: one connection a request, everything on it written by hand, so that a test can also
//! send what no client library would.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where the server does not speak HTTP")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value as Json;

/// Long enough for any request of ours; a server that hangs fails the test instead of holding it.
const PATIENCE: Duration = Duration::from_secs(100);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|_| Json::String(self.body.clone()))
    }

    /// The code of an error.
    pub fn code(&self) -> String {
        self.json()["detail"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends a request and reads the answer to its end; `None` where the server closed the connection without one.
pub fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    // a server may answer and close before it has read everything, as it does with a body that is too large
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut received = Vec::new();
    let read = stream.read_to_end(&mut received);
    if received.is_empty() {
        return None;
    }
    assert!(sent.is_ok() && read.is_ok() || received.windows(4).any(|window| window == b"\r\n\r\n"), "the answer is cut off");
    Some(parse(&received))
}

fn parse(received: &[u8]) -> Answer {
    let text = String::from_utf8(received.to_vec()).expect("the answer is UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("the head ends");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line").parse().unwrap();
    let headers: Vec<(String, String)> = lines.filter_map(|line| line.split_once(": ")).map(|(key, value)| (key.to_lowercase(), value.to_owned())).collect();
    let length = headers.iter().find(|(key, _)| key == "content-length").map_or(body.len(), |(_, value)| value.parse().unwrap());
    assert_eq!(body.len(), length, "the body is as long as the head says");
    Answer { status, headers, body: body.to_owned() }
}
