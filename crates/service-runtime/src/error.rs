//! The one error that crosses the wire.
//!
//! A service declares its reasons with [`reasons!`](crate::reasons): stable name, gRPC code, Chinese and English
//! text and what the caller can do. The table is documentation (`docs/errors.md` is generated from it), code and
//! test at once. A [`Refusal`] is one reason with its particulars. Whatever is not a reason becomes `INTERNAL`
//! with a random incident id: the detail stays in the log.

mod failure;
mod reason;
mod refusal;
mod shared;

pub use reason::{Reason, markdown};
pub use refusal::{Refusal, reason_of, sanitize};
pub use shared::*;

#[cfg(test)]
mod tests;
