//! Time-stamp tokens (RFC 3161, RFC 5816, GB/T 20520): asking for them, making them, verifying them.
//!
//! Whoever wants a stamp sends a [`Request`] for the digest of some bytes and checks the answer with
//! [`Request::accept`] before it is used for anything; how the bytes travel is a matter of others. Whoever stamps is a
//! [`TimeStampAuthority`]. Whoever reads a token, of whichever producer, asks [`verify`].

mod authority;
mod info;
mod request;
mod response;
mod verify;

pub use authority::{Answer, NotATimeStampAuthority, TimeStampAuthority};
pub use info::TstInfo;
pub use request::{Imprint, Request};
pub use response::{Token, Unusable};
pub use verify::{Report, check, stated_time, verify, verify_parts};
