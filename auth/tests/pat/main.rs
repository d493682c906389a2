//! The life of a token, from issuing to refusal, over the stores in memory.
#![expect(clippy::expect_used, reason = "a test may stop where it stands")]

mod authenticator;
mod house;
mod stored;
mod verify;
