//! What cancellation, correction and supersession say, both ways.

use domain::cancellation::CancellationTerms;
use domain::certificate::Supersession;
use domain::correction::{CorrectionNature, CorrectionTerms};
use jiff::civil::Date;

use super::{Malformed, Read, read_term};
use crate::types::v1 as wire;

impl From<&CancellationTerms> for wire::CancellationTerms {
    fn from(terms: &CancellationTerms) -> Self {
        let specialties = terms.specialties.iter().flatten();
        Self {
            initiator: wire::CancellationInitiator::from(terms.initiator).into(),
            ground: wire::CancellationGround::from(terms.ground).into(),
            whole: terms.specialties.is_none(),
            specialties: specialties
                .map(|specialty| wire::Specialty::from(*specialty).into())
                .collect(),
        }
    }
}

impl Read<CancellationTerms> for wire::CancellationTerms {
    fn read(self, field: &str) -> Result<CancellationTerms, Malformed> {
        if self.whole != self.specialties.is_empty() {
            return Err(Malformed::new(
                field,
                "the whole registration or some specialties",
            ));
        }
        let read = |(index, number): (usize, &i32)| {
            read_term::<wire::Specialty, _>(*number, &format!("{field}.specialties[{index}]"))
        };
        let specialties = self.specialties.iter().enumerate().map(read);
        let specialties = specialties.collect::<Result<Vec<_>, _>>()?;
        Ok(CancellationTerms {
            initiator: read_term::<wire::CancellationInitiator, _>(
                self.initiator,
                &format!("{field}.initiator"),
            )?,
            ground: read_term::<wire::CancellationGround, _>(self.ground, &format!("{field}.ground"))?,
            specialties: (!self.whole).then_some(specialties),
        })
    }
}

impl From<&CorrectionTerms> for wire::CorrectionTerms {
    fn from(terms: &CorrectionTerms) -> Self {
        let (nature, changed_on) = nature_of(terms.nature);
        let facts = terms.facts.iter();
        Self {
            facts: facts
                .map(|fact| wire::CorrectedFact::from(*fact).into())
                .collect(),
            nature: nature.into(),
            changed_on,
        }
    }
}

impl Read<CorrectionTerms> for wire::CorrectionTerms {
    fn read(self, field: &str) -> Result<CorrectionTerms, Malformed> {
        let read = |(index, number): (usize, &i32)| {
            read_term::<wire::CorrectedFact, _>(*number, &format!("{field}.facts[{index}]"))
        };
        let facts = self.facts.iter().enumerate().map(read);
        Ok(CorrectionTerms {
            facts: facts.collect::<Result<_, _>>()?,
            nature: read_nature(self.nature, self.changed_on, field)?,
        })
    }
}

impl From<&Supersession> for wire::Supersession {
    fn from(why: &Supersession) -> Self {
        let (nature, changed_on) = why
            .correction
            .map_or((wire::CorrectionNature::Unspecified, None), nature_of);
        Self {
            reason: wire::SupersessionReason::from(why.reason).into(),
            nature: nature.into(),
            changed_on,
        }
    }
}

impl Read<Supersession> for wire::Supersession {
    fn read(self, field: &str) -> Result<Supersession, Malformed> {
        let correction = match self.nature {
            0 => None,
            nature => Some(read_nature(nature, self.changed_on, field)?),
        };
        let reason = read_term::<wire::SupersessionReason, _>(self.reason, &format!("{field}.reason"))?;
        Ok(Supersession { reason, correction })
    }
}

fn nature_of(nature: CorrectionNature) -> (wire::CorrectionNature, Option<wire::Date>) {
    match nature {
        CorrectionNature::RegisterError => (wire::CorrectionNature::RegisterError, None),
        CorrectionNature::LegalChange { changed_on } => {
            (wire::CorrectionNature::LegalChange, Some(changed_on.into()))
        }
    }
}

/// A legal change has its day, a register error none.
fn read_nature(
    nature: i32,
    changed_on: Option<wire::Date>,
    field: &str,
) -> Result<CorrectionNature, Malformed> {
    let (nature_field, day_field) = (format!("{field}.nature"), format!("{field}.changed_on"));
    match (wire::CorrectionNature::try_from(nature), changed_on) {
        (Ok(wire::CorrectionNature::RegisterError), None) => Ok(CorrectionNature::RegisterError),
        (Ok(wire::CorrectionNature::RegisterError), Some(_)) => {
            Err(Malformed::new(day_field, "no day for a register error"))
        }
        (Ok(wire::CorrectionNature::LegalChange), changed_on) => {
            let changed_on: Date = changed_on.read(&day_field)?;
            Ok(CorrectionNature::LegalChange { changed_on })
        }
        _ => Err(Malformed::new(nature_field, "the nature of a correction")),
    }
}

#[cfg(test)]
mod tests {
    use domain::cancellation::{CancellationGround, CancellationInitiator};
    use domain::correction::CorrectedFact;
    use domain::specialty::Specialty;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_the_types_say_comes_back_as_it_was() {
        for specialties in [None, Some(vec![Specialty::Mining, Specialty::Highway])] {
            let terms = CancellationTerms {
                initiator: CancellationInitiator::Employer,
                ground: CancellationGround::EmploymentEnded,
                specialties,
            };
            assert_eq!(
                wire::CancellationTerms::from(&terms).read("cancellation"),
                Ok(terms)
            );
        }
        let changed_on = date(2026, 3, 2);
        for nature in [
            CorrectionNature::RegisterError,
            CorrectionNature::LegalChange { changed_on },
        ] {
            let terms = CorrectionTerms {
                facts: CorrectedFact::ALL.to_vec(),
                nature,
            };
            assert_eq!(wire::CorrectionTerms::from(&terms).read("correction"), Ok(terms));
            let why = Supersession {
                reason: domain::certificate::SupersessionReason::Correction,
                correction: Some(nature),
            };
            assert_eq!(wire::Supersession::from(&why).read("supersession"), Ok(why));
        }
    }

    #[test]
    fn halves_are_not_guessed() {
        let both = wire::CancellationTerms {
            whole: true,
            specialties: vec![1],
            initiator: 1,
            ground: 1,
        };
        assert!(both.read("cancellation").is_err());
        let dateless = wire::CorrectionTerms {
            facts: vec![1],
            nature: 2,
            changed_on: None,
        };
        assert_eq!(
            dateless.read("correction").map_err(|fault| fault.field),
            Err("correction.changed_on".to_owned())
        );
    }
}
