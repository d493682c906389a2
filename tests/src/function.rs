//! The binary as a function platform starts it: a child process without a verb, told by its environment where it is.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where the process does not start or end as it should")]

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::http::{Answer, send};
use crate::shell::Shell;

/// How long a process may take until it listens. Platforms wait longer; the machine of a test may be slow.
const START: Duration = Duration::from_secs(60);

/// A function that lives as long as this.
#[derive(Debug)]
pub struct Function<'a> {
    shell: &'a Shell,
    child: Child,
    address: String,
    output: Option<[JoinHandle<String>; 2]>,
}

/// How a function ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
    /// How long that took from the moment in which it was asked.
    pub took: Duration,
}

/// A port of this machine that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl<'a> Function<'a> {
    /// Starts the binary without a verb, with more variables.
    pub fn start(shell: &'a Shell, variables: &[(&str, &str)]) -> Self {
        let mut child = shell.command(&[]).envs(variables.iter().copied()).spawn().unwrap();
        let output = [read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap())];
        Self { shell, child, address: String::new(), output: Some(output) }
    }

    /// Starts the binary and waits until it listens on a port.
    pub fn listening(shell: &'a Shell, port: u16, variables: &[(&str, &str)]) -> Self {
        let mut function = Self::start(shell, variables);
        function.address = format!("127.0.0.1:{port}");
        let began = Instant::now();
        while TcpStream::connect(&function.address).is_err() {
            assert!(function.child.try_wait().unwrap().is_none(), "it ended: {:?}", function.wait());
            assert!(began.elapsed() < START, "nothing listens on {}", function.address);
            thread::sleep(Duration::from_millis(10));
        }
        function
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

    /// Asks it to end, as a platform does, and waits for that.
    pub fn stop(mut self) -> Ended {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        self.wait()
    }

    /// Waits for its end; what it wrote shows no secret.
    pub fn wait(&mut self) -> Ended {
        let asked = Instant::now();
        let status = self.child.wait().unwrap();
        let took = asked.elapsed();
        let [stdout, stderr] = self.output.take().expect("it has not ended before").map(|reader| reader.join().unwrap());
        self.shell.assert_clean("stdout", &stdout);
        self.shell.assert_clean("stderr", &stderr);
        Ended { status, stdout, stderr, took }
    }
}

impl Drop for Function<'_> {
    fn drop(&mut self) {
        if self.output.is_some() && self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// Reads all the time, so that the process never waits for a reader.
fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}
