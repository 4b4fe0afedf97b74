//! Making seals.

use gm::{
    Algorithm, Certificate, SignError, Signature, Signer,
    asn1::{Writer, generalized_time, tag},
};
use jiff::Timestamp;
use rand_core::CryptoRng;

use crate::{Picture, Seal, Version};

/// A seal to be made: everything that the seal maker signs.
#[derive(Clone)]
pub struct SealDraft {
    /// Version 4 for the largest number of readers, or 5.
    pub version: Version,
    /// Identifier of the seal, ASCII.
    pub es_id: String,
    /// Identifier of the maker's software (Vid), ASCII.
    pub vendor: String,
    /// Type number: 1 for an organisation's seal.
    pub kind: i64,
    /// Name on the seal.
    pub name: String,
    /// The certificates that may sign with it.
    pub signers: Vec<Certificate>,
    /// When it is made.
    pub created: Timestamp,
    /// The first second at which it may be used.
    pub valid_from: Timestamp,
    /// The last second at which it may be used.
    pub valid_until: Timestamp,
    /// Its picture.
    pub picture: Picture,
}

/// Why a seal was not made.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The draft is not one that may be written.
    #[error("{0}")]
    Refused(&'static str),
    /// The key could not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl SealDraft {
    /// The bytes that the seal maker signs: DER of `SES_SealInfo`.
    pub fn to_be_signed(&self) -> Result<Vec<u8>, DraftError> {
        self.check()?;
        let mut out = Writer::new();
        out.sequence(|info| {
            info.sequence(|header| {
                header.ia5("ES").integer(self.version.number()).ia5(&self.vendor);
            });
            info.ia5(&self.es_id);
            info.sequence(|property| {
                property
                    .integer(self.kind)
                    .utf8(&self.name)
                    .integer(1)
                    .sequence(|list| {
                        for signer in &self.signers {
                            list.octets(signer.der());
                        }
                    });
                for at in [self.created, self.valid_from, self.valid_until] {
                    property.element(tag::GENERALIZED_TIME, generalized_time(at).as_bytes());
                }
            });
            info.sequence(|picture| {
                picture.ia5(&self.picture.format).octets(&self.picture.bytes);
                picture
                    .integer(i64::from(self.picture.width))
                    .integer(i64::from(self.picture.height));
            });
        });
        Ok(out.finish())
    }

    /// Puts the seal together from the bytes of [`SealDraft::to_be_signed`] and the maker's signature over them.
    pub fn assemble(
        to_be_signed: &[u8],
        maker: &Certificate,
        signature: &Signature,
    ) -> Result<Seal, DraftError> {
        let mut out = Writer::new();
        out.sequence(|seal| {
            seal.raw(to_be_signed)
                .octets(maker.der())
                .oid(signature.algorithm().oid())
                .bits(&signature.to_der());
        });
        Seal::parse(&out.finish()).map_err(|_| DraftError::Refused("the signed bytes are no seal"))
    }

    /// Makes the seal with the maker's key at hand.
    pub fn make(
        &self,
        maker: &Certificate,
        signer: &dyn Signer,
        rng: &mut dyn CryptoRng,
    ) -> Result<Seal, DraftError> {
        if maker.public_key() != Some(signer.public_key()) {
            return Err(DraftError::Refused(
                "the maker's certificate and key do not belong together",
            ));
        }
        if !maker.is_valid_at(self.created) {
            return Err(DraftError::Refused(
                "the maker's certificate is not valid when the seal is made",
            ));
        }
        let to_be_signed = self.to_be_signed()?;
        let signature = signer.sign(&to_be_signed, rng)?;
        Self::assemble(&to_be_signed, maker, &signature)
    }

    fn check(&self) -> Result<(), DraftError> {
        let ascii = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        let sm2 = |one: &Certificate| {
            one.public_key()
                .is_some_and(|key| key.algorithm() == Algorithm::Sm2WithSm3)
        };
        let faults = [
            (self.version == Version::V1, "version 1 is read, not written"),
            (
                !ascii(&self.es_id) || !ascii(&self.vendor),
                "identifiers are printable ASCII",
            ),
            (self.name.is_empty(), "a seal has a name"),
            (self.signers.is_empty(), "a seal lists who may sign with it"),
            (!self.signers.iter().all(sm2), "seals are signed with SM2"),
            (
                self.valid_until < self.valid_from,
                "validity ends before it begins",
            ),
            (
                !ascii(&self.picture.format) || self.picture.bytes.is_empty(),
                "a seal has a picture",
            ),
            (
                self.picture.width == 0 || self.picture.height == 0,
                "a picture has a size",
            ),
        ];
        match faults.into_iter().find(|(faulty, _)| *faulty) {
            Some((_, reason)) => Err(DraftError::Refused(reason)),
            None => Ok(()),
        }
    }
}
