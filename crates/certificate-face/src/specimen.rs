//! Synthetic facts, pictures and seals for tests, benches and examples: specimens of nobody (feature `specimen`).

use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::face::Kind;
use crate::facts::{CopyFacts, FaceFacts, SpecialtyFacts};
use crate::layout::{DocumentNumberPolicy, Layout};
use crate::metadata::Sealing;
use crate::picture::{Photo, Pictures, SignatureImage};
use crate::seal_picture::{RoundSeal, round_seal};
use crate::template::{Producer, Template, TemplateSpec};

/// The authority of specimens, which does not exist.
pub const ISSUER: &str = "建证市住房和城乡建设局（虚构）";

const ALL: [(&str, &str); 10] = [
    ("水利水电工程", "水利"),
    ("建筑工程", "建筑"),
    ("公路工程", "公路"),
    ("铁路工程", "铁路"),
    ("民航机场工程", "民航"),
    ("港口与航道工程", "港航"),
    ("矿业工程", "矿业"),
    ("市政公用工程", "市政"),
    ("通信与广电工程", "通信"),
    ("机电工程", "机电"),
];

/// The first `count` of ten specialties, with validities that differ.
pub fn specialties(count: usize) -> Vec<SpecialtyFacts<'static>> {
    let end = |index: usize| Date::constant(2029, 4 + (index % 5) as i8, 28);
    ALL.iter()
        .take(count)
        .enumerate()
        .map(|(index, &(name, abbreviation))| SpecialtyFacts {
            name,
            abbreviation,
            from: date(2026, 5, 1),
            to: end(index),
        })
        .collect()
}

/// The original of a synthetic constructor.
pub fn original<'a>(specialties: &'a [SpecialtyFacts<'a>]) -> FaceFacts<'a> {
    FaceFacts {
        name: "张伟民",
        sex: "男",
        birth_date: date(1990, 3, 7),
        document_kind: "身份证",
        document_code: "111",
        document_number: "320205199003070011",
        registration_number: "苏1322018201901234",
        employer: "江苏太湖水利建设工程有限公司",
        employer_code: "91320000MA00000016",
        qualification_number: "20180503230320201800000001",
        specialties,
        seal_check_code: 0,
        licence_identifier: "1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.001.H",
        type_code: "11990000000000000D000",
        issuer: ISSUER,
        issuer_code: "11990000000000000D",
        issued_on: date(2026, 5, 1),
        code: "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKA",
        record: r#"{"layout":1,"licence_identifier":"1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.001.H"}"#,
        copy: None,
    }
}

/// A use copy of the same certificate.
pub fn use_copy<'a>(specialties: &'a [SpecialtyFacts<'a>]) -> FaceFacts<'a> {
    FaceFacts {
        copy: Some(CopyFacts {
            copy_id: "01J8Z3Q6V5N8X7W2",
            recipient: "无锡市公共资源交易中心",
            purpose: "太湖引水工程投标",
            maker: "张伟民",
            made_on: date(2026, 5, 4),
            use_until: date(2026, 10, 31),
        }),
        ..original(specialties)
    }
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

/// A specimen template.
pub fn template(kind: Kind, document_number: DocumentNumberPolicy) -> Template {
    let picture = seal_picture();
    let mut seal = b"stands for SESeal".to_vec();
    seal.extend(&picture);
    let layout = Layout::of(Layout::CURRENT, document_number).expect("the current version");
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
        seal_name: "行政许可专用章（样本）",
        time: Timestamp::constant(1_777_600_800, 0),
    }
}
