//! Emulators of clouds for tests: started once for a test process, each on a port of its own, and stopped when the process
//! ends, however it ends. Where one can not be had, its tests say so and are skipped.

#![expect(clippy::expect_used, reason = "a test ends where an emulator does not do as it should")]

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value as Json;

use crate::http::send;
use crate::servers::{free_port, keeper, skipped};
use crate::tools;

/// S3 and SQS.
const MOTO: &str = "moto[server]==5.2.5";
/// Azure Blob.
const AZURITE: &str = "azurite@3.35.0";
/// How long an emulator may take to start.
const START: Duration = Duration::from_secs(60);
/// The account and key of every emulator of Azure (published).
pub const AZURE_ACCOUNT: &str = "devstoreaccount1";
const AZURE_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// An emulator that runs.
#[derive(Debug)]
pub struct Emulator {
    port: u16,
    /// When its input closes with this process, it stops the emulator by its id and removes its folder.
    _keeper: Child,
}

static AWS: OnceLock<Result<Emulator, String>> = OnceLock::new();
static AZURE: OnceLock<Result<Emulator, String>> = OnceLock::new();

/// S3 and SQS, by moto. None where it can not be had; then a line says so.
pub fn aws() -> Option<&'static Emulator> {
    had("moto", AWS.get_or_init(|| start_moto().map_err(|error| format!("{error:#}"))))
}

/// Azure Blob, by Azurite. None where it can not be had; then a line says so.
pub fn azure() -> Option<&'static Emulator> {
    had("Azurite", AZURE.get_or_init(|| start_azurite().map_err(|error| format!("{error:#}"))))
}

fn had(name: &str, started: &'static Result<Emulator, String>) -> Option<&'static Emulator> {
    started.as_ref().map_err(|error| skipped(&format!("no {name} can be had: {error}"))).ok()
}

/// Starts a program that listens on a port, in a folder of its own, and waits until it does.
fn start(path: &Path, arguments: impl Fn(u16, &Path) -> Vec<String>) -> anyhow::Result<Emulator> {
    let folder = tempfile::Builder::new().prefix("nightowl-emulator-").tempdir()?.keep();
    let port = free_port()?;
    let mut command = Command::new(path);
    command.args(arguments(port, &folder)).current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn()?;
    let pid_file = folder.join("pid");
    std::fs::write(&pid_file, child.id().to_string())?;
    let keeper = keeper(&folder, &pid_file)?;
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if began.elapsed() > START {
            bail!("it did not start");
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(Emulator { port, _keeper: keeper })
}

fn start_moto() -> anyhow::Result<Emulator> {
    let program = tools::python("moto", &[MOTO])?.with_file_name("moto_server");
    start(&program, |port, _| vec!["-H".to_owned(), "127.0.0.1".to_owned(), "-p".to_owned(), port.to_string()])
}

fn start_azurite() -> anyhow::Result<Emulator> {
    let program = tools::node("azurite", &[AZURITE])?.join("node_modules/.bin/azurite-blob");
    start(&program, |port, folder| {
        let words = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort"];
        let mut arguments: Vec<String> = words.map(str::to_owned).to_vec();
        arguments.extend([port.to_string(), "--location".to_owned(), folder.display().to_string()]);
        arguments
    })
}

impl Emulator {
    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a process is told by variables so that it takes this for AWS.
    pub fn aws_variables(&self) -> Vec<(String, String)> {
        let variables = [("AWS_ENDPOINT_URL", self.url()), ("AWS_REGION", "us-east-1".to_owned())];
        let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")].map(|(name, value)| (name, value.to_owned()));
        variables.into_iter().chain(keys).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The connection string of an emulator of Azure.
    pub fn azure_connection(&self) -> String {
        format!("AccountName={AZURE_ACCOUNT};AccountKey={AZURE_KEY};BlobEndpoint={}/{AZURE_ACCOUNT};", self.url())
    }

    /// Sends a request of S3 and gives the body of the answer.
    pub fn s3(&self, method: &str, path: &str, body: &str) -> String {
        self.request(method, path, &[("Authorization", &authorization("s3"))], body)
    }

    /// Makes a bucket.
    pub fn make_bucket(&self, name: &str) {
        self.s3("PUT", &format!("/{name}"), "");
    }

    /// Calls an action of SQS.
    pub fn sqs(&self, action: &str, body: &Json) -> Json {
        let target = format!("AmazonSQS.{action}");
        let headers = [("Authorization", authorization("sqs")), ("X-Amz-Target", target), ("Content-Type", "application/x-amz-json-1.0".to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        serde_json::from_str(&self.request("POST", "/", &headers, &body.to_string())).unwrap_or(Json::Null)
    }

    /// Makes a container of an emulator of Azure.
    pub fn make_container(&self, name: &str) {
        self.azure("PUT", &format!("/{name}?restype=container"), "");
    }

    /// Writes a blob into an emulator of Azure.
    pub fn put_blob(&self, container: &str, name: &str, content: &str) {
        self.azure("PUT", &format!("/{container}/{}", name.replace(' ', "%20")), content);
    }

    /// Sends a request of Azure. Such requests are signed, which node can do: it is there where Azurite is.
    fn azure(&self, method: &str, path: &str, body: &str) {
        let script = r#"
            const [port, account, key, method, path, body] = process.argv.slice(1);
            const url = new URL(`http://127.0.0.1:${port}/${account}${path}`), length = Buffer.byteLength(body);
            const headers = {"x-ms-blob-type": "BlockBlob", "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-08-06"};
            const query = [...url.searchParams].map(([name, value]) => `\n${name}:${value}`).join("");
            const signed = [method, "", "", length || "", "", "", "", "", "", "", "", "", ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
                `/${account}${url.pathname}${query}`].join("\n");
            const signature = require("crypto").createHmac("sha256", Buffer.from(key, "base64")).update(signed, "utf8").digest("base64");
            fetch(url, {method, headers: {...headers, Authorization: `SharedKey ${account}:${signature}`}, body: length ? Buffer.from(body) : undefined})
                .then(async answer => { if (answer.status !== 201) { console.error(answer.status, await answer.text()); process.exit(1); } });
        "#;
        let port = self.port.to_string();
        let sent = Command::new("node").args(["-e", script, "--", &port, AZURE_ACCOUNT, AZURE_KEY, method, path, body]).output().expect("node is there");
        assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    }

    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let answer = send(&format!("127.0.0.1:{}", self.port), method, path, headers, body.as_bytes()).expect("the emulator answers");
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }
}

/// A header by which moto tells which service is meant; nothing is verified.
fn authorization(service: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0")
}
