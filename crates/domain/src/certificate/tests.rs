use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::document_number::DocumentKind;
use crate::ids::{CertificateVersionId, PersonId};
use crate::province::Province;
use crate::reason::Reason;
use crate::register::{RegisterAct, StatusCode};

fn specialty(specialty: Specialty, valid_from: Date, valid_to: Date) -> SpecialtyFacts {
    let qualification_number = QualificationNumber::parse("2018034320340000004320001234").expect("number");
    SpecialtyFacts {
        specialty,
        valid_from,
        valid_to,
        qualification_number,
    }
}

/// The facts of a synthetic person: a specimen.
fn facts() -> FactsRecord {
    let authority = CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY).expect("synthetic");
    let number = "32020519900307002X";
    let document = DocumentNumber::parse(DocumentKind::CitizenIdentityCard, number, date(2026, 6, 1));
    FactsRecord {
        format: FACTS_FORMAT,
        licence_identifier: LicenceIdentifier::new(
            LicenceIdentifier::SPECIMEN_TYPE_CODE,
            &authority,
            "JS2026000000012345",
            1,
        )
        .expect("identifier"),
        certificate_name: CERTIFICATE_NAME.to_owned(),
        type_code: LicenceIdentifier::SPECIMEN_TYPE_CODE.to_owned(),
        number: RegistrationNumber::parse("苏1322018201901234").expect("number"),
        version: 1,
        issuer: Organisation {
            name: "样本发证机关".to_owned(),
            credit_code: authority,
        },
        holder: Holder {
            name: PersonName::parse("王䶮").expect("name"),
            sex: Sex::Female,
            birth_date: date(1990, 3, 7),
            document: document.expect("number"),
            document_code_type: "111".to_owned(),
        },
        employer: Organisation {
            name: "样本建设集团有限公司".to_owned(),
            credit_code: CreditCode::parse("91320000MA00000016").expect("code"),
        },
        specialties: vec![
            specialty(
                Specialty::WaterAndHydropower,
                date(2024, 1, 1),
                date(2026, 12, 31),
            ),
            specialty(Specialty::Mining, date(2025, 6, 1), date(2028, 5, 31)),
        ],
        valid_from: date(2024, 1, 1),
        valid_to: date(2028, 5, 31),
        issued_on: date(2025, 6, 1),
        practice_seal: PracticeSeal {
            check_code: 0,
            valid_to: date(2026, 12, 31),
        },
        photo_sm3: "ab".repeat(32),
        signature_image_sm3: "cd".repeat(32),
        layout: Layout {
            version: 1,
            renderer: "1".to_owned(),
            show_document_number: true,
        },
        supersedes: None,
        operation: OperationCode::Issue,
        decided_by: Authority::Ministry,
        announced_by: Authority::Province(Province::from_code("32").expect("Jiangsu")),
        announcement_number: "苏建注公告〔2025〕1号".to_owned(),
        specimen: true,
        salt: None,
        status_list: None,
        log: None,
        use_copy: None,
    }
}

fn copy() -> UseCopyFacts {
    UseCopyFacts {
        copy_id: CopyId::from_uuid(Uuid::from_u128(5)),
        purpose: Purpose::Tender,
        purpose_reference: "ZB-2025-001".to_owned(),
        recipient: "样本招标人".to_owned(),
        made_at: "2025-12-01T03:00:00Z".parse().expect("instant"),
        use_until: date(2026, 5, 30),
        capped_by: UsePeriodCap::Days,
    }
}

