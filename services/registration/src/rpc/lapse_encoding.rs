//! Lapses and reports on the wire.

use api::convert::instant;
use api::registration::v1 as wire;
use domain::fact::Hand;
use domain::four_eyes::FourEyesState;
use domain::lapse::{LapseAct, LapseRowRefused, LapseSubject, ReportState};
use domain::reason::Reason as _;

use super::encode;
use crate::deps::Deps;
use crate::query::lapse::{ReportView, View};
use crate::store::lapse::{Row, RowState};

/// A record with its papers and counts.
pub(super) fn lapse(deps: &Deps, view: &View) -> wire::Lapse {
    use wire::lapse::{State, Subject};
    let lapse = &view.lapse;
    let (subject, ground, effective_on) = match &lapse.act {
        LapseAct::Lapse {
            subject,
            ground,
            effective_on,
        } => {
            let subject = match subject {
                LapseSubject::Person(person) => Subject::Person(person.resource_name()),
                LapseSubject::Employer(employer) => Subject::Employer(employer.resource_name()),
            };
            let ground = wire::LapseGround::from(*ground).into();
            (subject, ground, Some((*effective_on).into()))
        }
        LapseAct::Undo { lapse, .. } => (Subject::Undoes(deps.lapse_name(*lapse)), 0, None),
    };
    let (state, settled, grounds): (_, Option<Hand>, _) = match lapse.four_eyes.state() {
        FourEyesState::Proposed => (State::Proposed, None, ""),
        FourEyesState::Confirmed { confirmed } => (State::Confirmed, Some(*confirmed), ""),
        FourEyesState::Declined { declined, grounds } => (State::Declined, Some(*declined), grounds.as_str()),
        FourEyesState::Withdrawn { withdrawn } => (State::Withdrawn, Some(*withdrawn), ""),
    };
    let count = |of: RowState| {
        let found = view.counts.iter().find(|(state, _)| *state == of);
        found.map_or(0, |(_, count)| *count)
    };
    let name = deps.lapse_name(lapse.id);
    let papers = view.papers.iter().map(|paper| wire::LapseEvidence {
        name: format!("{name}/evidence/{}", paper.id),
        media_type: paper.media_type.clone(),
        size_bytes: paper.size,
        digest: hex::encode(&paper.digest),
    });
    wire::Lapse {
        subject: Some(subject),
        ground,
        effective_on,
        article: lapse.article().to_owned(),
        reference: lapse.reference.clone(),
        statement: lapse.statement.clone(),
        evidence: papers.collect(),
        state: state.into(),
        recorded_at: Some(instant(lapse.four_eyes.proposed.at)),
        recorded_by: lapse.four_eyes.proposed.by.id.resource_name(),
        settled_at: settled.map(|hand| instant(hand.at)),
        settled_by: settled.map(|hand| hand.by.id.resource_name()).unwrap_or_default(),
        grounds: grounds.to_owned(),
        report: lapse.report.map(|id| deps.report_name(id)).unwrap_or_default(),
        waiting: count(RowState::Waiting),
        applied: count(RowState::Applied),
        undone: count(RowState::Undone),
        failed: count(RowState::Failed),
        refused: count(RowState::Refused),
        undone_by: view.undoings.iter().map(|id| deps.lapse_name(*id)).collect(),
        name,
    }
}

/// What became of one person, with the words of the province's own rules.
pub(super) fn row(deps: &Deps, row: Row) -> wire::LapseRow {
    use wire::lapse_row::State;
    let state = match row.state {
        RowState::Waiting => State::Waiting,
        RowState::Applied => State::Applied,
        RowState::Undone => State::Undone,
        RowState::Failed => State::Failed,
        RowState::Refused => State::Refused,
    };
    let reason = row.reason.unwrap_or_default();
    let rule = LapseRowRefused::ALL.iter().find(|rule| rule.reason() == reason);
    wire::LapseRow {
        person: row.person.resource_name(),
        state: state.into(),
        text: rule.map(|rule| encode::text(&rule.text())),
        reason,
        undone_by: row.undone_by.map(|id| deps.lapse_name(id)).unwrap_or_default(),
    }
}

/// A report with what was written.
pub(super) fn report(deps: &Deps, view: ReportView) -> wire::Report {
    use wire::report::State;
    let report = view.report;
    let (state, lapse, grounds) = match report.state {
        ReportState::Open => (State::Open, None, String::new()),
        ReportState::UnderWay { lapse } => (State::UnderWay, Some(lapse), String::new()),
        ReportState::Upheld { lapse } => (State::Upheld, Some(lapse), String::new()),
        ReportState::Dismissed { grounds, .. } => (State::Dismissed, None, grounds),
    };
    let kind: wire::ReportKind = report.kind.into();
    wire::Report {
        name: deps.report_name(report.id),
        number: report.number,
        person: report.person.resource_name(),
        registration_number: view.registration_number,
        kind: kind.into(),
        statement: view.text.statement,
        contact: view.text.contact,
        reported_at: Some(instant(report.reported_at)),
        state: state.into(),
        lapse: lapse.map(|id| deps.lapse_name(id)).unwrap_or_default(),
        grounds,
    }
}
