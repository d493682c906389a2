//! A shell of its own for each test: a folder that vanishes, an environment that holds nothing but what is said here,
//! and the binary run in it.
//!
//! Every outcome is looked at before the test sees it: whatever a test is about, no verb may panic, and none may print a
//! password or the secret part of a token.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where the machine does not do as it should")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::binary::nightowl;

/// The password of `imma-super` in every shell.
pub const SUPER_PASSWORD: &str = "Tawny-7-owls-at-noon";
/// The password of `imma-admin` in every shell.
pub const ADMIN_PASSWORD: &str = "Barn-8-owls-at-dusk!";

/// A folder, an environment, and the secrets that must not be seen.
#[derive(Debug)]
pub struct Shell {
    folder: TempDir,
    secrets: Mutex<Vec<String>>,
}

/// What a run of the binary left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none where a signal ended the process.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Default for Shell {
    fn default() -> Self {
        Self::new()
    }
}

impl Shell {
    /// A new folder with an empty data folder in it.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        Self { folder, secrets: Mutex::new(vec![SUPER_PASSWORD.to_owned(), ADMIN_PASSWORD.to_owned()]) }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder, with the folders above it; gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The file of the default store.
    pub fn database(&self) -> PathBuf {
        self.path("data/nightowl.db")
    }

    /// The binary with arguments, in the folder, with its data there and nothing of the machine's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(nightowl());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NIGHTOWL_DATA", self.path("data"))
            .env("NIGHTOWL_FIRST_SUPER_PASSWORD", SUPER_PASSWORD)
            .env("NIGHTOWL_FIRST_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, &[], b"")
    }

    /// Runs the binary to its end, with more variables and with something on its stdin.
    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)], stdin: &[u8]) -> Outcome {
        self.checked(arguments, self.end(arguments, variables, stdin))
    }

    fn end(&self, arguments: &[&str], variables: &[(&str, &str)], stdin: &[u8]) -> Outcome {
        let mut child = self.command(arguments).envs(variables.iter().copied()).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let content = stdin.to_vec();
        // A thread of its own: a process that prints before it has read everything would wait for us, and we for it. One
        // that ends without reading closes the pipe, which is its right.
        let writer = std::thread::spawn(move || pipe.write_all(&content).is_ok());
        let ended = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Outcome { code: ended.status.code(), stdout: text(ended.stdout), stderr: text(ended.stderr) }
    }

    fn checked(&self, arguments: &[&str], outcome: Outcome) -> Outcome {
        self.assert_clean(&format!("{arguments:?} on stdout"), &outcome.stdout);
        self.assert_clean(&format!("{arguments:?} on stderr"), &outcome.stderr);
        outcome
    }

    /// Ends the test where a text shows a panic or a secret.
    pub fn assert_clean(&self, what: &str, text: &str) {
        assert!(!text.contains("panicked"), "{what}: {text}");
        for secret in &*self.secrets.lock().unwrap() {
            assert!(!text.contains(secret.as_str()), "{what} shows a secret: {text}");
        }
    }

    /// From here on a text is a secret.
    pub fn keep_secret(&self, secret: &str) {
        self.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// Issues a token, with more arguments of `pat issue`. Its secret part may be seen nowhere else from here on.
    pub fn issue(&self, arguments: &[&str]) -> String {
        let arguments = [&["pat", "issue"], arguments].concat();
        let outcome = self.run(&arguments).expect(0);
        let token = outcome.stdout.trim_end().to_owned();
        self.keep_secret(secret_of(&token));
        token
    }

    /// The rows of a topic.
    pub fn rows(&self, topic: &str) -> Vec<Json> {
        self.run(&["rows", topic]).expect(0).lines()
    }

    /// How many rows a topic has.
    pub fn count(&self, topic: &str) -> usize {
        self.rows(topic).len()
    }
}

/// The secret part of a token: `ntwl_<key id>_<secret><check>` (surface.md §2.4).
pub fn secret_of(token: &str) -> &str {
    token.rsplit('_').next().unwrap()
}

impl Outcome {
    /// Ends the test where the exit code is another one.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Ends the test where stderr does not hold a text.
    pub fn saying(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "\"{text}\" is not in: {}", self.stderr);
        self
    }

    /// The documents on stdout, one a line.
    pub fn lines(&self) -> Vec<Json> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The document in the last line of stdout: the summary of the verbs that fire files.
    pub fn summary(&self) -> Json {
        serde_json::from_str(self.stdout.lines().last().expect("something is on stdout")).unwrap()
    }

    /// The summary's counts: done, failed, rejected, skipped.
    pub fn counts(&self) -> [u64; 4] {
        let summary = self.summary();
        let counts = ["done", "failed", "rejected", "skipped"].map(|key| summary[key].as_u64().unwrap());
        assert_eq!(summary["triggers"], counts.iter().sum::<u64>(), "{summary}");
        counts
    }
}

/// A file of the checkout, by its path from the root.
pub fn checkout(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).to_str().unwrap().to_owned()
}
