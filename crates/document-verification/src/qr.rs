//! What a QR symbol proves without a network: *genuine when it was made, present status unknown*.
//!
//! The payload behind `#` (`certificate_face::code::payload`) is signed by a key of the trust bundle. It says nothing
//! about today: a certificate revoked since still reads the same.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use certificate_face::code::payload::{Payload, PayloadError, SignedText};
use domain::calendar::day_of;
use jiff::{SignedDuration, Timestamp};

use crate::trust::TrustBundle;

/// A symbol that proves itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenuineSymbol {
    /// What it says.
    pub payload: Payload,
    /// The token, by which the register answers for the present.
    pub token: String,
    /// Name of the authority whose key signed.
    pub authority: String,
    /// Signed by a key of specimens.
    pub specimen: bool,
    /// By the symbol alone its use is over: the last day of use, or of every specialty, has passed.
    pub ended: bool,
}

/// Why a symbol proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SymbolRefused {
    /// It carries no payload of this format.
    #[error(transparent)]
    Unreadable(#[from] PayloadError),
    /// The bundle is past its date and can say nothing.
    #[error("the trust bundle has expired")]
    BundleExpired,
    /// No key of the bundle has the name that the payload gives: another register's, or a forger's.
    #[error("no key of the trust bundle signed this symbol")]
    UnknownKey,
    /// The signature does not hold: forged, or altered since.
    #[error("the signature of the symbol does not hold")]
    Signature,
    /// It claims a time at which its key did not sign, or that is yet to come.
    #[error("the symbol claims a time at which its key did not sign")]
    Time,
}

/// A clock of a checker may be behind by this much.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Verifies the text of a symbol by the bundle alone.
///
/// # Errors
/// Why it proves nothing.
pub fn verify_symbol(
    bundle: &TrustBundle,
    text: &str,
    now: Timestamp,
) -> Result<GenuineSymbol, SymbolRefused> {
    let signed = SignedText::parse(text)?;
    if now > bundle.expires_at() {
        return Err(SymbolRefused::BundleExpired);
    }
    // Names of keys are short: more than one may bear the same.
    let mut named = bundle
        .qr_keys()
        .iter()
        .filter(|key| key.id() == Some(signed.key))
        .peekable();
    named.peek().ok_or(SymbolRefused::UnknownKey)?;
    let signer = named.find(|key| {
        key.raw().is_some_and(|raw| {
            UnparsedPublicKey::new(&ED25519, raw)
                .verify(&signed.message, &signed.signature)
                .is_ok()
        })
    });
    let signer = signer.ok_or(SymbolRefused::Signature)?;
    let made = signed.payload.time;
    let latest = now.checked_add(TOLERANCE).unwrap_or(Timestamp::MAX);
    if made > latest || made < signer.from || signer.until.is_some_and(|until| made > until) {
        return Err(SymbolRefused::Time);
    }
    let today = day_of(now);
    let payload = signed.payload;
    let unused = payload.use_until.is_some_and(|last| last < today);
    let dead = payload.specialties.iter().all(|(_, last)| *last < today);
    let authority = bundle
        .authorities()
        .iter()
        .find(|one| one.credit_code == signer.authority);
    Ok(GenuineSymbol {
        ended: unused || dead,
        authority: authority.map_or_else(|| signer.authority.clone(), |one| one.name.clone()),
        specimen: signer.specimen,
        token: signed.token,
        payload,
    })
}
