//! Domain → wire.

use api::convert::instant;
use api::registration::v1 as wire;
use api::types;
use domain::announcement::ListingFault;
use domain::application::{ApplicationState, ReturnReason, StateKind, StepClock};
use domain::employment::{GapMeaning, TerminationEvidence};
use domain::ids::OfficerId;
use domain::refusal::Refusal;
use domain::specialty::Specialty;
use domain::validity::Validity;

use super::details;
use crate::deps::Deps;
use crate::query::announcement::View as AnnouncementView;
use crate::query::application::{View, Work};
use crate::store::application::{ClaimState, TerminationPaper};
use crate::store::material::Material;
use crate::store::publicity::Publicity;
use crate::store::registered::Registered;

pub(super) fn application(deps: &Deps, view: View) -> wire::Application {
    let View {
        record,
        employer_title,
        materials,
        missing,
        moves_from,
        clock,
    } = view;
    let application = &record.application;
    let state = application.state();
    let name = deps.application_name(application.id);
    let policy = application
        .policy
        .as_ref()
        .map(|policy| format!("{} {}", policy.name, policy.version));
    let corrections = match state {
        ApplicationState::CorrectionRequested { correction, .. } => Some(correction),
        _ => state
            .submission()
            .and_then(|submission| submission.correction.as_ref())
            .map(|(correction, _)| correction),
    };
    let withdrawal = match state {
        ApplicationState::Withdrawn { grounds, .. } => grounds.clone(),
        _ => String::new(),
    };
    let announced = match state {
        ApplicationState::Announced(announced) => announced.announcement_number.clone(),
        _ => String::new(),
    };
    wire::Application {
        r#type: types::v1::ApplicationType::from(application.kind).into(),
        person: application.person.resource_name(),
        employer: application.employer.resource_name(),
        employer_title,
        specialties: specialties(&application.specialties),
        state: state_of(state.kind()).into(),
        state_since: Some(instant(record.since)),
        due_on: record.due.map(|due| due.day.into()),
        due_provisional: record.due.is_some_and(|due| due.provisional),
        materials: materials.iter().map(|one| material(&name, one)).collect(),
        missing_materials: missing.into_iter().map(|kind| kind.name().to_owned()).collect(),
        failed_rules: record.failed_rules.iter().map(failed_rule).collect(),
        policy: policy.unwrap_or_default(),
        etag: record.version.to_string(),
        registration_number: match state {
            ApplicationState::Completed(completed) => Some(completed.number),
            _ => state.cleared().map(|cleared| cleared.number),
        }
        .map(|number| number.to_string())
        .unwrap_or_default(),
        details: details::encode(&application.particulars),
        returns: application.returns.iter().map(returned).collect(),
        claim_state: claim(record.claim).into(),
        announcement_number: announced,
        withdrawal_reason: withdrawal,
        previous_employer: application
            .previous_employer
            .map(|id| id.resource_name())
            .unwrap_or_default(),
        termination: termination(
            application.termination.as_ref().map(|one| &one.evidence),
            record.termination_paper,
        )
        .into(),
        corrections: corrections
            .map(|correction| correction.points.clone())
            .unwrap_or_default(),
        employment_ended_on: application.termination.as_ref().map(|one| one.ended_on.into()),
        employment_gap_days: application.employment_gap.map_or(0, |gap| gap.days),
        employment_gap_reported: application
            .employment_gap
            .is_some_and(|gap| gap.meaning != GapMeaning::Allowed),
        moves_from: moves_from.unwrap_or_default(),
        clock: clock.as_ref().map(step_clock),
        name,
    }
}

fn returned(why: &ReturnReason) -> String {
    match why {
        ReturnReason::ObjectionUpheld { grounds, .. } => grounds.clone(),
        ReturnReason::ClearanceDenied { reason, .. } => reason.clone(),
        ReturnReason::Reopened { document, .. } => document.clone(),
        ReturnReason::RulesFail { rules, .. } => rules.join(" "),
    }
}

