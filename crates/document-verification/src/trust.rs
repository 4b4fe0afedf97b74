//! The trust bundle: roots, issuing authorities and revocation lists, dated and signed (design §5).
//!
//! A folder holds [`file::STATEMENT`] with dates, authorities and the SHA-256 of the other files; [`file::SIGNATURE`],
//! base64 of an Ed25519 signature over it; [`file::KEY`], the key to check it with; and the certificates themselves.
//! The key in the folder proves that the files belong together. Who it belongs to is for the caller to know: by how
//! the folder came, or by comparing [`TrustBundle::key_fingerprint`].

mod key;
mod statement;

use gm::certificate::RevocationList;
use gm::chain::Trust;
use gm::{Certificate, PublicKey};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use status_list::Es256Verifier;
use tlog::Quorum;

use crate::finding::{Finding, check};
pub use key::SigningKey;
use statement::Statement;
pub use statement::{
    AnnouncementKey, BundleDraft, IssuingAuthority, LogRule, Named, QrKey, SignedBundle, SignerRule,
    StatusListKey,
};

/// Names of the files of a bundle.
pub mod file {
    /// What is signed.
    pub const STATEMENT: &str = "bundle.json";
    /// The signature over it.
    pub const SIGNATURE: &str = "bundle.sig";
    /// The key that verifies the signature.
    pub const KEY: &str = "bundle-key.pem";
    /// Root of the seal hierarchy, followed by its intermediates.
    pub const SEAL_ROOT: &str = "seal-root.pem";
    /// Root of the PDF hierarchy, followed by its intermediates.
    pub const PDF_ROOT: &str = "pdf-root.pem";
    /// Roots of time-stamping authorities, with their intermediates in any order. May be absent: the root of the
    /// hierarchy that a signature belongs to serves then.
    pub const TIMESTAMP_ANCHORS: &str = "timestamp-anchors.pem";
    /// Revocation lists of all. May be absent.
    pub const REVOCATION_LISTS: &str = "revocation-lists.pem";
}

/// The files of a bundle as read.
#[derive(Debug, Clone, Copy)]
pub struct BundleFiles<'a> {
    /// [`file::STATEMENT`].
    pub statement: &'a [u8],
    /// [`file::SIGNATURE`].
    pub signature: &'a [u8],
    /// [`file::KEY`].
    pub key: &'a [u8],
    /// [`file::SEAL_ROOT`].
    pub seal_root: &'a [u8],
    /// [`file::PDF_ROOT`].
    pub pdf_root: &'a [u8],
    /// [`file::TIMESTAMP_ANCHORS`].
    pub timestamp_anchors: Option<&'a [u8]>,
    /// [`file::REVOCATION_LISTS`].
    pub revocation_lists: Option<&'a [u8]>,
}

impl BundleFiles<'_> {
    /// The files that the statement gives the digests of, absent ones too.
    fn named(&self) -> [(&'static str, Option<&[u8]>); 4] {
        [
            (file::SEAL_ROOT, Some(self.seal_root)),
            (file::PDF_ROOT, Some(self.pdf_root)),
            (file::TIMESTAMP_ANCHORS, self.timestamp_anchors),
            (file::REVOCATION_LISTS, self.revocation_lists),
        ]
    }
}

/// The files of a bundle in memory, for callers that read a folder.
#[derive(Debug, Clone, Default)]
pub struct OwnedBundleFiles([Option<Vec<u8>>; 7]);

impl OwnedBundleFiles {
    /// Asks `read` for each file by its name; it answers none for one that is not there.
    ///
    /// # Errors
    /// What `read` fails with.
    pub fn read<E>(mut read: impl FnMut(&'static str) -> Result<Option<Vec<u8>>, E>) -> Result<Self, E> {
        let mut files = Self::default();
        for (place, name) in files.0.iter_mut().zip(FILES) {
            *place = read(name)?;
        }
        Ok(files)
    }

    /// The files as [`TrustBundle::open`] takes them.
    ///
    /// # Errors
    /// If one that must be there is not.
    pub fn as_files(&self) -> Result<BundleFiles<'_>, TrustError> {
        let [
            statement,
            signature,
            key,
            seal_root,
            pdf_root,
            timestamp_anchors,
            revocation_lists,
        ] = self.0.each_ref().map(Option::as_deref);
        Ok(BundleFiles {
            statement: statement.ok_or(TrustError::Missing(file::STATEMENT))?,
            signature: signature.ok_or(TrustError::Missing(file::SIGNATURE))?,
            key: key.ok_or(TrustError::Missing(file::KEY))?,
            seal_root: seal_root.ok_or(TrustError::Missing(file::SEAL_ROOT))?,
            pdf_root: pdf_root.ok_or(TrustError::Missing(file::PDF_ROOT))?,
            timestamp_anchors,
            revocation_lists,
        })
    }
}

