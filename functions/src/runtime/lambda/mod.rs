//! AWS Lambda, as a custom runtime (surface.md §16.1).
//!
//! The runtime interface is spoken here in plain words, since the crate that the vendor keeps for it ends the process where
//! a variable is missing or an extension can not be registered, and takes events as parsed values only.

mod api;

use std::time::Duration;

use nightowl_config::Sources;
use nightowl_core::error::Coded as _;

pub use api::{Next, RuntimeApi};

use super::{Failure, Instance, Platform, RuntimeError};
use crate::shutdown;

/// The variable with the address of the runtime interface.
const API: &str = "AWS_LAMBDA_RUNTIME_API";
/// How long giving back takes at most: the platform kills the process 300 ms after SIGTERM where extensions of others run.
const RELEASE: Duration = Duration::from_millis(240);
/// How often the interface is asked again for the next event before the process gives up, and how long it rests in between.
const TRIES: u32 = 5;
const REST: Duration = Duration::from_millis(200);

/// Serves invocations, one at a time, until the process is asked to end.
pub(super) async fn serve(instance: &Instance, sources: &Sources) -> Result<(), RuntimeError> {
    let api = RuntimeApi::of(sources)?;
    // without an extension the platform would end the process without a word
    match api.register().await {
        Ok(extension) => drop(tokio::spawn({
            let api = api.clone();
            async move { api.listen(&extension).await }
        })),
        Err(error) => tracing::warn!(%error, "no SIGTERM will come; the worker id is free when its lease ends"),
    }
    tokio::select! {
        ended = invocations(instance, &api) => ended?,
        () = shutdown::requested() => {}
    }
    instance.release(RELEASE).await;
    Ok(())
}

async fn invocations(instance: &Instance, api: &RuntimeApi) -> Result<(), RuntimeError> {
    let mut failures = 0;
    loop {
        let next = match api.next().await {
            Ok(next) => next,
            Err(_) if failures < TRIES => {
                failures += 1;
                tokio::time::sleep(REST).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        failures = 0;
        let answered = instance.event(&next.invocation, &next.event).await;
        if let Err(error) = api.answer(&next.invocation, answered).await {
            tracing::error!(request_id = next.invocation.request_id, %error, "an invocation could not be answered");
        }
    }
}

/// Tells the platform why the process does not start.
pub(super) async fn refuse(sources: &Sources, error: &RuntimeError) {
    let failure = Failure { code: error.code(), message: error.to_string(), may_work_later: false };
    let told = match RuntimeApi::of(sources) {
        Ok(api) => api.refuse(&failure).await,
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        tracing::debug!(%error, platform = Platform::Lambda.as_str(), "the platform could not be told");
    }
}
