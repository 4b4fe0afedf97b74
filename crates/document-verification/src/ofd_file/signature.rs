//! One signature of an OFD: its signed value, its seal, its signer.

use std::sync::Arc;

use gm::chain::{self, Purpose};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use ofd::{Package, SignatureFile, SignatureKind};
use seal_format::verify::{self, Evidence, SealReport};
use seal_format::{Listed, PictureRef, PlainSignature, SignedSeal};

use super::{picture, unreadable};
use crate::authority::Signer;
use crate::finding::{Finding, Outcome, check};
use crate::mapping;
use crate::policy::MakerExpiry;
use crate::report::{SignatureSummary, TimeEvidence};
use crate::verifier::Context;

pub(super) fn examine(
    package: &Package<'_>,
    file: &SignatureFile,
    value: &[u8],
    id: &str,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) -> SignatureSummary {
    let mut found = Vec::new();
    let xml = package.file(&file.entry.path).unwrap_or_default();
    let summary = match file.entry.kind {
        SignatureKind::Seal => match SignedSeal::parse(value) {
            Ok(signed) => sealed(package, file, &signed, xml, id, context, &mut found),
            Err(_) => malformed(id, &mut found),
        },
        SignatureKind::Sign => match PlainSignature::parse(value) {
            Ok(signed) => plain(file, &signed, xml, id, context, &mut found),
            Err(_) => malformed(id, &mut found),
        },
    };
    findings.extend(found.into_iter().map(|finding| finding.of(id)));
    summary
}

fn malformed(id: &str, found: &mut Vec<Finding>) -> SignatureSummary {
    found.push(Finding::fail(check::READABLE, "signed_value_malformed"));
    unreadable(id)
}

fn sealed(
    package: &Package<'_>,
    file: &SignatureFile,
    signed: &SignedSeal,
    xml: &[u8],
    id: &str,
    context: &Context<'_>,
    found: &mut Vec<Finding>,
) -> SignatureSummary {
    let trust = context.bundle.seal_trust();
    let seal = signed.seal();
    let path = format!("/{}", file.entry.path);
    let evidence = Evidence {
        signature_xml: xml,
        signature_path: &path,
        seal_file: file.seal.as_deref().and_then(|path| package.file(path).ok()),
        time_stamping: Some(context.bundle.pdf_trust()),
    };
    found.push(Finding::pass(check::READABLE));
    let report = match context.cache {
        Some(cache) => verify::signature_by(signed, cache.signer(signed).as_deref(), &evidence, &trust),
        None => verify::signature(signed, &evidence, &trust),
    };
    let of_stamp = |finding: &gm::Finding| finding.check == verify::check::TIME_STAMP;
    found.extend(
        report
            .findings
            .iter()
            .filter(|finding| !of_stamp(finding))
            .copied()
            .map(mapping::gm),
    );
    unlisted(signed, found);
    let (signed_at, proof) = signing_time(report.signing_time, report.time_stamp.as_ref(), found);
    // A seal is judged as of the signing; a document that states no time, as of now.
    let at = signed_at.unwrap_or(context.now);
    let of_seal = match context.cache {
        Some(cache) => cache.seal(seal, context.bundle, at, || verify::seal(seal, &trust, at)),
        None => Arc::new(verify::seal(seal, &trust, at)),
    };
    found.extend(seal_findings(&of_seal, signed, context));
    found.push(picture::of_seal(&seal.picture()));
    found.extend(size(file, &seal.picture()));
    found.push(not_ahead(signed_at, context));
    found.extend(stated(file, report.signing_time));
    let signer = Signer {
        certificate: report.signer.as_ref(),
        chain: report.chain.as_ref(),
        seal: Some((seal.es_id(), seal.name())),
    };
    let (authority, finding) = signer.recognise(context.bundle);
    found.push(finding);
    SignatureSummary {
        seal_name: Some(seal.name().to_owned()),
        seal_id: Some(seal.es_id().to_owned()),
        authority: authority.map(|authority| authority.name.clone()),
        signed_at,
        evidence: proof,
        specimen: report.specimen() || of_seal.specimen(),
        ..named(id, &signer)
    }
}