const FILES: [&str; 7] = [
    file::STATEMENT,
    file::SIGNATURE,
    file::KEY,
    file::SEAL_ROOT,
    file::PDF_ROOT,
    file::TIMESTAMP_ANCHORS,
    file::REVOCATION_LISTS,
];

/// Why files are no trust bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A file that every bundle has is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A file cannot be read as what it must be.
    #[error("{0}: {1}")]
    Malformed(&'static str, &'static str),
    /// A file is not the one that the statement names.
    #[error("{0}: the digest is not the one in the statement")]
    Digest(&'static str),
    /// The signature over the statement does not hold.
    #[error("the signature of the trust bundle does not hold")]
    Signature,
    /// The dates or authorities make no sense.
    #[error("the trust bundle's statement: {0}")]
    Statement(&'static str),
    /// The key could not sign.
    #[error("the trust bundle could not be signed")]
    Sign,
}

/// Certificates of one hierarchy.
#[derive(Debug, Clone, Default)]
struct Anchors {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
}

/// A verified bundle.
#[derive(Debug, Clone)]
pub struct TrustBundle {
    statement: Statement,
    seal: Anchors,
    pdf: Anchors,
    timestamp_roots: Vec<Certificate>,
    revocation_lists: Vec<RevocationList>,
    fingerprint: [u8; 32],
}

impl TrustBundle {
    /// Checks signature and digests and reads the certificates. Whether the bundle is in force is asked later, with
    /// the present at hand.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn open(files: &BundleFiles<'_>) -> Result<Self, TrustError> {
        let public = key::public_from_pem(files.key)?;
        key::verify(&public, files.statement, files.signature)?;
        let statement = Statement::parse(files.statement)?;
        for (name, content) in files.named() {
            let actual = content.map(|content| hex::encode(Sha256::digest(content)));
            if statement.digest(name) != actual.as_deref() {
                return Err(TrustError::Digest(name));
            }
        }
        let revocation_lists = match files.revocation_lists {
            None => Vec::new(),
            Some(pem) => RevocationList::all_from_pem(text(file::REVOCATION_LISTS, pem)?)
                .map_err(|_| TrustError::Malformed(file::REVOCATION_LISTS, "not revocation lists in PEM"))?,
        };
        let mut seal = Anchors::read(file::SEAL_ROOT, files.seal_root)?;
        let mut pdf = Anchors::read(file::PDF_ROOT, files.pdf_root)?;
        let stamping = files.timestamp_anchors.map(Anchors::of_time_stamps).transpose()?;
        let stamping = stamping.unwrap_or_default();
        for side in [&mut seal, &mut pdf] {
            side.intermediates.extend(stamping.intermediates.iter().cloned());
        }
        Ok(Self {
            statement,
            seal,
            pdf,
            timestamp_roots: stamping.roots,
            revocation_lists,
            fingerprint: Sha256::digest(public).into(),
        })
    }

    /// Makes the signed files of a bundle.
    ///
    /// # Errors
    /// If what would be signed could not be opened again.
    pub fn sign(draft: &BundleDraft<'_>, key: &SigningKey) -> Result<SignedBundle, TrustError> {
        Self::sign_naming(draft, Named::default(), key)
    }

    /// The same for a bundle that names more than certificates.
    ///
    /// # Errors
    /// As [`TrustBundle::sign`].
    pub fn sign_naming(
        draft: &BundleDraft<'_>,
        also: Named<'_>,
        key: &SigningKey,
    ) -> Result<SignedBundle, TrustError> {
        let statement = draft.to_json(also)?;
        let signed = SignedBundle {
            signature: key.sign(&statement)?,
            key: key.public_pem(),
            statement,
        };
        Self::open(&BundleFiles {
            statement: &signed.statement,
            signature: signed.signature.as_bytes(),
            key: signed.key.as_bytes(),
            seal_root: draft.seal_root,
            pdf_root: draft.pdf_root,
            timestamp_anchors: draft.timestamp_anchors,
            revocation_lists: draft.revocation_lists,
        })?;
        Ok(signed)
    }

    /// When it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.statement.issued_at
    }

    /// After this instant it says nothing any more.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.statement.expires_at
    }

    /// The issuing authorities.
    #[must_use]
    pub fn authorities(&self) -> &[IssuingAuthority] {
        &self.statement.authorities
    }

    /// The keys by which a province signs its lists of announcements; none where the bundle names none.
    #[must_use]
    pub fn announcement_keys(&self, province: &str) -> Vec<PublicKey> {
        let own = |one: &&AnnouncementKey| one.province == province;
        let keys = self.statement.announcement_keys.iter().filter(own);
        keys.filter_map(AnnouncementKey::read).collect()
    }

    /// The keys that sign what QR symbols say offline.
    #[must_use]
    pub fn qr_keys(&self) -> &[QrKey] {
        &self.statement.qr_keys
    }

    /// The keys of status lists whose times, from when and until when they signed, are accepted.
    #[must_use]
    pub fn status_list_keys(
        &self,
        accepted: impl Fn(Timestamp, Option<Timestamp>) -> bool,
    ) -> Vec<Es256Verifier> {
        let keys = self.statement.status_list_keys.iter();
        keys.filter(|key| accepted(key.from, key.until))
            .filter_map(StatusListKey::read)
            .collect()
    }

    /// The transparency log and how many of which witnesses are to be believed; none where the bundle names none.
    #[must_use]
    pub fn log_quorum(&self) -> Option<Quorum> {
        self.statement.log.as_ref().and_then(LogRule::read)
    }

    /// SHA-256 of the raw public key that signed it.
    #[must_use]
    pub const fn key_fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// Whether it is in force. Once expired nothing can be said by it; a bundle from ahead of the present is a remark on
    /// the present, since callers verify as of past instants too.
    pub(crate) fn in_force(&self, now: Timestamp, tolerance: SignedDuration) -> Finding {
        let latest = now.checked_add(tolerance).unwrap_or(Timestamp::MAX);
        if now > self.expires_at() {
            Finding::cannot_say(check::BUNDLE, "trust_bundle_expired")
        } else if self.issued_at() > latest {
            Finding::warning(check::BUNDLE, "trust_bundle_not_yet_valid")
        } else {
            Finding::pass(check::BUNDLE)
        }
    }

    /// What seals are checked against.
    #[must_use]
    pub fn seal_trust(&self) -> Trust<'_> {
        self.trust(&self.seal)
    }

    /// What PDF signatures are checked against.
    #[must_use]
    pub fn pdf_trust(&self) -> Trust<'_> {
        self.trust(&self.pdf)
    }

    fn trust<'a>(&'a self, anchors: &'a Anchors) -> Trust<'a> {
        Trust {
            roots: &anchors.roots,
            time_stamping: &self.timestamp_roots,
            intermediates: &anchors.intermediates,
            revocation_lists: &self.revocation_lists,
            ocsp_responses: &[],
        }
    }

    /// Certificates of the seal side with the revocation lists, for callers that keep outcomes over time.
    pub(crate) fn seal_certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.seal.roots.iter().chain(&self.seal.intermediates)
    }

    pub(crate) fn revocation_lists(&self) -> &[RevocationList] {
        &self.revocation_lists
    }
}

