//! What a platform answers is verified wholly before it is journalled: it signs what was sent, with the certificate on
//! file, which the seal lists, and the signature is valid.

use gm::Verifier as _;
use seal_format::{SignedSeal, Stamp};

use crate::backend::Fault;

/// Checks one SES_Signature against the TBS that was sent.
pub(super) fn check(value: &[u8], tbs: &[u8], stamp: &Stamp) -> Result<(), Fault> {
    let invalid = |what: &str| Fault::AnswerInvalid(what.to_owned());
    let signed = SignedSeal::parse(value)
        .map_err(|error| Fault::AnswerInvalid(format!("no SES_Signature: {error}")))?;
    let expected = stamp.signer();
    if signed.signer_der() != expected.der() {
        return Err(changed(&signed));
    }
    if signed.signed_bytes() != tbs {
        return Err(invalid("it signs other bytes than those sent"));
    }
    if signed.signature_algorithm() != gm::oid::SM2_WITH_SM3 {
        return Err(invalid("it is signed with another algorithm than SM2"));
    }
    let key = expected
        .public_key()
        .ok_or_else(|| invalid("the certificate has no key"))?;
    key.verify_bytes(tbs, signed.signature())
        .map_err(|_| invalid("its signature is not valid"))
}

/// Names the certificate that took the place of the one on file.
fn changed(signed: &SignedSeal) -> Fault {
    match signed.signer() {
        Ok(certificate) => Fault::SignerChanged {
            subject: certificate
                .subject()
                .common_name()
                .unwrap_or_default()
                .chars()
                .take(100)
                .collect(),
            serial: hex::encode(certificate.serial()),
        },
        Err(_) => Fault::AnswerInvalid("its signer's certificate cannot be read".to_owned()),
    }
}

#[cfg(test)]
mod tests;
