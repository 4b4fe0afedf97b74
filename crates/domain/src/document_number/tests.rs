use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::reason::Reason;

const TODAY: Date = date(2026, 11, 23);

fn citizen(raw: &str) -> Result<DocumentNumber, DocumentNumberError> {
    DocumentNumber::parse(DocumentKind::CitizenIdentityCard, raw, TODAY)
}

#[test]
fn the_samples_of_the_standards_are_accepted() {
    for (kind, number) in [
        (DocumentKind::CitizenIdentityCard, "11010519491231002X"),
        (DocumentKind::CitizenIdentityCard, "440524188001010014"),
        (DocumentKind::CitizenIdentityCard, "320205199003070011"),
        (DocumentKind::CitizenIdentityCard, "32020519900307002X"),
        (DocumentKind::HongKongResidencePermit, "810000199003070015"),
        (DocumentKind::TaiwanResidencePermit, "830000199003070027"),
        (DocumentKind::ForeignPermanentResident2023, "911124198108030024"),
        (DocumentKind::ForeignPermanentResident2017, "CAN110019810803"),
        (DocumentKind::OrdinaryPassport, "E12345678"),
        (DocumentKind::MilitaryOfficer, "军字第1234567号"),
    ] {
        let parsed = DocumentNumber::parse(kind, number, TODAY).expect(number);
        assert_eq!(parsed.expose(), number);
        let json = serde_json::to_string(&parsed).expect("json");
        assert_eq!(
            serde_json::from_str::<DocumentNumber>(&json).expect("back"),
            parsed
        );
    }
}

#[test]
fn typing_habits_do_not_matter() {
    for raw in [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２ｘ",
    ] {
        assert_eq!(citizen(raw).expect("accepted").expose(), "11010519491231002X");
    }
}

#[test]
fn a_fifteen_digit_number_becomes_the_eighteen_digit_one() {
    assert_eq!(
        citizen("110105491231002").expect("accepted").expose(),
        "11010519491231002X"
    );
}

#[test]
fn birth_date_and_sex_are_read_off_the_number() {
    let number = citizen("320205199003070011").expect("valid");
    assert_eq!(number.birth_date(), Some(date(1990, 3, 7)));
    assert_eq!(number.sex(), Some(Sex::Male));
    assert_eq!(
        citizen("32020519900307002X").expect("valid").sex(),
        Some(Sex::Female)
    );
}

#[test]
fn each_fault_has_its_reason() {
    for (raw, reason) in [
        ("", "DOCUMENT_NUMBER_EMPTY"),
        ("3202051990030700", "DOCUMENT_NUMBER_LENGTH"),
        ("32020519900307O011", "DOCUMENT_NUMBER_CHARACTER"),
        ("990205199003070011", "DOCUMENT_NUMBER_KIND"),
        ("810000199003070015", "DOCUMENT_NUMBER_KIND"),
        ("020205199003070011", "DOCUMENT_NUMBER_ADDRESS"),
        ("320205199002300011", "DOCUMENT_NUMBER_BIRTH_DATE"),
        ("320205199003070012", "DOCUMENT_NUMBER_CHECK_DIGIT"),
    ] {
        assert_eq!(citizen(raw).expect_err(raw).reason(), reason, "{raw}");
    }
    let number = "320205199003070011";
    let earlier = DocumentNumber::parse(DocumentKind::CitizenIdentityCard, number, date(1990, 3, 6));
    assert_eq!(
        earlier.expect_err("future").reason(),
        "DOCUMENT_NUMBER_BIRTH_DATE_IN_FUTURE"
    );
}

#[test]
fn the_number_never_shows_itself() {
    let number = citizen("320205199003070011").expect("valid");
    assert!(!format!("{number:?}").contains("3202"));
    assert_eq!(number.masked(), "3****************1");
}

#[test]
fn residence_permits_count_as_other_documents_in_licences() {
    assert_eq!(DocumentKind::CitizenIdentityCard.code_type().code(), "111");
    assert_eq!(DocumentKind::TaiwanResidencePermit.code_type().code(), "999");
    assert_eq!(DocumentKind::HongKongMacaoTravelPermit.code_type().code(), "516");
    for kind in DocumentKind::ALL {
        assert_eq!(DocumentKind::from_code(kind.code()), Some(*kind));
    }
}

prop_compose! {
    fn valid_numbers()(year in 1900i16..2020, month in 1i8..=12, day in 1i8..=28, sequence in 0u32..1000)
        -> String {
        let seventeen = format!("320205{year:04}{month:02}{day:02}{sequence:03}");
        let check = check_character(&seventeen).expect("seventeen digits");
        format!("{seventeen}{check}")
    }
}

proptest! {
    #[test]
    fn any_single_wrong_digit_is_noticed(number in valid_numbers(), at in 0usize..17, shift in 1u32..10) {
        prop_assert!(citizen(&number).is_ok());
        let mut chars: Vec<char> = number.chars().collect();
        let digit = chars[at].to_digit(10).expect("digit");
        chars[at] = char::from_digit((digit + shift) % 10, 10).expect("digit");
        prop_assert!(citizen(&chars.into_iter().collect::<String>()).is_err());
    }

    #[test]
    fn any_swap_of_neighbours_is_noticed(number in valid_numbers(), at in 0usize..16) {
        let mut chars: Vec<char> = number.chars().collect();
        prop_assume!(chars[at] != chars[at + 1]);
        chars.swap(at, at + 1);
        prop_assert!(citizen(&chars.into_iter().collect::<String>()).is_err());
    }

    #[test]
    fn no_input_makes_the_parser_panic(raw in "\\PC{0,24}") {
        for kind in DocumentKind::ALL {
            let _ = DocumentNumber::parse(*kind, &raw, TODAY);
        }
        let _ = DocumentNumber::parse_by_shape(&raw, TODAY);
    }
}