impl Anchors {
    /// The first certificate is the root and must be one; the others stand in between.
    fn read(name: &'static str, pem: &[u8]) -> Result<Self, TrustError> {
        let malformed = |what| TrustError::Malformed(name, what);
        let mut certificates = certificates(name, pem)?;
        if certificates.is_empty() {
            return Err(malformed("no certificate"));
        }
        let root = certificates.remove(0);
        if !is_root(&root) {
            return Err(malformed("the first certificate is not a root"));
        }
        Ok(Self {
            roots: vec![root],
            intermediates: certificates,
        })
    }

    /// Several authorities may stamp: every root is one, wherever it stands.
    fn of_time_stamps(pem: &[u8]) -> Result<Self, TrustError> {
        let (roots, intermediates): (Vec<_>, Vec<_>) = certificates(file::TIMESTAMP_ANCHORS, pem)?
            .into_iter()
            .partition(is_root);
        if roots.is_empty() {
            return Err(TrustError::Malformed(file::TIMESTAMP_ANCHORS, "no root"));
        }
        Ok(Self { roots, intermediates })
    }
}

fn certificates(name: &'static str, pem: &[u8]) -> Result<Vec<Certificate>, TrustError> {
    Certificate::all_from_pem(text(name, pem)?)
        .map_err(|_| TrustError::Malformed(name, "not certificates in PEM"))
}

fn is_root(certificate: &Certificate) -> bool {
    certificate.is_authority()
        && certificate.is_self_issued()
        && certificate
            .verifying_key()
            .is_ok_and(|key| certificate.verify_signature(key).is_ok())
}

fn text<'a>(name: &'static str, bytes: &'a [u8]) -> Result<&'a str, TrustError> {
    std::str::from_utf8(bytes).map_err(|_| TrustError::Malformed(name, "not text"))
}
