//! Synthetic records, pictures and seals for tests, benches and examples: specimens of nobody (feature `specimen`).

use std::sync::LazyLock;

use domain::authority::Authority;
use domain::certificate::{
    CERTIFICATE_NAME, FACTS_FORMAT, FactsRecord, Holder, Layout as RecordLayout, Organisation, PracticeSeal,
    Purpose, SpecialtyFacts, UseCopyFacts,
};
use domain::credit_code::CreditCode;
use domain::document_number::{DocumentKind, DocumentNumber, Sex};
use domain::ids::CopyId;
use domain::licence_identifier::LicenceIdentifier;
use domain::name::PersonName;
use domain::province::Province;
use domain::qualification::QualificationNumber;
use domain::register::OperationCode;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::UsePeriodCap;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::face::Kind;
use crate::facts::Printed;
use crate::layout::{DocumentNumberPolicy, Layout, Version};
use crate::metadata::Sealing;
use crate::picture::{Photo, Pictures, SignatureImage};
use crate::seal_picture::{RoundSeal, round_seal};
use crate::template::{Producer, Template, TemplateSpec};

/// The authority of specimens, which does not exist.
pub const ISSUER: &str = "建证市住房和城乡建设局（虚构）";

/// The QR text of specimens.
pub const CODE: &str = "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKA";

/// The seed of the pictures that records name.
pub const SEED: u64 = 3;

const DAY: Date = date(2026, 5, 1);

static DIGESTS: LazyLock<(String, String)> = LazyLock::new(|| {
    let pictures = pictures(SEED);
    (
        hex::encode(pictures.photo.sm3()),
        hex::encode(pictures.signature.sm3()),
    )
});

/// The record of a synthetic constructor with the first `count` specialties, 水利水电 alone if one, who has the
/// pictures of [`SEED`].
pub fn record(name: &str, count: usize) -> FactsRecord {
    let chosen = if count == 1 {
        vec![Specialty::WaterAndHydropower]
    } else {
        Specialty::ALL[..count].to_vec()
    };
    let specialties: Vec<_> = (4_i8..)
        .zip(chosen)
        .map(|(month, specialty)| SpecialtyFacts {
            specialty,
            valid_from: DAY,
            valid_to: date(2029, 4 + (month - 4) % 5, 28),
            qualification_number: QualificationNumber::parse("20180503230320201800000001").expect("a number"),
        })
        .collect();
    let ends = || specialties.iter().map(|s| s.valid_to);
    let (photo_sm3, signature_image_sm3) = DIGESTS.clone();
    FactsRecord {
        format: FACTS_FORMAT,
        licence_identifier: identifier(),
        certificate_name: CERTIFICATE_NAME.to_owned(),
        type_code: LicenceIdentifier::SPECIMEN_TYPE_CODE.to_owned(),
        number: RegistrationNumber::parse("苏1322018201901234").expect("a registration number"),
        version: 1,
        issuer: organisation(ISSUER, "11990000000000000D"),
        holder: Holder {
            name: PersonName::parse(name).expect("a name"),
            sex: Sex::Male,
            birth_date: date(1990, 3, 7),
            document: DocumentNumber::parse(DocumentKind::CitizenIdentityCard, "320205199003070011", DAY)
                .expect("a citizen's number"),
            document_code_type: "111".to_owned(),
        },
        employer: organisation("江苏太湖水利建设工程有限公司", "91320000MA00000016"),
        valid_from: DAY,
        valid_to: ends().max().expect("a specialty"),
        practice_seal: PracticeSeal {
            check_code: 0,
            valid_to: ends().min().expect("a specialty"),
        },
        specialties,
        issued_on: DAY,
        photo_sm3,
        signature_image_sm3,
        layout: RecordLayout {
            version: Layout::CURRENT.0.into(),
            renderer: "jianzheng 0.1.0".to_owned(),
            show_document_number: true,
        },
        supersedes: None,
        operation: OperationCode::Issue,
        decided_by: Authority::Ministry,
        announced_by: Authority::Province(Province::from_code("32").expect("Jiangsu")),
        announcement_number: "虚构公告2026年第1号".to_owned(),
        specimen: true,
        salt: None,
        status_list: None,
        log: None,
        use_copy: None,
    }
}

fn identifier() -> LicenceIdentifier {
    let identifier = "1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.001.H";
    LicenceIdentifier::parse(identifier).expect("an identifier")
}

fn organisation(name: &str, code: &str) -> Organisation {
    Organisation {
        name: name.to_owned(),
        credit_code: CreditCode::parse(code).expect("a credit code"),
    }
}

/// The original of a synthetic constructor with `count` specialties.
pub fn original(count: usize) -> Printed {
    Printed::of(record("张伟民", count), CODE).expect("a record that agrees with itself")
}

/// A use copy of the same certificate.
pub fn use_copy(count: usize) -> Printed {
    use_copy_of(&record("张伟民", count))
}

/// A use copy of a record.
pub fn use_copy_of(record: &FactsRecord) -> Printed {
    let copy = UseCopyFacts {
        copy_id: CopyId::from_uuid(uuid::Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001)),
        purpose: Purpose::Tender,
        purpose_reference: "太湖引水工程".to_owned(),
        recipient: "无锡市公共资源交易中心".to_owned(),
        made_at: Timestamp::constant(1_777_860_000, 0),
        use_until: date(2026, 10, 31),
        capped_by: UsePeriodCap::Days,
    };
    let living: Vec<_> = record.specialties.iter().map(|s| s.specialty).collect();
    Printed::of(record.for_copy(copy, &living), CODE).expect("a record that agrees with itself")
}

/// Pictures of nobody.
pub fn pictures(seed: u64) -> Pictures {
    let photo = testkit::picture::photo_jpeg(seed);
    let signature = testkit::picture::signature_png(seed);
    Pictures {
        photo: Photo::prepare(photo).expect("a JPEG"),
        signature: SignatureImage::prepare(signature).expect("a PNG"),
    }
}

/// The specimen seal of the fictitious authority.
pub fn seal_picture() -> Vec<u8> {
    round_seal(&RoundSeal {
        authority: ISSUER,
        purpose: "行政许可专用章",
        specimen: true,
    })
    .expect("a seal")
}

/// A specimen template of the current layout.
pub fn template(kind: Kind, document_number: DocumentNumberPolicy) -> Template {
    template_of(Layout::CURRENT, kind, document_number)
}

/// A specimen template of any layout.
pub fn template_of(version: Version, kind: Kind, document_number: DocumentNumberPolicy) -> Template {
    let picture = seal_picture();
    let mut seal = b"stands for SESeal".to_vec();
    seal.extend(&picture);
    let layout = Layout::of(version, document_number).expect("a version");
    Template::compile(&TemplateSpec {
        layout,
        kind,
        specimen: true,
        issuer: ISSUER,
        seal,
        seal_picture: &picture,
        contents_reserve: 4096,
        producer: Producer {
            name: "jianzheng",
            version: "0.1.0",
            company: "Jianzheng",
        },
    })
    .expect("a template")
}

/// Who seals specimens, when.
pub fn sealing() -> Sealing<'static> {
    Sealing {
        signer: ISSUER,
        time: Timestamp::constant(1_777_600_800, 0),
    }
}
