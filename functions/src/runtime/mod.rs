//! The binary as a function of a platform (surface.md §16): detected from the environment, one file for each platform, all
//! over one [`Instance`], which opens its store at the first event.

mod answer;
#[cfg(feature = "azure")]
pub mod azure;
mod credentials;
mod error;
#[cfg(feature = "alibaba")]
pub mod function_compute;
mod instance;
mod invocation;
#[cfg(feature = "aws")]
pub mod lambda;
#[cfg(any(feature = "azure", feature = "alibaba"))]
mod listen;
mod platform;

pub use answer::{Answered, Failure};
pub use credentials::TemporaryCredentials;
pub use error::RuntimeError;
pub use instance::Instance;
pub use invocation::Invocation;
pub use platform::Platform;

use std::sync::Arc;

use nightowl_config::Sources;

/// Serves the platform until it ends the process.
///
/// # Errors
/// What keeps the process from serving; its exit code is never 0, so that a platform starts it again.
#[cfg_attr(not(any(feature = "aws", feature = "azure", feature = "alibaba")), expect(unused_variables, reason = "a build for no platform serves none"))]
pub async fn serve(instance: Arc<Instance>, sources: &Sources) -> Result<(), RuntimeError> {
    match instance.platform() {
        #[cfg(feature = "aws")]
        Platform::Lambda => Box::pin(lambda::serve(&instance, sources)).await,
        #[cfg(feature = "azure")]
        Platform::Azure => azure::serve(instance, sources).await,
        #[cfg(feature = "alibaba")]
        Platform::FunctionCompute => function_compute::serve(instance, sources).await,
        #[cfg(not(all(feature = "aws", feature = "azure", feature = "alibaba")))]
        platform => Err(RuntimeError::NotBuilt { platform }),
    }
}

/// Tells a platform that has an ear for it that the process can not start.
pub async fn refuse(platform: Platform, sources: &Sources, error: &RuntimeError) {
    #[cfg(feature = "aws")]
    if platform == Platform::Lambda {
        lambda::refuse(sources, error).await;
    }
    tracing::debug!(?platform, sources = sources.environment.len(), %error, "the process does not start");
}
