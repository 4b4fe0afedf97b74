//! Reads an answer off the wire.

use api::convert::Read as _;
use api::types::v1 as types;
use api::verification::v1 as wire;
use domain::reason::BilingualText;

use super::Unanswered;
use crate::answer::{Answer, AsOf, Finding, Outcome, SpecialtyStanding, UsePeriod, Version};

/// An answer without a verdict that is known here is none.
pub(super) fn answer(verification: Option<wire::Verification>) -> Result<Answer, Unanswered> {
    let said = verification.ok_or(Unanswered::Failed)?;
    Ok(Answer {
        verdict: said.verdict().read("verdict").map_err(|_| Unanswered::Failed)?,
        status: said.status_code().read("status_code").ok(),
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