/// A stamp in another size than the seal's. Readers draw what the box says.
fn size(file: &SignatureFile, picture: &PictureRef<'_>) -> Option<Finding> {
    const MILLIMETRES: f64 = 1.0;
    #[expect(clippy::cast_precision_loss, reason = "millimetres of a seal")]
    let (width, height) = (picture.width as f64, picture.height as f64);
    let other = |stamp: &ofd::StampRead| {
        (stamp.boundary.width - width).abs() > MILLIMETRES
            || (stamp.boundary.height - height).abs() > MILLIMETRES
    };
    let found = file.stamps.iter().any(other);
    found.then(|| Finding::warning(check::STAMP, "stamp_of_another_size"))
}

/// A certificate that cannot be read is still known not to be one of those that the seal holds.
fn unlisted(signed: &SignedSeal, found: &mut [Finding]) {
    let Listed::Certificates(listed) = signed.seal().listed() else {
        return;
    };
    let unread = |finding: &&mut Finding| {
        finding.check == verify::check::SIGNER_LISTED && finding.reason == "certificate_unreadable"
    };
    if let Some(finding) = found
        .iter_mut()
        .find(unread)
        .filter(|_| !listed.contains(&signed.signer_der()))
    {
        *finding = Finding::fail(finding.check, "signer_not_listed");
    }
}

/// A summary with the names on the certificate.
fn named(id: &str, signer: &Signer<'_>) -> SignatureSummary {
    let subject = signer.certificate.map(gm::Certificate::subject);
    SignatureSummary {
        signer: subject
            .and_then(|subject| subject.common_name())
            .map(str::to_owned),
        organisation: subject
            .and_then(|subject| subject.organization())
            .map(str::to_owned),
        ..unreadable(id)
    }
}

/// How far a signer's clock and a time-stamping authority's may lie apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// The time of signing with its evidence. A token over other bytes, or with a broken signature, was tampered with; one
/// of an authority that is not trusted proves nothing and does no harm.
pub(crate) fn signing_time(
    claimed: Option<Timestamp>,
    token: Option<&gm::timestamp::Report>,
    found: &mut Vec<Finding>,
) -> (Option<Timestamp>, TimeEvidence) {
    let Some(claimed) = claimed else {
        found.push(Finding::cannot_say(
            check::TIME_EVIDENCE,
            "signing_time_unreadable",
        ));
        return (None, TimeEvidence::None);
    };
    let Some(token) = token else {
        found.push(Finding::warning(check::TIME_EVIDENCE, "claimed_only"));
        return (Some(claimed), TimeEvidence::Claimed);
    };
    let broken = token
        .findings
        .iter()
        .find(|finding| finding.check.starts_with("timestamp.") && finding.outcome == gm::Outcome::Fail);
    if let Some(broken) = broken {
        found.push(Finding::fail(verify::check::TIME_STAMP, broken.reason));
        found.push(Finding::warning(check::TIME_EVIDENCE, "claimed_only"));
        return (Some(claimed), TimeEvidence::Claimed);
    }
    match verify::proved_time(token) {
        Some(proved) => {
            // The token is over the signature, so nothing honest is later than it, but for what clocks differ.
            let latest = proved.checked_add(CLOCKS).unwrap_or(Timestamp::MAX);
            found.push(if claimed > latest {
                Finding::warning(check::TIME_EVIDENCE, "claimed_after_time_stamp")
            } else {
                Finding::pass(check::TIME_EVIDENCE)
            });
            (Some(proved), TimeEvidence::TimeStamp)
        }
        None => {
            found.push(Finding::warning(check::TIME_EVIDENCE, "time_stamp_not_trusted"));
            (Some(claimed), TimeEvidence::Claimed)
        }
    }
}

