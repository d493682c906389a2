//! A handler that embeds the engine: one trigger document a line on stdin, one answer a line on stdout.
//!
//! `echo '{"code": "…", "data": {…}, "pat": "…"}' | cargo run --example handler`

use std::io::{Write, stdin, stdout};

use nightowl::{Nightowl, Sources};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let nightowl = Nightowl::open(&Sources::of_process()).await?;
    for line in stdin().lines() {
        let answer = match nightowl.trigger(&line?, None).await {
            Ok(answer) => answer.body(),
            Err(error) => error.body(),
        };
        writeln!(stdout(), "{answer}")?;
    }
    Ok(nightowl.close().await?)
}
