//! What every door does with a trigger: the envelope, the principal, the engine, the answer (design.md §3).

mod answer;
mod envelope;
mod error;
pub mod event;
mod fire;
mod position;

pub use answer::TriggerAnswer;
pub use envelope::Envelope;
pub use error::{DoorError, class_of};
pub use fire::{Delivery, Fire, Submitted};
pub use position::Position;

pub(crate) use position::hash_of;