#[test]
fn canonical_bytes_read_back_to_the_same_facts() {
    let facts = facts();
    let bytes = facts.canonical_bytes();
    assert_eq!(FactsRecord::parse(&bytes), Ok(facts));
    let text = String::from_utf8(bytes).expect("UTF-8");
    assert!(
        text.starts_with(r#"{"announced_by":"provinces/32","announcement_number":"#),
        "keys in order"
    );
    assert!(
        !text.contains(": ") && !text.contains("null"),
        "no spaces, reserved fields left out"
    );
}

#[test]
fn canonical_bytes_are_those_of_the_general_serialiser() {
    let mut facts = facts();
    facts.employer.name = "引号\"反斜\\换行\n响铃\u{7}删除\u{7f}斜/𬭚\u{2028}é".to_owned();
    let value = serde_json::to_value(&facts).expect("JSON");
    assert_eq!(
        Ok(facts.canonical_bytes()),
        serde_jcs::to_vec(&value).map_err(|_| ())
    );
}

#[test]
fn bytes_that_are_not_canonical_are_refused() {
    let bytes = facts().canonical_bytes();
    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
    let mut spaced = bytes;
    spaced.push(b'\n');
    assert_eq!(FactsRecord::parse(&spaced), Err(FactsError::NotCanonical));
    let duplicate = text.replacen('{', r#"{"extra":1,"#, 1);
    assert_eq!(FactsRecord::parse(duplicate.as_bytes()), Err(FactsError::Shape));
    let later = text.replace(r#""format":1"#, r#""format":2"#);
    assert_eq!(FactsRecord::parse(later.as_bytes()), Err(FactsError::Format));
}

#[test]
fn free_text_is_composed() {
    let mut facts = facts();
    facts.employer.name = "Cafe\u{301} 建设".to_owned();
    let text = String::from_utf8(facts.canonical_bytes()).expect("UTF-8");
    assert!(text.contains("Caf\u{e9} 建设"));
}

#[test]
fn contradictions_are_named() {
    type Change = Box<dyn Fn(&mut FactsRecord)>;
    let cases: [(&str, Change); 12] = [
        (
            "type_code",
            Box::new(|f| f.type_code = "11100000000013338W001".to_owned()),
        ),
        ("version", Box::new(|f| f.version = 2)),
        ("specimen", Box::new(|f| f.specimen = false)),
        ("specialties", Box::new(|f| f.specialties.swap(0, 1))),
        ("specialties", Box::new(|f| f.specialties.clear())),
        ("valid_from", Box::new(|f| f.valid_from = date(2023, 1, 1))),
        ("valid_to", Box::new(|f| f.valid_to = date(2029, 1, 1))),
        ("birth_date", Box::new(|f| f.holder.birth_date = date(1990, 3, 8))),
        ("sex", Box::new(|f| f.holder.sex = Sex::Male)),
        (
            "document_code_type",
            Box::new(|f| f.holder.document_code_type = "999".to_owned()),
        ),
        ("photo_sm3", Box::new(|f| f.photo_sm3 = "AB".repeat(32))),
        ("practice_seal", Box::new(|f| f.practice_seal.check_code = 100)),
    ];
    for (fact, change) in cases {
        let mut facts = facts();
        change(&mut facts);
        assert_eq!(facts.check(), Err(FactsError::Contradiction { fact }));
    }
    assert_eq!(
        FactsError::Contradiction { fact: "sex" }.reason(),
        "FACTS_CONTRADICTION"
    );
}

#[test]
fn a_use_copy_lists_what_is_alive_and_keeps_the_identifier() {
    let copied = facts().for_copy(copy(), &[Specialty::Mining]);
    assert_eq!(copied.specialties.len(), 1);
    assert_eq!(copied.licence_identifier, facts().licence_identifier);
    assert_eq!(FactsRecord::parse(&copied.canonical_bytes()), Ok(copied));
}

#[test]
fn metadata_has_every_key_of_the_catalogue() {
    let original = metadata::pairs(&facts());
    let value = |key: &str| {
        original
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(value("ZZBH"), Some("苏1322018201901234"));
    assert_eq!(value("CZZTDMLXDM"), Some("111"));
    assert_eq!(value("CZZTDMLX"), Some("公民身份号码"));
    assert_eq!(value("KZ_specSub"), Some("水利水电工程;矿业工程"));
    assert_eq!(value("KZ_subEndDate"), Some("2026-12-31;2028-05-31"));
    assert_eq!(value("JZJYXQJZSJ"), None);
    let copied = metadata::pairs(&facts().for_copy(copy(), &[Specialty::Mining]));
    assert!(copied.contains(&("JZJYXQJZSJ", "2026-05-30".to_owned())));
    let mut hidden = facts();
    hidden.layout.show_document_number = false;
    assert!(metadata::pairs(&hidden).contains(&("CZZTDM", "3****************X".to_owned())));
}

#[test]
fn the_facts_that_changed_are_named() {
    let before = facts();
    let mut after = facts();
    after.employer.name = "乙公司".to_owned();
    after.number = RegistrationNumber::parse("沪1322018201901234").expect("number");
    after.issued_on = date(2026, 1, 1);
    assert_eq!(after.changed_facts(&before), ["number", "employer"]);
    assert!(before.changed_facts(&before).is_empty());
}

#[test]
fn facts_never_show_themselves() {
    let shown = format!("{:?} {:?}", facts(), facts().holder);
    assert!(!shown.contains("320205") && !shown.contains('王') && !shown.contains("1990-03-07"));
}

fn version(n: u16) -> CertificateVersion {
    let mut identifier = facts().licence_identifier;
    for _ in 1..n {
        identifier = identifier.next_version().expect("few versions");
    }
    CertificateVersion {
        id: CertificateVersionId::from_uuid(Uuid::from_u128(u128::from(n))),
        person: PersonId::from_uuid(Uuid::from_u128(1)),
        identifier,
        made_at: crate::calendar::start_of(date(2025, 1, i8::try_from(n).expect("few"))),
        state: VersionState::Current,
    }
}

#[test]
fn a_version_is_superseded_once_and_says_by_what() {
    let (first, second, third) = (version(1), version(2), version(3));
    let reason = SupersessionReason::of(&RegisterAct::ReissueSeal).expect("makes a version");
    let old = first.superseded(second.made_at, &second, reason);
    assert!(matches!(&old.state, VersionState::Superseded { by, .. } if by.to_string().ends_with(".002.F")));
    assert!(old.is_current_at(old.made_at) && !old.is_current_at(second.made_at));
    let again = old
        .clone()
        .superseded(third.made_at, &third, SupersessionReason::Renewal);
    assert_eq!(again, old);
    assert_eq!(old.clone().ended(third.made_at, StatusCode::Revoked), old);
    let ended = second.ended(third.made_at, StatusCode::Cancelled);
    assert!(!ended.is_current_at(third.made_at));
}

#[test]
fn a_correction_says_since_when_the_version_before_was_wrong() {
    use crate::correction::{CorrectedFact, CorrectionNature, CorrectionTerms};

    let changed_on = date(2025, 5, 1);
    for nature in [
        CorrectionNature::RegisterError,
        CorrectionNature::LegalChange { changed_on },
    ] {
        let terms = CorrectionTerms {
            facts: vec![CorrectedFact::Name],
            nature,
        };
        let birth_date = date(1990, 3, 7);
        let why = Supersession::of(&RegisterAct::Correct { birth_date, terms }).expect("makes a version");
        assert_eq!(
            (why.reason, why.correction),
            (SupersessionReason::Correction, Some(nature))
        );
        let json = serde_json::to_string(&why).expect("json");
        assert_eq!(serde_json::from_str::<Supersession>(&json).expect("back"), why);
        let changed = ["holder.name", "employer"];
        let text = crate::standing::explain_correction(nature, date(2025, 6, 1), changed.into_iter());
        assert!(text.zh.contains("姓名") && text.zh.contains("2025-06-01") && text.en.contains("name"));
        assert_eq!(
            text.zh.contains("2025-05-01"),
            nature != CorrectionNature::RegisterError
        );
        assert_eq!(
            text.zh.contains("自始"),
            nature == CorrectionNature::RegisterError
        );
    }
    let seal = Supersession::of(&RegisterAct::ReissueSeal).expect("makes a version");
    assert_eq!(seal.correction, None);
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(FactsRecord::parse(&bytes).is_err());
    }

    #[test]
    fn one_changed_byte_is_noticed(at in 0usize..1500, bit in 0u8..8) {
        let bytes = facts().canonical_bytes();
        prop_assume!(at < bytes.len());
        let mut changed = bytes.clone();
        changed[at] ^= 1 << bit;
        let parsed = FactsRecord::parse(&changed);
        prop_assert_ne!(parsed.map(|facts| facts.canonical_bytes()), Ok(bytes));
    }
}
