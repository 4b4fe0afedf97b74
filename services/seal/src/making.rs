//! One making of a seal: what documents carry, without any key.

use gm::Certificate;
use jiff::Timestamp;
use seal_format::{Seal, Stamp};

use crate::keystore::PROPERTY_INFO;

/// The kinds of document. Two have a key of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// An OFD, sealed per GB/T 38540 with SM2.
    Ofd,
    /// A PDF, signed per ETSI EN 319 142 with ECDSA P-256.
    Pdf,
    /// The same PDF as a file of its own, signed per GB/T 35275 with SM2 by the signer of the seal (decision 0024).
    PdfSm2,
}

impl Kind {
    /// Those with a key of their own.
    pub(crate) const KEYS: [Self; 2] = [Self::Ofd, Self::Pdf];

    /// The kind whose key and chain sign it.
    #[must_use]
    pub(crate) const fn signed_as(self) -> Self {
        match self {
            Self::Ofd | Self::PdfSm2 => Self::Ofd,
            Self::Pdf => Self::Pdf,
        }
    }

    /// As stored and configured.
    #[must_use]
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Ofd => "ofd",
            Self::Pdf => "pdf",
            Self::PdfSm2 => "pdf_sm2",
        }
    }

    /// Of a stored code; the schema allows no other.
    pub(crate) fn from_code(code: &str) -> Self {
        match code {
            "ofd" => Self::Ofd,
            "pdf_sm2" => Self::PdfSm2,
            _ => Self::Pdf,
        }
    }

    /// The algorithm of its key.
    #[must_use]
    pub(crate) const fn algorithm(self) -> gm::Algorithm {
        match self {
            Self::Ofd | Self::PdfSm2 => gm::Algorithm::Sm2WithSm3,
            Self::Pdf => gm::Algorithm::EcdsaP256Sha256,
        }
    }
}

/// What a key is called in every backend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyName {
    /// The seal's id: `specimen` of `seals/specimen`.
    pub(crate) seal: String,
    /// 0: installed beside the seal; the service makes 1, 2, ….
    pub(crate) generation: u32,
    /// What it signs: one of [`Kind::KEYS`].
    pub(crate) kind: Kind,
}

impl std::fmt::Display for KeyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.seal, self.kind.code())?;
        match self.generation {
            0 => Ok(()),
            generation => write!(f, "-{generation}"),
        }
    }
}

/// A seal as it was made once, with the chains of its two signers.
#[derive(Debug)]
pub(crate) struct Making {
    /// `seals/{seal}`
    pub(crate) name: String,
    /// Which keys sign with it.
    pub(crate) key_generation: u32,
    /// Signs OFD documents.
    pub(crate) stamp: Stamp,
    /// Chain of the seal signer, the signer first.
    pub(crate) seal_chain: Vec<Certificate>,
    /// Chain of the PDF signer, the signer first.
    pub(crate) pdf_chain: Vec<Certificate>,
    /// Whether all of its certificates carry the SPECIMEN policy.
    pub(crate) specimen: bool,
    /// SM3 of the SESeal.
    pub(crate) digest: [u8; 32],
}

impl Making {
    /// Puts a making together. The seal must list its signer, and either all certificates are specimens or none is.
    ///
    /// # Errors
    /// What does not belong together.
    pub(crate) fn assemble(
        name: &str,
        key_generation: u32,
        seal: &Seal,
        seal_chain: Vec<Certificate>,
        pdf_chain: Vec<Certificate>,
    ) -> Result<Self, String> {
        let (Some(own), Some(_)) = (seal_chain.first(), pdf_chain.first()) else {
            return Err("has an empty chain".to_owned());
        };
        let stamp = Stamp::new(seal, own, PROPERTY_INFO).map_err(|error| error.to_string())?;
        let maker = seal.maker().map_err(|error| error.to_string())?;
        let mut marks = seal_chain.iter().chain(&pdf_chain).map(Certificate::is_specimen);
        let specimen = maker.is_specimen();
        if marks.any(|mark| mark != specimen) {
            return Err("mixes specimen certificates with others".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            key_generation,
            digest: gm::sm3::digest(seal.der()),
            stamp,
            seal_chain,
            pdf_chain,
            specimen,
        })
    }

    /// The chain of one signer.
    #[must_use]
    pub(crate) fn chain(&self, kind: Kind) -> &[Certificate] {
        match kind {
            Kind::Ofd | Kind::PdfSm2 => &self.seal_chain,
            Kind::Pdf => &self.pdf_chain,
        }
    }

    /// The key of one signer.
    #[must_use]
    pub(crate) fn key(&self, kind: Kind) -> KeyName {
        KeyName {
            seal: id(&self.name).to_owned(),
            generation: self.key_generation,
            kind: kind.signed_as(),
        }
    }
}

/// `specimen` of `seals/specimen`.
pub(crate) fn id(name: &str) -> &str {
    name.strip_prefix("seals/").unwrap_or(name)
}

/// A GeneralizedTime has whole seconds; a signature never states a later instant than the clock's.
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
