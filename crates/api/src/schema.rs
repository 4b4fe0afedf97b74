//! Versions of what nation and provinces send each other: read here and nowhere else.
//!
//! **Upcasters live here.** When a version of [`ProvincialEvent`] is succeeded, its old form stays readable: a function
//! `from_v1` turns it into the present one before anybody else sees it. Every version that was ever released has goldens in
//! `tests/golden/` that are replayed in CI. What is of no version known here is never guessed at: the stream or the feed waits
//! for a newer program and loses nothing.

use prost::Message as _;

use crate::exchange::v1::{ProvincialEvent, PullChangesResponse};

/// The version of [`ProvincialEvent`] that this program writes.
pub const PROVINCIAL_EVENT: u32 = 1;

/// What is of a version, or of a kind, that this program does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSchema;

/// Reads the payload of an envelope, of any released version, in the present form.
///
/// # Errors
/// Another version or kind of event, or no event at all.
pub fn provincial_event(payload: &[u8]) -> Result<ProvincialEvent, UnknownSchema> {
    let event = ProvincialEvent::decode(payload).map_err(|_| UnknownSchema)?;
    match event.schema_version {
        PROVINCIAL_EVENT if event.event.is_some() => Ok(event),
        _ => Err(UnknownSchema),
    }
}

/// Whether a message of the nation's feed is of a kind that this program knows; its kinds are its versions.
///
/// # Errors
/// A kind that is newer than this program.
pub fn news(message: PullChangesResponse) -> Result<PullChangesResponse, UnknownSchema> {
    if message.event.is_some() {
        Ok(message)
    } else {
        Err(UnknownSchema)
    }
}