fn step_clock(clock: &StepClock) -> wire::StepClock {
    let paused = clock.open_pause();
    wire::StepClock {
        step: clock.step.name().to_owned(),
        authorities: clock.authorities.iter().map(ToString::to_string).collect(),
        started: Some(clock.limit.started.into()),
        working_days: clock.limit.working_days.into(),
        paused_since: paused.map(|pause| pause.from.into()),
        pause_reason: paused.map(|pause| pause.reason.clone()).unwrap_or_default(),
        extension_requested: clock.extension_requested.is_some(),
        extended_at: clock.extended_at.map(instant),
    }
}

pub(super) fn state_of(kind: StateKind) -> wire::application::State {
    kind.into()
}

fn claim(claim: Option<ClaimState>) -> wire::application::ClaimState {
    use wire::application::ClaimState as Wire;
    match claim {
        None => Wire::Unspecified,
        Some(ClaimState::Pending) => Wire::Pending,
        Some(ClaimState::Held | ClaimState::ReleaseDue) => Wire::Held,
        Some(ClaimState::Conflict) => Wire::Conflict,
        Some(ClaimState::Released) => Wire::Released,
    }
}

fn termination(
    shown: Option<&TerminationEvidence>,
    paper: Option<TerminationPaper>,
) -> wire::TerminationEvidence {
    use wire::TerminationEvidence as Wire;
    match (shown, paper) {
        (Some(TerminationEvidence::Confirmed(_)), _) => Wire::ConfirmedByEmployer,
        (Some(TerminationEvidence::Unopposed { .. }), _) => Wire::Unopposed,
        (Some(TerminationEvidence::ObjectionDismissed { .. }), _) => Wire::ObjectionDismissed,
        (Some(TerminationEvidence::ArbitralAward { .. }), _) | (None, Some(TerminationPaper::Award)) => {
            Wire::ArbitralAward
        }
        (Some(TerminationEvidence::Judgment { .. }), _) | (None, Some(TerminationPaper::Judgment)) => {
            Wire::Judgment
        }
        (Some(_), _) | (None, Some(TerminationPaper::Dismissal)) => Wire::DismissalProof,
        (None, None) => Wire::Unspecified,
    }
}

pub(super) fn material(application: &str, material: &Material) -> wire::Material {
    wire::Material {
        name: format!("{application}/materials/{}", material.id),
        kind: wire::MaterialKind::from(material.kind).into(),
        media_type: material.media_type.clone(),
        size_bytes: u64::try_from(material.size).unwrap_or_default(),
        digest: hex::encode(&material.digest),
        file_name: file_name(material),
        picture_digest: material
            .picture
            .as_ref()
            .map(|picture| hex::encode(&picture.digest))
            .unwrap_or_default(),
    }
}

/// Of kind, digest and type: no name from outside is ever kept.
fn file_name(material: &Material) -> String {
    let digest = hex::encode(&material.digest);
    let extension = match material.media_type.as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "application/pdf" => "pdf",
        _ => "ofd",
    };
    let kind = material.kind.code().to_ascii_lowercase();
    format!("{kind}-{}.{extension}", digest.get(..12).unwrap_or_default())
}

pub(super) fn failed_rule(failed: &Refusal) -> wire::FailedRule {
    wire::FailedRule {
        rule: failed.rule.code().to_owned(),
        article: failed.article.clone(),
        text: Some(text(&failed.text)),
        cure: failed.cure.as_ref().map(text),
        facts: failed.facts.clone(),
        eligible_from: failed.eligible_from.map(Into::into),
    }
}

pub(super) fn text(text: &domain::reason::BilingualText) -> types::v1::BilingualText {
    types::v1::BilingualText {
        zh: text.zh.clone(),
        en: text.en.clone(),
    }
}

pub(super) fn specialties(all: &[Specialty]) -> Vec<i32> {
    all.iter()
        .map(|specialty| types::v1::Specialty::from(*specialty).into())
        .collect()
}

fn validity((specialty, term): &(Specialty, Validity)) -> types::v1::SpecialtyValidity {
    types::v1::SpecialtyValidity {
        specialty: types::v1::Specialty::from(*specialty).into(),
        valid_from: Some(term.from.into()),
        valid_to: Some(term.to.into()),
    }
}

