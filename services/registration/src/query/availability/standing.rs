//! Where a registration stands: the province's mirror, and what only the nation knows.

use domain::application::MaterialKind;
use domain::availability::{AvailabilityStep as Step, Delivery, NextActor, Standing};
use domain::register::StatusCode;
use jiff::civil::Date;

use super::{Explanation, Local};
use crate::deps::Deps;
use crate::peer::exchange::standing::NationalStanding;
use crate::store::registered::Registered;

/// The registration's step; none for somebody who is registered nowhere and was never here.
pub(super) fn of(
    deps: &Deps,
    local: &Local,
    national: Option<NationalStanding>,
    today: Date,
) -> Option<Explanation> {
    match (&local.registered, national) {
        (None, None) => None,
        (None, Some(told)) => elsewhere(deps, told),
        (Some(known), national) => Some(here(deps, local, known, national, today)),
    }
}

/// Asked in this province, registered in another. What has ended there is told there.
fn elsewhere(deps: &Deps, told: NationalStanding) -> Option<Explanation> {
    (told.province != deps.province.code()).then(|| Explanation {
        since: told.since,
        actors: vec![format!("provinces/{}", told.province)],
        province: Some(told.province),
        ..Explanation::at(Step::RegisteredElsewhere)
    })
}

fn here(
    deps: &Deps,
    local: &Local,
    known: &Registered,
    national: Option<NationalStanding>,
    today: Date,
) -> Explanation {
    let sent = known.position <= local.receipted;
    // Before it has our last event the nation tells of what was before.
    let national = national.filter(|_| sent);
    let moved_to = known.moved_to.clone().or_else(|| {
        let told = national.as_ref()?;
        (told.province != deps.province.code()).then(|| told.province.clone())
    });
    let ended = known.ended.map(|(_, cause)| cause);
    let over = known.specialties.iter().all(|(_, term)| term.is_over(today));
    let standing = Standing {
        status: match (&national, ended) {
            (Some(told), _) => told.status,
            (None, Some(cause)) => cause.status(),
            (None, None) => StatusCode::Valid,
        },
        term_over: national
            .as_ref()
            .map_or_else(|| over && ended.is_none(), |told| told.term_over),
        renewal_pending: local.renewal_pending || national.as_ref().is_some_and(|told| told.renewal_pending),
        moved: moved_to.is_some(),
        delivery: delivery(local, known, national.as_ref(), sent),
    };
    let step = standing.step();
    let told = national.as_ref();
    let acted = told.filter(|told| told.status != StatusCode::Valid);
    let since = acted
        .and_then(|told| told.since)
        .or_else(|| known.ended.map(|(at, _)| at))
        .unwrap_or(known.announced_at);
    let ground = match step {
        Step::ExchangeStopped => local.stopped.clone().unwrap_or_default(),
        Step::IssuanceStopped => told.map(|told| told.stopped.clone()).unwrap_or_default(),
        _ => told
            .map(|told| told.end_cause.clone())
            .filter(|cause| !cause.is_empty())
            .or_else(|| ended.map(|cause| cause.name().to_owned()))
            .unwrap_or_default(),
    };
    let missing = match step {
        Step::PicturesMissing => vec![MaterialKind::Photo, MaterialKind::SignatureImage],
        _ => Vec::new(),
    };
    Explanation {
        since: Some(since),
        // An existing register is no application.
        application: (!known.imported).then_some(known.application),
        missing,
        licence_identifier: known.licence_identifier.clone().or_else(|| {
            let issued = told.map(|told| told.licence_identifier.clone());
            issued.filter(|identifier| !identifier.is_empty())
        }),
        actors: names(deps, step, moved_to.as_deref()),
        until: told
            .filter(|_| step == Step::Suspended)
            .and_then(|told| told.suspended_until),
        ground,
        province: moved_to,
        ahead: told.map_or(0, |told| told.ahead),
        ..Explanation::at(step)
    }
}

fn delivery(local: &Local, known: &Registered, national: Option<&NationalStanding>, sent: bool) -> Delivery {
    match national {
        // The nation has not been heard about what came with an existing register, and that has no pictures.
        None if known.imported => Delivery::NoPictures,
        _ if !sent && local.stopped.is_some() => Delivery::Stopped,
        _ if !sent => Delivery::NotSent,
        _ if known.licence_identifier.is_some() => Delivery::Issued,
        Some(told) => told.delivery,
        None => Delivery::NotIssued,
    }
}

fn names(deps: &Deps, step: Step, moved_to: Option<&str>) -> Vec<String> {
    match (step.actor(), moved_to) {
        (NextActor::OtherProvince, Some(province)) => vec![format!("provinces/{province}")],
        (NextActor::Nation, _) => vec!["nation".to_owned()],
        (NextActor::AnnouncingAuthority | NextActor::DecidingAuthority, _) => {
            vec![format!("provinces/{}", deps.province)]
        }
        _ => Vec::new(),
    }
}
