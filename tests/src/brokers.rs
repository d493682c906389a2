//! A Kafka broker of our own for tests: started once for a test process, in a folder and on a port of its own, and stopped
//! when the process ends, however it ends. Where it can not be had, its tests say so in a line that begins with `skipped: `.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::servers::{free_port, keeper, skipped};
use crate::tools;

/// The version that is kept.
const KAFKA: [&str; 2] = ["org.apache.kafka:kafka_2.13:4.1.0", "org.slf4j:slf4j-nop:1.7.36"];
/// How long it may take to start.
const START: Duration = Duration::from_secs(60);

/// One that runs.
#[derive(Debug)]
struct Running {
    address: String,
    /// When its input closes with this process, it stops the other one by its id and removes the folder.
    _keeper: Child,
}

static BROKER: OnceLock<Result<Running, String>> = OnceLock::new();

/// `host:port` of a Kafka broker that makes topics when they are asked for.
pub fn kafka() -> Option<&'static str> {
    match BROKER.get_or_init(|| start_kafka().map_err(|error| format!("{error:#}"))) {
        Ok(running) => Some(&running.address),
        Err(error) => {
            skipped(&format!("no Kafka broker can be had: {error}"));
            None
        }
    }
}

fn start_kafka() -> anyhow::Result<Running> {
    let jars = tools::jars("kafka", &KAFKA)?;
    let class_path = format!("{}/*", jars.display());
    let folder = tempfile::Builder::new().prefix("nightowl-broker-").tempdir()?.keep();
    let (port, controller) = (free_port()?, free_port()?);
    let settings = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.listener.names=CONTROLLER\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=PLAINTEXT\nlog.dirs={}\noffsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\nnum.partitions=2\nlog.retention.check.interval.ms=3600000\n",
        folder.join("data").display()
    );
    let file = folder.join("server.properties");
    std::fs::write(&file, settings)?;
    let java = |class: &str| {
        let mut command = Command::new("java");
        command.args(["-Xmx384m", "-cp", &class_path, class]);
        command
    };
    tools::run(java("kafka.tools.StorageTool").args(["format", "-t", "bmlnaHRvd2wtdGVzdHMtMQ", "-c"]).arg(&file))?;
    serve(&folder, port, java("kafka.Kafka").arg(&file))
}

/// Starts a server, and waits until its port answers.
fn serve(folder: &Path, port: u16, command: &mut Command) -> anyhow::Result<Running> {
    let pid_file = folder.join("pid");
    let keeper = keeper(folder, &pid_file)?;
    let log = std::fs::File::create(folder.join("log"))?;
    let mut server = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
    std::fs::write(&pid_file, server.id().to_string())?;
    let (address, began) = (format!("127.0.0.1:{port}"), Instant::now());
    while TcpStream::connect(&address).is_err() {
        if let Some(status) = server.try_wait()? {
            bail!("it ended with {status}: {}", std::fs::read_to_string(folder.join("log"))?.trim());
        }
        if began.elapsed() > START {
            bail!("it did not start");
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(Running { address, _keeper: keeper })
}