pub(super) fn work_item(deps: &Deps, work: Work) -> wire::WorkItem {
    let opinion = |favourable| {
        if favourable {
            wire::Opinion::Favourable
        } else {
            wire::Opinion::Unfavourable
        }
    };
    let reviews = work.reviews.into_iter().map(|review| wire::Review {
        authority: review.authority,
        opinion: opinion(review.favourable).into(),
        grounds: review.grounds,
        recorded_at: Some(instant(review.recorded_at)),
        template: review
            .template
            .map(|template| deps.template_name(template.id))
            .unwrap_or_default(),
        template_version: review
            .template
            .map_or(0, |template| i32::try_from(template.version).unwrap_or(i32::MAX)),
    });
    wire::WorkItem {
        claimed_by: work.claimed_by.map(OfficerId::resource_name).unwrap_or_default(),
        reviews: reviews.collect(),
        holder: work.holder,
        overdue: work.overdue,
        application: Some(application(deps, work.view)),
    }
}

pub(super) fn publicity(deps: &Deps, publicity: &Publicity, applications: &[uuid::Uuid]) -> wire::Publicity {
    let state = if publicity.closed {
        wire::publicity::State::Closed
    } else {
        wire::publicity::State::Open
    };
    wire::Publicity {
        name: deps.publicity_name(publicity.id),
        opens_on: Some(publicity.opens_on.into()),
        closes_on: Some(publicity.closes_on.into()),
        state: state.into(),
        applications: applications
            .iter()
            .map(|id| deps.application_name((*id).into()))
            .collect(),
    }
}

pub(super) fn announcement(deps: &Deps, view: AnnouncementView) -> wire::Announcement {
    let name = deps.announcement_name(&view.announcement);
    let AnnouncementView {
        announcement,
        lines,
        corrects,
        corrected,
    } = view;
    let number = |row: Option<u32>| row.and_then(|row| i32::try_from(row).ok()).unwrap_or_default();
    let fault = |fault: ListingFault| wire::ListingFault::from(fault).into();
    let row_count = i32::try_from(lines.len()).unwrap_or(i32::MAX);
    let rows = lines.into_iter().map(|(opened, line)| wire::AnnouncementRow {
        full_name: opened
            .map(|opened| opened.name.expose().to_owned())
            .unwrap_or_default(),
        registration_number: line.registration_number,
        employer_title: line.employer_title,
        specialties: specialties(&line.specialties),
        r#type: types::v1::ApplicationType::from(line.kind).into(),
        fault: line.correction.map(|(said, _)| fault(said)).unwrap_or_default(),
        corrected_row: line.correction.map(|(_, row)| number(row)).unwrap_or_default(),
    });
    wire::Announcement {
        name,
        rows: rows.collect(),
        row_count,
        number: announcement.number,
        announced_at: Some(instant(announcement.announced_at)),
        announced_by: announcement.announced_by,
        corrects: corrects
            .as_ref()
            .map(|one| deps.announcement_name(one))
            .unwrap_or_default(),
        corrects_number: corrects.map(|one| one.number).unwrap_or_default(),
        corrected: corrected
            .into_iter()
            .map(|said| wire::CorrectedRow {
                row: number(said.row),
                fault: fault(said.fault),
                number: said.number,
            })
            .collect(),
    }
}

pub(super) fn registration(deps: &Deps, registered: Registered) -> wire::Registration {
    wire::Registration {
        name: format!("provinces/{}/registrations/{}", deps.province, registered.person),
        registration_number: registered.number,
        employer: registered.employer.resource_name(),
        employer_title: registered.employer_title,
        specialties: registered.specialties.iter().map(validity).collect(),
        announced_at: Some(instant(registered.announced_at)),
        licence_identifier: registered.licence_identifier.unwrap_or_default(),
        moving_to: registered.moving_to.unwrap_or_default(),
        moved_to: registered.moved_to.unwrap_or_default(),
        ended_at: registered.ended.map(|(at, _)| instant(at)),
        end_cause: registered
            .ended
            .map(|(_, cause)| cause.name().to_owned())
            .unwrap_or_default(),
        suspended_at: registered.suspended.map(|(at, _)| instant(at)),
        suspended_until: registered.suspended.and_then(|(_, until)| until).map(Into::into),
        numbers: Vec::new(),
    }
}
