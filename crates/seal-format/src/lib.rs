//! Electronic seals: GB/T 38540-2020 (v4), GM/T 0031-2014 (v1) and GM/T 0031-2025 (v5), domain §4.4–4.8.
//!
//! A **seal** (`SESeal`) is a picture with its owner's name and certificates, signed by the seal maker. A **signed
//! seal** (`SES_Signature`, the `SignedValue.dat` of an OFD) binds a seal to the digest of a `Signature.xml` and is
//! signed by one of the certificates that the seal lists.
//!
//! All three versions are read, tolerantly and with the original bytes kept: what a signature covers is never
//! encoded again. Version 4 (version 5 on request) is written as strict DER.
//!
//! - [`Seal::parse`], [`SignedSeal::parse`]: views of what is there.
//! - [`SealDraft`]: makes a seal. [`Stamp`]: signs documents with one.
//! - [`verify`]: every step of the standards' verification as a finding of its own.
//! - [`PlainSignature`]: `Type="Sign"`, a signature without a seal.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod draft;
mod plain;
mod seal;
mod signed;
mod stamp;
pub mod verify;

pub use draft::{DraftError, SealDraft};
pub use plain::{PlainReport, PlainSignature, check as plain_check};
pub use seal::{Listed, Picture, PictureRef, Seal, Version};
pub use signed::{SignedSeal, TimeInfo};
pub use stamp::{Stamp, StampError, TbsSign};
