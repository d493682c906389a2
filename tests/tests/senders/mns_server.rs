//! A server that plays MNS: it takes what is signed by the documented rule, and refuses everything else.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

pub(crate) const KEY_ID: &str = "LTAItest";

/// A message that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) token: Option<String>,
}

/// The server.
#[derive(Debug)]
pub(crate) struct MnsServer {
    pub(crate) url: String,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl MnsServer {
    /// Starts it; it knows one key, by its secret. It answers the first so many calls with 503.
    pub(crate) fn start(secret: &'static str, failures: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let kept = Arc::clone(&taken);
        thread::spawn(move || {
            let mut left = failures;
            for stream in listener.incoming() {
                let fails = left > 0;
                left = left.saturating_sub(1);
                answer(stream.unwrap(), secret, fails, &kept);
            }
        });
        Self { url, taken }
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, secret: &str, fails: bool, taken: &Mutex<Vec<Taken>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let (status, text) = if fails {
        (503, error("InternalError", "try again"))
    } else if headers.get("authorization") != Some(&format!("MNS {KEY_ID}:{}", signature(&words, &headers, secret))) {
        (403, error("SignatureDoesNotMatch", "what was signed: a secret thing"))
    } else if words[1].contains("/nowhere/") {
        (404, error("QueueNotExist", "The queue you provided is not exist."))
    } else {
        let body = String::from_utf8(body).unwrap();
        taken.lock().unwrap().push(Taken { path: words[1].clone(), body, token: headers.get("security-token").cloned() });
        (201, "<Message><MessageId>5F290C92</MessageId></Message>".to_owned())
    };
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len()).unwrap();
}

fn error(code: &str, message: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>")
}

/// VERB, CONTENT-MD5, CONTENT-TYPE and DATE, a line each, then the headers that begin with `x-mns-`, sorted, a line each, then
/// the resource; HMAC-SHA1 of that, in base64.
fn signature(words: &[String], headers: &BTreeMap<String, String>, secret: &str) -> String {
    let header = |name: &str| headers.get(name).map_or("", String::as_str);
    let mut signed = format!("{}\n{}\n{}\n{}\n", words[0], header("content-md5"), header("content-type"), header("date"));
    for (name, value) in headers.iter().filter(|(name, _)| name.starts_with("x-mns-")) {
        signed += &format!("{name}:{value}\n");
    }
    signed += &words[1];
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
