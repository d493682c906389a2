//! A proxy between a program and a database server that cuts a connection at a chosen moment: when bytes of the program
//! hold a chosen text.

#![expect(clippy::unwrap_used, reason = "a test ends where the machine does not do as it should")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What happens to the bytes that hold the text, and to their connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// They are not sent; both ends are closed.
    Before,
    /// Half of them is sent; both ends are closed.
    Within,
    /// They are sent, the answer is awaited and thrown away; both ends are closed.
    AnswerLost,
    /// They are not sent, and nobody is told: the connection stays open and silent.
    Silent,
}

impl Cut {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Before, Self::Within, Self::AnswerLost, Self::Silent];
}

/// What is waited for.
#[derive(Debug)]
struct Plan {
    /// Only what comes after this text was seen counts.
    armed_by: Option<Vec<u8>>,
    at: Vec<u8>,
    cut: Cut,
}

#[derive(Debug, Default)]
struct Shared {
    plan: Mutex<Option<Plan>>,
    cuts: AtomicUsize,
}

/// A proxy on a port of its own; it ends with this value.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to the server of a URL, and the URL that leads through it.
    pub async fn to(url: &str) -> (Self, String) {
        let (_, behind) = url.split_once("127.0.0.1:").unwrap();
        let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Shared>::default();
        let server = format!("127.0.0.1:{digits}");
        let task = tokio::spawn(accept(listener, server.clone(), Arc::clone(&shared)));
        let mut through = url.replace(&server, &format!("127.0.0.1:{port}"));
        // MySQL speaks TLS by itself; what it says is to be looked into here.
        if through.starts_with("mysql:") {
            through += "?ssl-mode=DISABLED";
        }
        (Self { port, shared, task }, through)
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Cuts one connection: the next one whose program sends `at` after any has sent `armed_by`.
    pub fn cut(&self, cut: Cut, armed_by: &str, at: &str) {
        *self.shared.plan.lock().unwrap() = Some(Plan { armed_by: Some(armed_by.into()), at: at.into(), cut });
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: String, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        // A server that is away closes the connection.
        if let Ok(server) = TcpStream::connect(&server).await {
            connections.spawn(carry(client, server, Arc::clone(&shared)));
        }
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, shared: Arc<Shared>) {
    let (mut sent, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut sent) => {
                let Some(bytes) = read.ok().filter(|count| *count > 0).and_then(|count| sent.get(..count)) else { return };
                let Some(cut) = shared.meets(bytes) else {
                    if server.write_all(bytes).await.is_err() {
                        return;
                    }
                    continue;
                };
                match cut {
                    Cut::Before => {}
                    Cut::Within => drop(server.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default()).await),
                    Cut::AnswerLost => {
                        drop(server.write_all(bytes).await);
                        drop(server.read(&mut answered).await);
                    }
                    Cut::Silent => tokio::time::sleep(Duration::from_secs(600)).await,
                }
                return;
            }
            read = server.read(&mut answered) => {
                let Some(bytes) = read.ok().filter(|count| *count > 0).and_then(|count| answered.get(..count)) else { return };
                if client.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Shared {
    /// Whether the bytes are those that are waited for.
    fn meets(&self, bytes: &[u8]) -> Option<Cut> {
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        let mut plan = self.plan.lock().unwrap();
        let waiting = plan.as_mut()?;
        if waiting.armed_by.as_ref().is_some_and(|text| holds(text)) {
            waiting.armed_by = None;
        }
        if waiting.armed_by.is_some() || !holds(&waiting.at) {
            return None;
        }
        let cut = waiting.cut;
        *plan = None;
        self.cuts.fetch_add(1, Ordering::SeqCst);
        Some(cut)
    }
}
