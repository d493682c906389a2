//! Takes one event as a function runtime does, in a process of its own: its bytes on stdin, the result document on stdout.
//! Exit code 1 where the platform is to send it again.

use std::io::{Read, Write, stdin, stdout};
use std::process::ExitCode;

use nightowl::door::event::TimeBudget;
use nightowl::{Nightowl, Sources};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut event = Vec::new();
    stdin().read_to_end(&mut event)?;
    let nightowl = Box::pin(Nightowl::open(&Sources::of_process())).await?;
    let report = nightowl.event(&event, &TimeBudget::unlimited()).await;
    writeln!(stdout(), "{}", report.document())?;
    Box::pin(nightowl.close()).await?;
    Ok(ExitCode::from(u8::from(report.is_failed())))
}
