//! What the documents must say.

use crate::code::Code;
use crate::extract::Extracted;
use crate::facts::{FaceFacts, chinese_date, separated_date};
use crate::layout::{Field, Layout};
use crate::lint::{Fault, Form};
use crate::picture::Pictures;

/// The facts with everything that follows from them, stated independently of how the face was composed.
pub(crate) struct Expected<'e, 'a> {
    pub(crate) layout: Layout,
    pub(crate) facts: &'e FaceFacts<'a>,
    pub(crate) attachment: &'e str,
    pub(crate) pictures: &'e Pictures,
    pub(crate) code: Option<&'e Code>,
}

impl Expected<'_, '_> {
    /// The wording of a field; `None` where the area must be empty.
    pub(crate) fn value(&self, field: Field) -> Option<String> {
        let facts = self.facts;
        let specialty = |index: u8| facts.specialties.get(usize::from(index));
        let day = |date| {
            if facts.specialties.len() > 5 {
                separated_date(date, '.')
            } else {
                chinese_date(date)
            }
        };
        match field {
            Field::Name | Field::SealName => Some(facts.name.to_owned()),
            Field::Sex => Some(facts.sex.to_owned()),
            Field::BirthDate => Some(chinese_date(facts.birth_date)),
            Field::DocumentNumber => Some(facts.document_number.to_owned()),
            Field::RegistrationNumber => Some(facts.registration_number.to_owned()),
            Field::Employer => Some(facts.employer.to_owned()),
            Field::Specialty(index) => specialty(index).map(|s| s.name.to_owned()),
            Field::SpecialtyValidity(index) => {
                specialty(index).map(|s| format!("{}至{}", day(s.from), day(s.to)))
            }
            Field::UsePeriod => facts.copy.map(|copy| {
                format!(
                    "使用有效期：{}至{}",
                    chinese_date(copy.made_on),
                    chinese_date(copy.use_until)
                )
            }),
            Field::Issuer => Some(facts.issuer.to_owned()),
            Field::IssueDate => Some(chinese_date(facts.issued_on)),
            Field::LicenceIdentifier => Some(facts.licence_identifier.to_owned()),
            Field::SealNumber => Some(format!(
                "{}({:02})",
                facts.registration_number, facts.seal_check_code
            )),
            Field::SealSpecialties => Some(
                facts
                    .specialties
                    .iter()
                    .map(|s| s.abbreviation)
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            Field::SealValidity => Some(separated_date(facts.seal_valid_to, '.')),
        }
    }

    /// Compares what stands in the areas.
    pub(crate) fn compare(&self, form: Form, extracted: &Extracted, faults: &mut Vec<Fault>) {
        for field in self.layout.fields() {
            // A fixed note of originals stands where use copies state their period.
            if field == Field::UsePeriod && self.facts.copy.is_none() {
                continue;
            }
            if extracted.value(field) != self.value(field).as_deref() {
                faults.push(Fault::Value(form, field));
            }
        }
        if extracted.seal_employer != self.facts.employer {
            faults.push(Fault::SealEmployer(form));
        }
    }
}
