//! One call for any file.

use domain::standing::DocumentStanding;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::cache::Cache;
use crate::facts::{self, Facts};
use crate::finding::{Finding, check};
use crate::judgement;
use crate::policy::Policy;
use crate::report::{FileKind, Report, SignatureSummary, TimeEvidence, UseCopySummary};
use crate::time_evidence::{self, Proofs};
use crate::trust::TrustBundle;
use crate::{authority, ofd_file, pdf_file};

/// Verifies files against one bundle under one policy, keeping what it learnt about seals. Share it between threads.
#[derive(Debug)]
pub struct Verifier {
    bundle: TrustBundle,
    policy: Policy,
    cache: Cache,
}

/// What every part of a verification needs.
pub(crate) struct Context<'a> {
    pub(crate) bundle: &'a TrustBundle,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    pub(crate) proofs: &'a Proofs,
    pub(crate) cache: Option<&'a Cache>,
}

/// What reading one file gave.
#[derive(Default)]
pub(crate) struct Examined {
    pub(crate) findings: Vec<Finding>,
    pub(crate) signatures: Vec<SignatureSummary>,
    pub(crate) facts: Facts,
}

impl Verifier {
    /// A verifier for one bundle.
    #[must_use]
    pub fn new(bundle: TrustBundle, policy: Policy) -> Self {
        Self {
            bundle,
            policy,
            cache: Cache::default(),
        }
    }

    /// The bundle.
    #[must_use]
    pub const fn bundle(&self) -> &TrustBundle {
        &self.bundle
    }

    /// Verifies a file as of `now`.
    #[must_use]
    pub fn verify(&self, bytes: &[u8], now: Timestamp) -> Report {
        self.verify_with(bytes, now, &Proofs::default())
    }

    /// The same, with what others say of when the file existed.
    #[must_use]
    pub fn verify_with(&self, bytes: &[u8], now: Timestamp, proofs: &Proofs) -> Report {
        run(
            bytes,
            &Context {
                bundle: &self.bundle,
                policy: &self.policy,
                now,
                proofs,
                cache: Some(&self.cache),
            },
        )
    }
}

/// Verifies one file without keeping anything.
#[must_use]
pub fn verify(bytes: &[u8], bundle: &TrustBundle, now: Timestamp, policy: &Policy) -> Report {
    run(
        bytes,
        &Context {
            bundle,
            policy,
            now,
            proofs: &Proofs::default(),
            cache: None,
        },
    )
}

fn run(bytes: &[u8], context: &Context<'_>) -> Report {
    let kind = kind_of(bytes);
    let beginnings = context
        .cache
        .map(|cache| &cache.beginnings)
        .filter(|_| kind == FileKind::Pdf);
    let known = beginnings.and_then(|beginnings| beginnings.known(bytes, context.policy.pdf));
    let mut examined = match kind {
        FileKind::Ofd => ofd_file::examine(bytes, context),
        FileKind::Pdf => pdf_file::examine(bytes, known.as_deref(), context),
        FileKind::Unknown => Examined::default(),
    };
    let format = match kind {
        FileKind::Unknown => Finding::cannot_say(check::FORMAT, "neither_ofd_nor_pdf"),
        FileKind::Ofd | FileKind::Pdf => Finding::pass(check::FORMAT),
    };
    let bundle = context
        .bundle
        .in_force(context.now, context.policy.clock_tolerance);
    examined.findings.splice(0..0, [format, bundle]);
    if kind != FileKind::Unknown && is_both(bytes) {
        let finding = Finding::fail(check::SURPLUS, "two_formats_in_one");
        examined.findings.push(finding);
    }
    time_evidence::settle(&mut examined, (kind, bytes), context);
    if kind != FileKind::Unknown {
        licence(&mut examined, context.bundle);
    }
    let record = examined.facts.record.as_ref();
    let use_copy = record
        .and_then(|record| record.use_copy.as_ref())
        .map(|copy| UseCopySummary {
            copy_id: copy.copy_id.as_uuid().to_string(),
            purpose: copy.purpose,
            use_until: copy.use_until,
        });
    examined.findings.extend(facts::use_period(record, context.now));
    let logged = time_evidence::log_entry(record, context.bundle);
    examined.findings.extend(logged);
    let specimen = examined.signatures.iter().any(|signature| signature.specimen);
    if specimen {
        examined
            .findings
            .push(Finding::warning(check::SPECIMEN, "specimen"));
    }
    let document = judgement::judge(&mut examined.findings, &mut examined.signatures, context.policy);
    if known.is_none()
        && document == DocumentStanding::Authentic
        && let Some(beginnings) = beginnings
    {
        beginnings.learn(bytes, context.policy.pdf);
    }
    let sealed = examined
        .signatures
        .iter()
        .find(|signature| signature.standing == DocumentStanding::Authentic)
        .or_else(|| examined.signatures.first());
    Report {
        kind,
        document,
        specimen,
        signed_at: sealed.and_then(|signature| signature.signed_at),
        time_evidence: sealed.map_or(TimeEvidence::None, |signature| signature.evidence),
        licence_identifier: examined.facts.value("ZZBS").map(str::to_owned),
        use_copy,
        sha256: hex::encode(Sha256::digest(bytes)),
        findings: examined.findings,
        signatures: examined.signatures,
        facts: examined.facts,
    }
}

/// Compares the licence with each signer that is an authority.
fn licence(examined: &mut Examined, bundle: &TrustBundle) {
    for signature in &examined.signatures {
        let named = |name: &str| bundle.authorities().iter().find(|one| one.name == name);
        if let Some(authority) = signature.authority.as_deref().and_then(named) {
            examined
                .findings
                .push(authority::licence(authority, &examined.facts.metadata).of(&signature.id));
        }
    }
}

/// Whether readers of PDF and of archives would both take the file for theirs: it may show each something else.
fn is_both(bytes: &[u8]) -> bool {
    const END: &[u8] = b"PK\x05\x06";
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    if memchr::memmem::find(head, b"%PDF-").is_none() {
        return false;
    }
    // The end record of an archive, with the length of the comment that must lead to the end of the file.
    let tail = bytes
        .get(bytes.len().saturating_sub(22 + usize::from(u16::MAX))..)
        .unwrap_or_default();
    memchr::memmem::find_iter(tail, END).any(|at| {
        let length = tail.get(at + 20..at + 22).and_then(|two| two.try_into().ok());
        length.is_some_and(|two| at + 22 + usize::from(u16::from_le_bytes(two)) == tail.len())
    })
}

/// By the first bytes. A PDF may have up to a kilobyte before its header, which is a finding then.
fn kind_of(bytes: &[u8]) -> FileKind {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let has = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
    if head.starts_with(b"PK") {
        FileKind::Ofd
    } else if has(b"%PDF-") {
        FileKind::Pdf
    } else if has(b"PK\x03\x04") {
        FileKind::Ofd
    } else {
        FileKind::Unknown
    }
}
