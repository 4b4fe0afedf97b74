//! The key that signs what a QR symbol says offline (docs/keys.md): Ed25519, for nothing else.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use certificate_face::code::payload::{KeyId, Payload, PayloadError, SIGNATURE};
use certificate_face::facts::FaceFacts;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// Shared by all workers of the process.
#[derive(Clone)]
pub struct QrKey {
    pair: Arc<Ed25519KeyPair>,
    id: KeyId,
}

impl fmt::Debug for QrKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrKey")
            .field("id", &hex::encode(self.id))
            .finish()
    }
}

impl QrKey {
    /// Reads a private key in PKCS #8; `None` if it is none.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
        let id = *Sha256::digest(pair.public_key().as_ref()).first_chunk()?;
        Some(Self {
            pair: Arc::new(pair),
            id,
        })
    }

    /// `TOKEN#PAYLOAD` for a document of these facts that states this time.
    pub(crate) fn with_payload(
        &self,
        token: &str,
        facts: &FaceFacts<'_>,
        time: Timestamp,
    ) -> Result<String, PayloadError> {
        let sign = |message: &[u8]| -> Result<[u8; SIGNATURE], PayloadError> {
            let signature = self.pair.try_sign(message).map_err(|_| PayloadError::Facts)?;
            signature.as_ref().try_into().map_err(|_| PayloadError::Facts)
        };
        let text = Payload::of(facts, time).text(&format!("/q/{token}"), self.id, sign)?;
        Ok(text.trim_start_matches("/q/").to_owned())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    use certificate_face::code::payload::SignedText;
    use certificate_face::specimen;

    use super::*;

    const TOKEN: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQ";

    #[test]
    fn a_payload_is_signed_by_the_key_that_it_names_and_always_the_same() {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
        let key = QrKey::from_pkcs8(der.as_ref()).expect("a key");
        let printed = specimen::use_copy(2);
        let time = specimen::sealing().time;
        let text = key
            .with_payload(TOKEN, &printed.facts(), time)
            .expect("the facts fit");
        assert_eq!(
            text,
            key.with_payload(TOKEN, &printed.facts(), time).expect("again")
        );
        let signed = SignedText::parse(&format!("https://verify.example.cn/q/{text}")).expect("a payload");
        assert_eq!((signed.token.as_str(), signed.key), (TOKEN, key.id));
        let public = UnparsedPublicKey::new(&ED25519, pair.public_key());
        public
            .verify(&signed.message, &signed.signature)
            .expect("the signature holds");
        assert!(QrKey::from_pkcs8(b"no key").is_none());
    }

    #[test]
    fn the_longest_address_that_is_accepted_has_room_for_the_longest_payload() {
        let mut record = specimen::record(&"\u{20000}".repeat(50), 10);
        record.employer.name = "建".repeat(100);
        let printed = specimen::use_copy_of(&record);
        let pair = Ed25519KeyPair::generate().expect("a key");
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
        let key = QrKey::from_pkcs8(der.as_ref()).expect("a key");
        let text = key
            .with_payload(TOKEN, &printed.facts(), specimen::sealing().time)
            .expect("the facts fit");
        let (_, payload) = text.split_once('#').expect("a payload");
        assert!(
            payload.len() <= crate::issuing::LONGEST_PAYLOAD,
            "{}",
            payload.len()
        );
    }
}
