//! Verifying a seal by itself.

use gm::{
    Certificate, Finding, Outcome, Verifier as _,
    chain::{self, Purpose, Trust},
    finding::overall,
    timestamp,
};
use jiff::Timestamp;

use super::{PathChecks, check, proved_time, value};
use crate::{Seal, Version};

/// The outcome of verifying a seal.
#[derive(Clone, Debug)]
pub struct SealReport {
    /// One finding for each check.
    pub findings: Vec<Finding>,
    /// The maker's certificate, if it can be read.
    pub maker: Option<Certificate>,
    /// The validation of the maker's path.
    pub chain: Option<chain::Report>,
    /// The verification of the time stamp, if there is one.
    pub time_stamp: Option<timestamp::Report>,
}

impl SealReport {
    /// All findings taken together.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        overall(&self.findings)
    }

    /// Whether the maker's path is marked as a specimen.
    #[must_use]
    pub fn specimen(&self) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.specimen)
    }
}

const PATH: PathChecks = PathChecks {
    path: check::MAKER_CHAIN,
    validity: check::MAKER_VALIDITY,
    key_usage: check::MAKER_KEY_USAGE,
    revocation: check::MAKER_REVOCATION,
};

/// Verifies a seal as of `at`: the signing time for a signed document, the present for a seal about to be used.
///
/// A maker's certificate that has expired or been revoked by `at` fails versions 1 and 4. Version 5 lets the seal
/// stand with a remark if the certificate held when the seal was made.
#[must_use]
pub fn seal(seal: &Seal, trust: &Trust<'_>, at: Timestamp) -> SealReport {
    let mut findings = vec![format(seal), maker_signature(seal)];
    let maker = seal.maker().ok();
    let chain = maker
        .as_ref()
        .map(|maker| chain::verify(maker, trust, Purpose::SealMaking, at));
    let time_stamp = seal
        .time_stamp()
        .map(|token| timestamp::verify(token, seal.signature(), trust));
    match (&maker, &chain) {
        (Some(maker), Some(chain)) => {
            let mut now = PATH.findings(&chain.findings.iter().copied());
            if seal.version() == Version::V5 && now.iter().any(|one| one.outcome == Outcome::Fail) {
                let proved = time_stamp.as_ref().and_then(proved_time);
                since_creation(seal, maker, trust, proved.is_some(), &mut now);
            }
            findings.extend(now);
            let valid = maker.is_valid_at(seal.created());
            findings.push(Finding::decide(
                check::MAKER_AT_CREATION,
                valid,
                "maker_not_valid_at_creation",
            ));
        }
        _ => {
            findings.extend(PATH.cannot_say("certificate_unreadable"));
            findings.push(Finding::cannot_say(
                check::MAKER_AT_CREATION,
                "certificate_unreadable",
            ));
        }
    }
    findings.push(created(seal, at));
    findings.push(validity(seal, at));
    if let Some(report) = &time_stamp {
        findings.push(stamped_after_creation(seal, report));
    }
    SealReport {
        findings,
        maker,
        chain,
        time_stamp,
    }
}

/// The maker's signature alone. Depends on nothing but the seal, so its outcome may be kept with the seal's digest.
#[must_use]
pub fn maker_signature(seal: &Seal) -> Finding {
    let Ok(maker) = seal.maker() else {
        return Finding::cannot_say(check::SEAL_SIGNATURE, "certificate_unreadable");
    };
    let key = maker.public_key();
    let digest = key.map(|key| key.digest(&seal.signed_bytes()));
    value(
        check::SEAL_SIGNATURE,
        key.zip(digest.as_ref()),
        seal.signature_algorithm(),
        seal.signature(),
    )
}

/// The numbers in the header vary in the wild (version 1 says 1, 2 or more); only impossible contents fail.
fn format(seal: &Seal) -> Finding {
    let picture = seal.picture();
    let reason = if seal.valid_until() < seal.valid_from() {
        "validity_reversed"
    } else if picture.bytes.is_empty() || picture.width <= 0 || picture.height <= 0 {
        "picture_missing"
    } else if seal.version() != Version::V1 && ![4, 5].contains(&seal.stated_version()) {
        return Finding::pass_noting(check::SEAL_FORMAT, "unusual_version_number");
    } else {
        return Finding::pass(check::SEAL_FORMAT);
    };
    Finding::fail(check::SEAL_FORMAT, reason)
}

/// Version 5 checks the creation date; for the others, whose makers' clocks nobody checked, it is a remark.
fn created(seal: &Seal, at: Timestamp) -> Finding {
    if seal.created() <= at {
        Finding::pass(check::SEAL_CREATED)
    } else if seal.version() == Version::V5 {
        Finding::fail(check::SEAL_CREATED, "created_after_use")
    } else {
        Finding::pass_noting(check::SEAL_CREATED, "created_after_use")
    }
}

fn validity(seal: &Seal, at: Timestamp) -> Finding {
    if at < seal.valid_from() {
        Finding::fail(check::SEAL_VALIDITY, "not_yet_valid")
    } else if at > seal.valid_until() {
        Finding::fail(check::SEAL_VALIDITY, "expired")
    } else {
        Finding::pass(check::SEAL_VALIDITY)
    }
}

/// What of expiry and revocation had not happened yet when the seal was made becomes a remark (GM/T 0031-2025). Who has
/// a maker's key can write any date of making: after a compromise only a time stamp (`proved`) shows that it is true.
fn since_creation(seal: &Seal, maker: &Certificate, trust: &Trust<'_>, proved: bool, now: &mut [Finding]) {
    let then = chain::verify(maker, trust, Purpose::SealMaking, seal.created());
    let then = PATH.findings(&then.findings.iter().copied());
    let of_then = |check| then.iter().filter(move |finding| finding.check == check);
    for finding in now.iter_mut().filter(|finding| finding.outcome == Outcome::Fail) {
        let remark = match finding.check {
            check::MAKER_VALIDITY => "expired_since_creation",
            check::MAKER_REVOCATION => "revoked_since_creation",
            _ => continue,
        };
        if of_then(finding.check).any(|one| one.outcome == Outcome::Fail) {
            continue;
        }
        let compromised = of_then(finding.check).any(|one| one.reason == chain::COMPROMISED_LATER);
        *finding = if compromised && !proved {
            Finding::cannot_say(finding.check, "compromised_since_creation")
        } else {
            let unsure = of_then(finding.check).find(|one| one.outcome == Outcome::CannotSay);
            unsure
                .copied()
                .unwrap_or_else(|| Finding::pass_noting(finding.check, remark))
        };
    }
}

fn stamped_after_creation(seal: &Seal, report: &timestamp::Report) -> Finding {
    match (report.outcome(), report.time) {
        (Outcome::Pass, Some(time)) => Finding::decide(
            check::SEAL_TIME_STAMP,
            seal.created() <= time,
            "stamped_before_creation",
        ),
        _ => super::summary(check::SEAL_TIME_STAMP, report.findings.iter().copied()),
    }
}