pub(crate) fn not_ahead(at: Option<Timestamp>, context: &Context<'_>) -> Finding {
    let latest = context
        .now
        .checked_add(context.policy.clock_tolerance)
        .unwrap_or(Timestamp::MAX);
    match at {
        Some(at) if at > latest => Finding::cannot_say(check::TIME_PRESENT, "signed_ahead_of_the_present"),
        Some(_) => Finding::pass(check::TIME_PRESENT),
        None => Finding::cannot_say(check::TIME_PRESENT, "signing_time_unreadable"),
    }
}

/// Producers write `SignatureDateTime` in local time or in UTC, and seconds apart from the seal's own.
fn stated(file: &SignatureFile, signed_at: Option<Timestamp>) -> Option<Finding> {
    const APART: i64 = 10 * 60;
    let stated = instant(file)?;
    let apart = (stated.as_second() - signed_at?.as_second()).abs();
    let hours_off = (apart - 8 * 3600).abs();
    let agrees = apart <= APART || hours_off <= APART;
    Some(if agrees {
        Finding::pass(check::TIME_STATED)
    } else {
        Finding::warning(check::TIME_STATED, "times_differ")
    })
}

/// What `Signature.xml` states; without an offset, in China.
fn instant(file: &SignatureFile) -> Option<Timestamp> {
    let stated = file.date_time.as_ref()?;
    let china = TimeZone::fixed(Offset::constant(8));
    stated.instant.or_else(|| china.to_timestamp(stated.local?).ok())
}

/// The seal's own findings, the maker's expiry as the policy has it.
fn seal_findings(report: &SealReport, signed: &SignedSeal, context: &Context<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = report.findings.iter().copied().map(mapping::gm).collect();
    let expired = |finding: &Finding| {
        finding.check == verify::check::MAKER_VALIDITY
            && finding.result == Outcome::Fail
            && finding.reason == "expired"
    };
    if context.policy.maker_expiry == MakerExpiry::WarnIfValidAtCreation
        && found.iter().any(expired)
        && held_at_creation(report, signed, context)
    {
        for finding in found.iter_mut().filter(|finding| expired(finding)) {
            *finding = Finding::warning(finding.check, "expired_since_creation");
        }
    }
    found
}

fn held_at_creation(report: &SealReport, signed: &SignedSeal, context: &Context<'_>) -> bool {
    report.maker.as_ref().is_some_and(|maker| {
        let then = chain::verify(
            maker,
            &context.bundle.seal_trust(),
            Purpose::SealMaking,
            signed.seal().created(),
        );
        then.findings
            .iter()
            .all(|finding| finding.outcome != gm::Outcome::Fail)
    })
}

fn plain(
    file: &SignatureFile,
    signed: &PlainSignature,
    xml: &[u8],
    id: &str,
    context: &Context<'_>,
    found: &mut Vec<Finding>,
) -> SignatureSummary {
    let claimed = instant(file);
    let at = claimed.unwrap_or(context.now);
    let report = signed.verify(xml, &context.bundle.seal_trust(), at);
    found.push(Finding::pass(check::READABLE));
    found.extend(report.findings.iter().copied().map(mapping::gm));
    let (signed_at, evidence) = signing_time(claimed, None, found);
    found.push(not_ahead(signed_at, context));
    let signer = Signer {
        certificate: report.signer.as_ref(),
        chain: report.chain.as_ref(),
        seal: None,
    };
    // A signature without a seal is none of an authority that seals (domain §4.9).
    let finding = match signer.recognise(context.bundle) {
        (Some(_), _) => {
            Finding::fail(check::SIGNER, "signed_without_a_seal").about(signer.title().unwrap_or_default())
        }
        (None, finding) => finding,
    };
    found.push(finding);
    SignatureSummary {
        signed_at,
        evidence,
        specimen: report.chain.as_ref().is_some_and(|chain| chain.specimen),
        ..named(id, &signer)
    }
}
