//! What a verifier is lenient about, by name.

use jiff::SignedDuration;

/// What follows from a maker's certificate (制章者证书) that had expired when the document was signed, though it was
/// valid when the seal was made (domain §4.8 d).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MakerExpiry {
    /// GM/T 0031-2014 and GB/T 38540-2020: the seal fails. Version 5 seals follow their own rule.
    #[default]
    Fail,
    /// As GM/T 0031-2025 has it for version 5, for all versions: a warning.
    WarnIfValidAtCreation,
}

/// What follows where no revocation list is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RevocationRule {
    /// Specimens may be authentic without; for anything else the verifier cannot say.
    #[default]
    RequiredExceptSpecimens,
    /// A remark only: for callers that learn of revocation elsewhere, as the register does.
    Optional,
}

/// How strictly to judge, and how much a file may cost.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The maker's certificate.
    pub maker_expiry: MakerExpiry,
    /// Revocation lists.
    pub revocation: RevocationRule,
    /// How far a stated time may lie ahead of the present.
    pub clock_tolerance: SignedDuration,
    /// Bounds for OFD packages.
    pub ofd: ofd::Limits,
    /// Bounds for PDF files.
    pub pdf: pdf::Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            maker_expiry: MakerExpiry::default(),
            revocation: RevocationRule::default(),
            clock_tolerance: SignedDuration::from_mins(5),
            ofd: ofd::Limits::default(),
            pdf: pdf::Limits::default(),
        }
    }
}
