//! Answers.

use api::convert::instant;
use api::types::v1 as types;
use api::verification::v1 as wire;
use domain::reason::BilingualText;
use domain::standing::{SpecialtyStanding, VersionStanding};

use crate::query::history::HistoricAnswer;
use crate::query::{Answer, CopyAnswer, Finding, Outcome, VersionAnswer};

/// The whole answer.
pub(super) fn verification(answer: Answer) -> wire::Verification {
    let as_of = wire::AsOf {
        position: Some(types::Position {
            stream: "register".to_owned(),
            value: answer.as_of.position,
        }),
        time: Some(instant(answer.as_of.time)),
        fresh_until: Some(instant(answer.as_of.fresh_until)),
        stale: answer.as_of.stale,
        province_position: answer.province.map(|mark| types::Position {
            stream: format!("provinces/{}", mark.province.code()),
            value: mark.sequence,
        }),
        province_time: answer.province.map(|mark| instant(mark.at)),
    };
    let name_match = match answer.name_matches {
        None => wire::NameMatch::Unspecified,
        Some(true) => wire::NameMatch::Match,
        Some(false) => wire::NameMatch::NoMatch,
    };
    wire::Verification {
        verdict: wire::Verdict::from(answer.verdict).into(),
        text: Some(text(answer.text)),
        next: Some(text(answer.next)),
        status_code: answer
            .status
            .map_or(types::StatusCode::Unspecified, Into::into)
            .into(),
        version: answer.version.map(version),
        registration_number: answer.number,
        employer_title: answer.employer,
        family_name: answer.family_name,
        name_match: name_match.into(),
        specialties: answer.specialties.into_iter().map(specialty).collect(),
        use_period: answer.copy.map(use_period),
        licence_identifier: answer.licence_identifier,
        specimen: answer.specimen,
        as_of: Some(as_of),
        findings: answer.findings.into_iter().map(finding).collect(),
        status_since: answer.since.map(|since| since.on.into()),
        end_cause: answer
            .since
            .and_then(|since| since.cause)
            .filter(|cause| cause.is_told_to_all())
            .map_or(types::EndCause::Unspecified, Into::into)
            .into(),
        history: answer.history.map(history),
    }
}

fn history(history: HistoricAnswer) -> wire::HistoricAnswer {
    let acts = history.acts.into_iter().map(|act| wire::ActEvidence {
        act: act.act,
        kind: act.kind,
        at: Some(instant(act.at)),
        recorded_at: Some(instant(act.recorded_at)),
        position: act.position.map(|value| types::Position {
            stream: "register".to_owned(),
            value,
        }),
        leaf_index: act.leaf,
    });
    wire::HistoricAnswer {
        at: Some(instant(history.instants.at)),
        known_at: Some(instant(history.instants.known_at)),
        acts: acts.collect(),
    }
}

fn text(text: BilingualText) -> types::BilingualText {
    types::BilingualText {
        zh: text.zh,
        en: text.en,
    }
}

fn version(version: VersionAnswer) -> wire::VersionStanding {
    let (current, at, by) = match version.standing {
        VersionStanding::Current => (true, None, String::new()),
        VersionStanding::NotYet => (false, None, String::new()),
        VersionStanding::Superseded { at, by } => (false, Some(at), by),
        VersionStanding::Ended { at } => (false, Some(at), String::new()),
    };
    wire::VersionStanding {
        version: version.number.into(),
        current,
        superseded_at: at.map(instant),
        superseded_by: by,
        changed_facts: version.changed_facts,
        supersession: version.supersession.as_ref().map(Into::into),
    }
}

pub(super) fn specialty(standing: SpecialtyStanding) -> wire::SpecialtyStanding {
    wire::SpecialtyStanding {
        validity: Some(types::SpecialtyValidity {
            specialty: types::Specialty::from(standing.specialty).into(),
            valid_from: Some(standing.validity.from.into()),
            valid_to: Some(standing.validity.to.into()),
        }),
        living: standing.living,
    }
}

fn use_period(copy: CopyAnswer) -> wire::UsePeriod {
    wire::UsePeriod {
        copy_id: copy.id.to_string(),
        use_until: Some(copy.use_until.into()),
        within: copy.within,
        revoked_at: copy.revoked_at.map(instant),
    }
}

fn finding(finding: Finding) -> wire::Finding {
    let result = match finding.outcome {
        Outcome::Pass => wire::finding::Result::Pass,
        Outcome::Warning => wire::finding::Result::Warning,
        Outcome::Fail => wire::finding::Result::Fail,
        Outcome::CannotSay => wire::finding::Result::CannotSay,
    };
    wire::Finding {
        check: finding.check,
        result: result.into(),
        reason: finding.reason,
        text: Some(text(finding.text)),
        subject: finding.subject,
    }
}
