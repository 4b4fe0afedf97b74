//! Batches of a province's stream, signed as a province signs them.

use api::exchange::v1 as wire;
use gm::{PrivateKey, Signer as _};
use personal_data::OsRandom;
use rand_core::UnwrapErr;

/// A batch under a good signature of the chain's head.
///
/// # Panics
/// If it is empty.
pub fn signed(province: &str, key: &PrivateKey, envelopes: Vec<wire::Envelope>) -> wire::PushChangesRequest {
    let last = envelopes.last().expect("a batch holds something");
    let message = [
        b"jianzheng exchange head v1".as_slice(),
        province.as_bytes(),
        &last.sequence.to_be_bytes(),
        &last.hash,
    ]
    .concat();
    let signature = key
        .sign(&message, &mut UnwrapErr(OsRandom))
        .expect("a software key signs");
    wire::PushChangesRequest {
        head_signature: signature.to_der().into(),
        key_id: Default::default(),
        envelopes,
    }
}
