//! Chinese commercial cryptography and its certificates, behind small traits.
//!
//! SM2 (GB/T 32918), SM3 (GB/T 32905) and SM4 (GB/T 32907) come from the RustCrypto crates; this crate adds what
//! the standards around them ask for: the signer's identity digest Z with the default identity, signature values
//! in both encodings that occur, X.509 certificates with SM2-with-SM3 and ECDSA-P256-SHA256 (RSA and
//! the other NIST curves are verified and never made: [`scheme`]), path validation that
//! reports every failed check, revocation lists, and `SignedData` in its CAdES and GB/T 35275 dress.
//!
//! Nothing here reads a clock or draws randomness of its own: instants and generators are arguments. Secret keys
//! are only ever touched by the constant-time code of `sm2` and `p256`.
//!
//! Reading is tolerant and keeps the original bytes of everything that a signature covers; writing is strict DER.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod asn1;
pub mod cades;
pub mod certificate;
pub mod chain;
pub mod finding;
pub mod key;
pub mod oid;
pub mod scheme;
mod signature;
pub mod signed_data;
pub mod sm3;
pub mod sm4;
pub mod timestamp;

pub use certificate::Certificate;
pub use finding::{Finding, Outcome};
pub use key::{Algorithm, PrivateKey, PublicKey, SignError, Signer, Verifier, VerifyingKey};
pub use signature::{InvalidSignature, Signature};
