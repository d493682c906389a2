//! A function of one's own on AWS Lambda with the engine in it: what it does not answer itself is an event for Nightowl.

use nightowl::Sources;
use nightowl::runtime::lambda::RuntimeApi;
use nightowl::runtime::{Answered, Instance, Platform};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sources = Sources::of_process();
    let (api, instance) = (RuntimeApi::of(&sources)?, Instance::load(Platform::Lambda, &sources)?);
    loop {
        let next = api.next().await?;
        let answered = match &*next.event {
            b"\"ping\"" => Ok(Answered::Result("pong".into())),
            event => instance.event(&next.invocation, event).await,
        };
        api.answer(&next.invocation, answered).await?;
    }
}
