//! `nightowl serve` as a child process on a free port.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where the server does not start or end as it should")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value as Json;

use crate::http::{Answer, send};
use crate::shell::Shell;

/// A server that lives as long as this.
#[derive(Debug)]
pub struct Server<'a> {
    shell: &'a Shell,
    child: Child,
    address: String,
    /// What it wrote to stderr, at its end.
    log: Option<JoinHandle<String>>,
}

impl<'a> Server<'a> {
    /// Starts a server in a shell and waits until it says where it listens.
    pub fn start(shell: &'a Shell, arguments: &[&str]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = shell.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        let address = loop {
            let mut line = String::new();
            if stderr.read_line(&mut line).unwrap() == 0 {
                break None;
            }
            log.push_str(&line);
            if let Some((_, address)) = line.split_once("listening on http://") {
                break Some(address.trim_end().to_owned());
            }
        };
        let address = address.unwrap_or_default();
        assert!(!address.is_empty(), "the server did not start: {log}");
        // what it says is read all the time, so that it never waits for a reader
        let log = std::thread::spawn(move || {
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        Self { shell, child, address, log: Some(log) }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request; its answer shows no secret.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let answer = send(&self.address, method, path, headers, body.as_ref()).expect("an answer");
        self.shell.assert_clean(path, &answer.body);
        answer
    }

    /// Sends a trigger with a token.
    pub fn trigger(&self, token: &str, body: &Json) -> Answer {
        self.send("POST", "/pipeline/data", &[("Authorization", &format!("pat {token}"))], body.to_string())
    }

    /// Asks the server to stop, without waiting for it.
    pub fn terminate(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
    }

    /// Ends the server at once, in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let log = self.log.take().expect("the server has not ended before").join().unwrap();
        self.shell.assert_clean("the log", &log);
    }

    /// Asks the server to stop and waits for its end; gives what it wrote to stderr.
    pub fn stop(mut self) -> String {
        self.terminate();
        self.wait()
    }

    /// Waits for the end of a server that was asked to stop; it ends well and tells no secret.
    pub fn wait(&mut self) -> String {
        let ended = self.child.wait().unwrap();
        let log = self.log.take().expect("the server has not ended before").join().unwrap();
        assert!(ended.success(), "{ended}: {log}");
        self.shell.assert_clean("the log", &log);
        log
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        if self.log.is_some() && self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}
