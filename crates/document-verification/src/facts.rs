//! The facts that a file states: in its attachment, in its other metadata, and on its page.

mod attachment;

use std::collections::BTreeMap;
use std::fmt;

use certificate_face::extract::{Extracted, Placed, extract};
use certificate_face::facts::{chinese_date, separated_date};
use certificate_face::layout::{DocumentNumberPolicy, Field, Layout, Version};
use certificate_face::metadata::tag;
use domain::calendar::day_of;
use domain::certificate::{FactsRecord, SpecialtyFacts, metadata};
use jiff::Timestamp;

use crate::finding::{Finding, Outcome, check};
pub(crate) use attachment::Attachment;

/// The facts of one file, from where they stand. Personal: Debug shows none of them.
#[derive(Clone, Default)]
pub struct Facts {
    /// Key and value of the embedded metadata, in order (domain §3.2).
    pub metadata: Vec<(String, String)>,
    /// The embedded facts record, if it is one that this program knows.
    pub record: Option<FactsRecord>,
    /// The text on the page by place: what a person reads, whatever the metadata say.
    pub face: BTreeMap<FactsLabel, String>,
}

/// A place on the face, named by the key that the tag index uses, with a number where there are several.
pub type FactsLabel = (&'static str, u8);

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("metadata", &self.metadata.len())
            .field("record", &self.record)
            .field("face", &self.face.len())
            .finish()
    }
}

impl Facts {
    /// A value of the metadata.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.metadata
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads record and face, and compares them with each other and with the metadata.
pub(crate) fn compare(
    attachment: Attachment,
    text: &[Placed],
    pages: usize,
    findings: &mut Vec<Finding>,
) -> Facts {
    let mut facts = Facts {
        metadata: attachment.items,
        record: None,
        face: BTreeMap::new(),
    };
    let record = match FactsRecord::parse(attachment.record.as_bytes()) {
        Ok(record) => record,
        Err(error) => {
            findings.push(record_fault(&error));
            return facts;
        }
    };
    findings.push(Finding::pass(check::RECORD));
    let pairs = metadata::pairs(&record);
    let same = pairs.len() == facts.metadata.len()
        && pairs
            .iter()
            .zip(&facts.metadata)
            .all(|(right, (name, value))| right.0 == name && right.1 == *value);
    findings.push(Finding::decide(
        check::METADATA,
        same,
        "metadata_differ_from_record",
    ));
    match layout(&record) {
        None => findings.push(Finding::cannot_say(check::FACE, "layout_unknown")),
        Some(layout) => {
            let extracted = extract(&layout, text);
            findings.extend(face(&record, &layout, &extracted, pages));
            facts.face = labelled(&extracted);
        }
    }
    facts.record = Some(record);
    facts
}

/// A later format is no forgery; a record that contradicts itself is none that was ever issued.
fn record_fault(error: &domain::certificate::FactsError) -> Finding {
    use domain::certificate::FactsError as E;
    match error {
        E::Format => Finding::cannot_say(check::RECORD, "record_format_unknown"),
        E::Shape => Finding::cannot_say(check::RECORD, "record_not_understood"),
        E::NotCanonical => Finding::fail(check::RECORD, "record_not_canonical"),
        E::Contradiction { .. } => Finding::fail(check::RECORD, "record_contradicts_itself"),
    }
}

/// Whether other metadata say the same as the attachment, in the same order.
pub(crate) fn same_entries<'e>(
    items: &'e [(String, String)],
    others: impl Iterator<Item = (&'e str, &'e str)>,
) -> Finding {
    let same = items
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .eq(others);
    Finding::decide(check::OUTER_METADATA, same, "metadata_differ_from_each_other")
}

/// The layout that a record names, set to its number of specialties.
pub(crate) fn layout(record: &FactsRecord) -> Option<Layout> {
    let version = Version(u16::try_from(record.layout.version).ok()?);
    let policy = if record.layout.show_document_number {
        DocumentNumberPolicy::Shown
    } else {
        DocumentNumberPolicy::Hidden
    };
    Some(Layout::of(version, policy)?.with_specialties(record.specialties.len()))
}

