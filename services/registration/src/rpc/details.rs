//! What cancellation, correction and seal re-issue say, both ways.

use api::convert::{Read as _, read_term};
use api::registration::v1 as wire;
use api::types::v1 as types;
use domain::application::{Particulars, SealReissueDetails};
use domain::cancellation::{CancellationDetails, CancellationInitiator};
use domain::correction::CorrectionDetails;
use service_runtime::Refusal;

use super::malformed;

/// Characters of a statement.
const STATEMENT: usize = 1000;

/// The `details` of a request to create.
pub(super) fn read(
    details: Option<wire::create_application_request::Details>,
) -> Result<Particulars, Refusal> {
    use wire::create_application_request::Details;
    Ok(match details {
        None => Particulars::None,
        Some(Details::Cancellation(told)) => Particulars::Cancellation(cancellation(&told)?),
        Some(Details::Correction(told)) => Particulars::Correction(correction(told)?),
        Some(Details::SealReissue(told)) => Particulars::SealReissue(SealReissueDetails {
            reason: read_term::<types::SealReissueReason, _>(told.reason, "seal_reissue.reason")
                .map_err(malformed)?,
            statement: statement(&told.statement, "seal_reissue.statement")?,
        }),
    })
}

/// A cancellation by the person, until the command knows better.
pub(super) fn cancellation(told: &wire::CancellationDetails) -> Result<CancellationDetails, Refusal> {
    let ended_on = told.employment_ended_on;
    Ok(CancellationDetails {
        initiator: CancellationInitiator::Holder,
        ground: read_term::<types::CancellationGround, _>(told.ground, "cancellation.ground")
            .map_err(malformed)?,
        statement: statement(&told.statement, "cancellation.statement")?,
        employment_ended_on: ended_on
            .map(|day| day.read("cancellation.employment_ended_on").map_err(malformed))
            .transpose()?,
        whole: true,
        commitment: false,
    })
}

fn correction(told: wire::CorrectionDetails) -> Result<CorrectionDetails, Refusal> {
    let terms = types::CorrectionTerms {
        facts: told.facts,
        nature: told.nature,
        changed_on: told.changed_on,
    };
    Ok(CorrectionDetails {
        initiator: CancellationInitiator::Holder,
        terms: terms.read("correction").map_err(malformed)?,
        statement: statement(&told.statement, "correction.statement")?,
    })
}

fn statement(text: &str, field: &str) -> Result<String, Refusal> {
    if text.chars().count() > STATEMENT {
        return Err(Refusal::invalid(field, format!("at most {STATEMENT} characters")));
    }
    Ok(text.trim().to_owned())
}

/// As shown.
pub(super) fn encode(particulars: &Particulars) -> Option<wire::application::Details> {
    use wire::application::Details;
    match particulars {
        Particulars::None => None,
        Particulars::Cancellation(details) => Some(Details::Cancellation(wire::CancellationDetails {
            initiator: types::CancellationInitiator::from(details.initiator).into(),
            ground: types::CancellationGround::from(details.ground).into(),
            statement: details.statement.clone(),
            employment_ended_on: details.employment_ended_on.map(Into::into),
            whole: details.whole,
        })),
        Particulars::Correction(details) => {
            let terms = types::CorrectionTerms::from(&details.terms);
            Some(Details::Correction(wire::CorrectionDetails {
                facts: terms.facts,
                nature: terms.nature,
                changed_on: terms.changed_on,
                statement: details.statement.clone(),
            }))
        }
        Particulars::SealReissue(details) => Some(Details::SealReissue(wire::SealReissueDetails {
            reason: types::SealReissueReason::from(details.reason).into(),
            statement: details.statement.clone(),
        })),
    }
}
