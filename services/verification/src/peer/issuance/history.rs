//! The answer of `ReadHistory`, read strictly.

use api::convert::{Malformed, Read as _, read_term};
use api::issuance::v1 as wire;
use api::types::v1 as types;
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::specialty::Specialty;
use domain::standing::{Since, SpecialtyStanding};
use domain::validity::Validity;

use crate::query::history::{ActEvidence, History, Then};

/// One answer.
pub(super) fn read(answer: wire::ReadHistoryResponse) -> Result<History, Malformed> {
    Ok(History {
        then: answer.entry.map(then).transpose()?,
        began_at: match answer.began_at {
            None => None,
            began => Some(began.read("began_at")?),
        },
    })
}

fn then(entry: wire::HistoricEntry) -> Result<Then, Malformed> {
    let licence = match entry.licence_identifier.as_str() {
        "" => None,
        text => {
            let read = LicenceIdentifier::parse(text);
            Some(read.map_err(|_| Malformed::new("licence_identifier", "a licence identifier"))?)
        }
    };
    let since = match entry.status_since {
        None => None,
        on => Some(Since {
            on: on.read("status_since")?,
            cause: (entry.end_cause != 0)
                .then(|| read_term::<types::EndCause, _>(entry.end_cause, "end_cause"))
                .transpose()?,
        }),
    };
    Ok(Then {
        status: read_term::<types::StatusCode, _>(entry.status_code, "status_code")?,
        number: entry.registration_number,
        employer: entry.employer_title,
        province: Province::from_code(&entry.province)
            .ok_or_else(|| Malformed::new("province", "two digits of a province"))?,
        specialties: entry
            .specialties
            .into_iter()
            .map(specialty)
            .collect::<Result<_, _>>()?,
        renewal_pending: entry.renewal_pending,
        since,
        licence,
        acts: entry.acts.into_iter().map(act).collect::<Result<_, _>>()?,
    })
}

fn specialty(known: wire::HistoricSpecialty) -> Result<SpecialtyStanding, Malformed> {
    let term = known
        .validity
        .ok_or_else(|| Malformed::new("specialties.validity", "a term"))?;
    let specialty: Specialty = read_term::<types::Specialty, _>(term.specialty, "specialties")?;
    Ok(SpecialtyStanding {
        specialty,
        validity: Validity {
            from: term.valid_from.read("specialties.valid_from")?,
            to: term.valid_to.read("specialties.valid_to")?,
        },
        effective_end: known.effective_end.read("specialties.effective_end")?,
        living: known.living,
    })
}

fn act(act: wire::HistoricAct) -> Result<ActEvidence, Malformed> {
    Ok(ActEvidence {
        at: act.at.read("acts.at")?,
        recorded_at: act.recorded_at.read("acts.recorded_at")?,
        position: (act.position > 0).then_some(act.position),
        leaf: act.leaf_index,
        act: act.act,
        kind: act.kind,
    })
}