/// Every field of the face against the record.
fn face(record: &FactsRecord, layout: &Layout, extracted: &Extracted, pages: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    if pages != 1 {
        found.push(Finding::fail(check::FACE, "not_one_page"));
    }
    let differs = |name: &str| Finding::fail(check::FACE, "face_differs_from_record").about(name);
    for field in layout.fields() {
        // A fixed note of originals stands where use copies state their period.
        if field == Field::UsePeriod && record.use_copy.is_none() {
            continue;
        }
        if extracted.value(field) != wording(record, field).as_deref() {
            found.push(differs(tag(field)));
        }
    }
    if extracted.seal_employer != record.employer.name {
        found.push(differs("KZ_sealEmployer"));
    }
    if found.is_empty() {
        found.push(Finding::pass(check::FACE));
    }
    found
}

/// How a field of the record reads on the face; `None` where its place must be empty.
fn wording(record: &FactsRecord, field: Field) -> Option<String> {
    let specialty = |index: u8| record.specialties.get(usize::from(index));
    Some(match field {
        Field::Name | Field::SealName => record.holder.name.expose().to_owned(),
        Field::Sex => record.holder.sex.name().to_owned(),
        Field::BirthDate => chinese_date(record.holder.birth_date),
        Field::DocumentNumber => record.holder.document.expose().to_owned(),
        Field::RegistrationNumber => record.number.to_string(),
        Field::Employer => record.employer.name.clone(),
        Field::Specialty(index) => specialty(index)?.specialty.name().to_owned(),
        Field::SpecialtyValidity(index) => term(record, specialty(index)?),
        Field::UsePeriod => {
            let copy = record.use_copy.as_ref()?;
            format!(
                "使用有效期：{}至{}",
                chinese_date(day_of(copy.made_at)),
                chinese_date(copy.use_until)
            )
        }
        Field::Issuer => record.issuer.name.clone(),
        Field::IssueDate => chinese_date(record.issued_on),
        Field::LicenceIdentifier => record.licence_identifier.to_string(),
        Field::SealNumber => format!("{}({:02})", record.number, record.practice_seal.check_code),
        Field::SealSpecialties => {
            let names: Vec<_> = record
                .specialties
                .iter()
                .map(|known| known.specialty.seal_abbreviation())
                .collect();
            names.join(" ")
        }
        Field::SealValidity => separated_date(record.practice_seal.valid_to, '.'),
    })
}

/// More than five specialties are set in two columns, with shorter dates.
fn term(record: &FactsRecord, specialty: &SpecialtyFacts) -> String {
    let day = |date| {
        if record.specialties.len() > 5 {
            separated_date(date, '.')
        } else {
            chinese_date(date)
        }
    };
    format!("{}至{}", day(specialty.valid_from), day(specialty.valid_to))
}

fn labelled(extracted: &Extracted) -> BTreeMap<FactsLabel, String> {
    let label = |field| match field {
        Field::Specialty(index) | Field::SpecialtyValidity(index) => (tag(field), index),
        _ => (tag(field), 0),
    };
    let value = |field| extracted.value(field).unwrap_or_default().to_owned();
    let mut labelled: BTreeMap<_, _> = extracted
        .fields()
        .map(|field| (label(field), value(field)))
        .collect();
    labelled.insert(("KZ_sealEmployer", 0), extracted.seal_employer.clone());
    labelled
}

/// The use period of a copy by its own statement, which its seal covers.
pub(crate) fn use_period(record: Option<&FactsRecord>, now: Timestamp) -> Option<Finding> {
    let copy = record?.use_copy.as_ref()?;
    let result = if day_of(now) > copy.use_until {
        Outcome::Warning
    } else {
        Outcome::Pass
    };
    let reason = if result == Outcome::Pass {
        "ok"
    } else {
        "use_period_over"
    };
    Some(Finding::new(check::USE_PERIOD, result, reason).about(copy.use_until.to_string()))
}
