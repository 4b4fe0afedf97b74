//! What a sealed file must stand before it is handed out: everything that `document-verification` asks of anybody's
//! file, and that what is sealed is what was intended. Facts, glyphs and metadata were proved equal by the lint on the
//! very bytes that the signatures cover.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use certificate_face::lint::Sealed;
use document_verification::trust::OwnedBundleFiles;
use document_verification::{Outcome, Policy, RevocationRule, TrustBundle, Verifier};
use domain::certificate::FactsRecord;
use jiff::Timestamp;

use super::{Failure, Stop};

/// The trust bundle against which sealed files are verified.
#[derive(Debug)]
pub(crate) struct DocumentTrust(Verifier);

/// The trust folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct TrustError {
    path: PathBuf,
    problem: String,
}

impl DocumentTrust {
    /// Reads the bundle of a folder.
    pub(crate) fn open(folder: &Path) -> Result<Self, TrustError> {
        let files = OwnedBundleFiles::read(|name| {
            let path = folder.join(name);
            match std::fs::read(&path) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(TrustError {
                    path,
                    problem: error.to_string(),
                }),
            }
        })?;
        let bundle = files.as_files().and_then(|files| TrustBundle::open(&files));
        let bundle = bundle.map_err(|error| TrustError {
            path: folder.to_owned(),
            problem: error.to_string(),
        })?;
        // The register itself knows which seals are in use.
        let policy = Policy {
            revocation: RevocationRule::Optional,
            ..Policy::default()
        };
        Ok(Self(Verifier::new(bundle, policy)))
    }
}

impl DocumentTrust {
    /// The bundle itself.
    pub(crate) const fn bundle(&self) -> &TrustBundle {
        self.0.bundle()
    }

    /// Whether a file stands everything that is asked of anybody's, at an instant.
    pub(crate) fn stands(&self, file: &[u8], now: Timestamp) -> bool {
        self.0.verify(file, now).is_fit_to_issue()
    }
}

/// What the files must be over.
pub(super) struct Expected<'a> {
    pub(super) facts: &'a FactsRecord,
    /// SM3 of `Signature.xml`, as the intent has it.
    pub(super) data_hash: [u8; 32],
    /// SHA-256 of the byte range, as the intent has it.
    pub(super) byte_range: [u8; 32],
    /// SM3 of the same, as the intent has it.
    pub(super) byte_range_sm3: Option<[u8; 32]>,
    /// The present by the register clock.
    pub(super) now: Timestamp,
}

/// Verifies the files of a set.
pub(super) fn verify(
    Sealed { ofd, pdf, pdf_sm2 }: &Sealed,
    trust: &DocumentTrust,
    expected: &Expected<'_>,
) -> Result<(), Failure> {
    if trust.0.bundle().expires_at() < expected.now {
        return Err(Failure::Postponed("the trust bundle has expired".to_owned()));
    }
    let over =
        ofd_digest(ofd).ok_or_else(|| Stop::new("OFD_NOT_VERIFIED", "its signature cannot be found"))?;
    if over != expected.data_hash {
        return Err(Stop::new("OFD_NOT_VERIFIED", "what is sealed is not what was intended").into());
    }
    let sha256 = pdf_digest(pdf, |signature| signature.sha256());
    covers(sha256, Some(expected.byte_range), "PDF_NOT_VERIFIED")?;
    stands(ofd, trust, expected, "OFD_NOT_VERIFIED")?;
    stands(pdf, trust, expected, "PDF_NOT_VERIFIED")?;
    match pdf_sm2 {
        None => Ok(()),
        Some(pdf) => {
            covers(
                pdf_digest(pdf, sm3),
                expected.byte_range_sm3,
                "PDF_SM2_NOT_VERIFIED",
            )?;
            Ok(stands(pdf, trust, expected, "PDF_SM2_NOT_VERIFIED")?)
        }
    }
}

/// What a PDF's signature covers is what was intended.
fn covers(over: Option<[u8; 32]>, intended: Option<[u8; 32]>, reason: &'static str) -> Result<(), Stop> {
    match over {
        None => Err(Stop::new(reason, "its signature cannot be found")),
        Some(over) if Some(over) != intended => {
            Err(Stop::new(reason, "what is signed is not what was intended"))
        }
        Some(_) => Ok(()),
    }
}

fn stands(
    bytes: &[u8],
    trust: &DocumentTrust,
    expected: &Expected<'_>,
    reason: &'static str,
) -> Result<(), Stop> {
    let report = trust.0.verify(bytes, expected.now);
    if !report.is_fit_to_issue() {
        let remarks: Vec<String> = report
            .remarks()
            .filter(|finding| finding.result != Outcome::Pass)
            .map(|finding| format!("{}: {}", finding.check, finding.reason))
            .collect();
        return Err(Stop::new(
            reason,
            format!("{:?}: {}", report.document, remarks.join("; ")),
        ));
    }
    let identifier = expected.facts.licence_identifier.to_string();
    let same =
        report.licence_identifier == Some(identifier) && report.facts.record.as_ref() == Some(expected.facts);
    if !same || report.specimen != expected.facts.specimen {
        return Err(Stop::new(
            reason,
            "it carries other facts, or lacks the mark of the facts",
        ));
    }
    Ok(())
}

/// SM3 of the only `Signature.xml` of a package.
fn ofd_digest(bytes: &[u8]) -> Option<[u8; 32]> {
    let package = ofd::Package::open(bytes, &ofd::Limits::default()).ok()?;
    let documents = package.documents().ok()?;
    let [document] = documents.as_slice() else {
        return None;
    };
    let signatures = package.signatures(document).ok()?;
    let [signature] = signatures.as_slice() else {
        return None;
    };
    package.file(&signature.entry.path).ok().map(gm::sm3::digest)
}

fn sm3(signature: &pdf::verify::Signature<'_>) -> Option<[u8; 32]> {
    let [before, after] = signature.signed_parts()?;
    Some(gm::sm3::Sm3::new().with(before).with(after).finish())
}

/// A digest of what the only signature of a PDF covers.
fn pdf_digest(
    bytes: &[u8],
    digest: impl FnOnce(&pdf::verify::Signature<'_>) -> Option<[u8; 32]>,
) -> Option<[u8; 32]> {
    let file = pdf::Pdf::open(bytes, pdf::Limits::default()).ok()?;
    let examination = pdf::verify::examine(&file).ok()?;
    let [signature] = examination.signatures.as_slice() else {
        return None;
    };
    digest(signature)
}
