use jiff::civil::date;

use super::*;
use crate::document_number::DocumentKind;
use crate::reason::Reason as _;

const TODAY: Date = date(2026, 3, 2);

fn terms(facts: &[CorrectedFact]) -> CorrectionTerms {
    CorrectionTerms {
        facts: facts.to_vec(),
        nature: CorrectionNature::RegisterError,
    }
}

fn document(number: &str) -> DocumentNumber {
    DocumentNumber::parse(DocumentKind::CitizenIdentityCard, number, TODAY).expect("a synthetic number")
}

#[test]
fn what_differs_is_found_fact_by_fact() {
    let (one, other) = (
        PersonName::parse("张样本").expect("a name"),
        PersonName::parse("张样木").expect("a name"),
    );
    let (man, woman) = (document("320205199003070011"), document("32020519900307002X"));
    let before = IdentityFacts {
        name: &one,
        document: &man,
        sex: Some(Sex::Male),
        birth_date: date(1990, 3, 7),
    };
    assert!(before.differing(&before).is_empty());
    let after = IdentityFacts {
        name: &other,
        document: &woman,
        sex: Some(Sex::Female),
        birth_date: date(1990, 3, 8),
    };
    assert_eq!(
        after.differing(&before),
        [
            CorrectedFact::Name,
            CorrectedFact::Document,
            CorrectedFact::Sex,
            CorrectedFact::BirthDate
        ]
    );
    let unknown = IdentityFacts { sex: None, ..before };
    assert!(
        unknown.differing(&before).is_empty(),
        "what is not known does not differ"
    );
    assert_eq!(format!("{before:?}"), "IdentityFacts(***)");
}

#[test]
fn what_is_claimed_must_be_what_differs() {
    use CorrectedFact::{Document, Name, Photo};
    let reason = |claimed: &[CorrectedFact], differing: &[CorrectedFact]| {
        terms(claimed)
            .check_against(differing)
            .map_err(|refused| refused.reason())
    };
    assert_eq!(reason(&[Name], &[Name]), Ok(()));
    assert_eq!(
        reason(&[Photo], &[]),
        Ok(()),
        "pictures are judged by their material"
    );
    assert_eq!(reason(&[Name, Photo], &[]), Err("CORRECTION_UNFOUNDED"));
    assert_eq!(reason(&[Photo], &[Document]), Err("CORRECTION_INCOMPLETE"));
    assert_eq!(reason(&[Name], &[Name, Document]), Err("CORRECTION_INCOMPLETE"));
}

#[test]
fn a_claim_names_facts_once_and_no_day_ahead() {
    let reason = |terms: &CorrectionTerms| terms.check(TODAY).map_err(|refused| refused.reason());
    assert_eq!(reason(&terms(&[])), Err("CORRECTION_FACTS"));
    assert_eq!(
        reason(&terms(&[CorrectedFact::Name, CorrectedFact::Name])),
        Err("CORRECTION_FACTS")
    );
    let mut legal = terms(&[CorrectedFact::Name]);
    for (day, expected) in [
        (TODAY, Ok(())),
        (date(2026, 3, 3), Err("CORRECTION_CHANGE_AHEAD")),
    ] {
        legal.nature = CorrectionNature::LegalChange { changed_on: day };
        assert_eq!(reason(&legal), expected);
    }
}

#[test]
fn facts_are_known_by_the_fields_of_the_record() {
    for fact in CorrectedFact::ALL {
        assert_eq!(CorrectedFact::of_field(fact.field()), Some(*fact));
    }
    assert_eq!(CorrectedFact::of_field("employer"), None);
}
