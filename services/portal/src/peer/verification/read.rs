//! Reads an answer off the wire.

use api::convert::Read as _;
use api::types::v1 as types;
use api::verification::v1 as wire;
use domain::reason::BilingualText;
use domain::register::StatusCode;
use domain::standing::Verdict;

use super::Unanswered;
use crate::answer::{Answer, AsOf, Finding, Outcome, SpecialtyStanding, UsePeriod, Version};

/// An answer without a verdict that is known here is none.
pub(super) fn answer(verification: Option<wire::Verification>) -> Result<Answer, Unanswered> {
    let said = verification.ok_or(Unanswered::Failed)?;
    Ok(Answer {
        verdict: verdict(said.verdict()).ok_or(Unanswered::Failed)?,
        status: status(said.status_code()),
        name_matches: match said.name_match() {
            wire::NameMatch::Unspecified => None,
            wire::NameMatch::Match => Some(true),
            wire::NameMatch::NoMatch => Some(false),
        },
        text: text(said.text),
        next: text(said.next),
        version: said.version.map(|version| Version {
            number: version.version,
            current: version.current,
            changed_facts: version.changed_facts,
            superseded_at: version.superseded_at.read("superseded_at").ok(),
        }),
        registration_number: said.registration_number,
        employer: said.employer_title,
        family_name: said.family_name,
        specialties: said.specialties.into_iter().filter_map(specialty).collect(),
        use_period: said.use_period.map(|period| UsePeriod {
            until: period.use_until.read("use_until").ok(),
            within: period.within,
            revoked_at: period.revoked_at.read("revoked_at").ok(),
        }),
        licence_identifier: said.licence_identifier,
        specimen: said.specimen,
        as_of: said.as_of.map(|as_of| AsOf {
            time: as_of.time.read("time").ok(),
            position: as_of.position.map_or(0, |position| position.value),
            stale: as_of.stale,
            province_time: as_of.province_time.read("province_time").ok(),
        }),
        findings: said.findings.into_iter().map(finding).collect(),
    })
}

fn verdict(said: wire::Verdict) -> Option<Verdict> {
    Some(match said {
        wire::Verdict::Unspecified => return None,
        wire::Verdict::Valid => Verdict::Valid,
        wire::Verdict::Superseded => Verdict::Superseded,
        wire::Verdict::CopyExpired => Verdict::CopyExpired,
        wire::Verdict::CopyRevoked => Verdict::CopyRevoked,
        wire::Verdict::RegistrationEnded => Verdict::RegistrationEnded,
        wire::Verdict::RegistrationSuspended => Verdict::RegistrationSuspended,
        wire::Verdict::Altered => Verdict::Altered,
        wire::Verdict::WrongAuthority => Verdict::WrongAuthority,
        wire::Verdict::NotFound => Verdict::NotFound,
        wire::Verdict::CannotSay => Verdict::CannotSay,
        wire::Verdict::NotIssuedHere => Verdict::NotIssuedHere,
    })
}

fn status(said: types::StatusCode) -> Option<StatusCode> {
    Some(match said {
        types::StatusCode::Unspecified => return None,
        types::StatusCode::Valid => StatusCode::Valid,
        types::StatusCode::Suspended => StatusCode::Suspended,
        types::StatusCode::Revoked => StatusCode::Revoked,
        types::StatusCode::Cancelled => StatusCode::Cancelled,
        types::StatusCode::Lapsed => StatusCode::Lapsed,
        types::StatusCode::MovingOut => StatusCode::MovingOut,
        types::StatusCode::Stripped => StatusCode::Stripped,
        types::StatusCode::Other => StatusCode::Other,
    })
}

fn specialty(said: wire::SpecialtyStanding) -> Option<SpecialtyStanding> {
    let validity = said.validity?;
    let specialty = validity.specialty().read("specialty").ok()?;
    let from = validity.valid_from.read("valid_from").ok();
    let to = validity.valid_to.read("valid_to").ok();
    Some(SpecialtyStanding {
        specialty,
        valid: from.zip(to),
        living: said.living,
    })
}

fn finding(said: wire::Finding) -> Finding {
    let outcome = match said.result() {
        wire::finding::Result::Pass => Outcome::Pass,
        wire::finding::Result::Warning => Outcome::Warning,
        wire::finding::Result::Fail => Outcome::Fail,
        wire::finding::Result::CannotSay | wire::finding::Result::Unspecified => Outcome::CannotSay,
    };
    Finding {
        outcome,
        check: said.check,
        reason: said.reason,
        text: text(said.text),
        subject: said.subject,
    }
}

fn text(said: Option<types::BilingualText>) -> BilingualText {
    said.map_or_else(
        || BilingualText::new("", ""),
        |text| BilingualText::new(text.zh, text.en),
    )
}
