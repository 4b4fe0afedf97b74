//! The table of mutants: every lint is killed by a document, or by facts, wrong in the way that it is there for.
//!
//! A lint without a mutant fails [`every_lint_has_a_mutant`]: whoever adds a check adds what it must catch.

use std::collections::BTreeSet;

use super::forged::{Case, case_of};
use super::*;
use crate::code::payload::Payload;
use crate::face::Kind;
use crate::font::{Font, FontPack, Subset};
use crate::lint::Form::{Ofd, Pdf};

/// A wrong document and what must find it.
struct Mutant {
    /// What is wrong with it, and why that matters.
    reason: &'static str,
    /// The checks that must object.
    kills: Vec<Lint>,
    /// Whether no other check may object: the mutant is wrong in this way only.
    alone: bool,
    faults: Vec<Fault>,
}

fn both(lint: fn(Form) -> Lint) -> Vec<Lint> {
    vec![lint(Ofd), lint(Pdf)]
}

fn values(fields: &[Field]) -> Vec<Lint> {
    let mut out: Vec<Lint> = fields
        .iter()
        .flat_map(|&field| [Lint::Value(Ofd, field), Lint::Value(Pdf, field)])
        .collect();
    out.extend(fields.iter().map(|&field| Lint::Tag(metadata::tag(field))));
    out
}

/// Documents made of other facts than those they are judged by.
fn of_other_facts() -> Vec<Mutant> {
    let printed = specimen::use_copy(2);
    let right = printed.facts();
    let made = |reason, kills, mutant: &FaceFacts<'_>| Mutant {
        reason,
        kills,
        alone: true,
        faults: faults_of(mutant, &right),
    };
    let copy = right.copy.unwrap();
    let mut other = right.specialties.to_vec();
    other[0] = SpecialtyFacts {
        name: "铁路工程",
        abbreviation: "铁路",
        ..other[0]
    };
    other[1] = SpecialtyFacts {
        name: "机电工程",
        abbreviation: "机电",
        ..other[1]
    };
    let mut longer = right.specialties.to_vec();
    longer[0].to = date(2029, 6, 28);
    longer[1].to = date(2029, 7, 28);
    let mut pairs = right.metadata.to_vec();
    pairs[0].1.push('等');
    let code = right.code.replace("AQID", "AQIE");
    let with_name = FaceFacts {
        name: "张伟文",
        ..right
    };
    let identifier = "1.2.156.3005.2.11990000000000000D000.11990000000000000D.JS2026000000012345.002.F";
    let identified = FaceFacts {
        licence_identifier: identifier,
        ..right
    };
    let recipient = FaceFacts {
        copy: Some(CopyFacts {
            recipient: "苏州市公共资源交易中心",
            ..copy
        }),
        ..right
    };
    let until = FaceFacts {
        copy: Some(CopyFacts {
            made_on: date(2026, 5, 5),
            ..copy
        }),
        ..right
    };
    vec![
        made(
            "another person's name",
            values(&[Field::Name, Field::SealName]),
            &with_name,
        ),
        made(
            "another sex",
            values(&[Field::Sex]),
            &FaceFacts { sex: "女", ..right },
        ),
        made(
            "another birthday",
            values(&[Field::BirthDate]),
            &FaceFacts {
                birth_date: date(1990, 7, 3),
                ..right
            },
        ),
        made(
            "another identity document",
            values(&[Field::DocumentNumber]),
            &FaceFacts {
                document_number: "32020519900307002X",
                ..right
            },
        ),
        made(
            "another registration",
            values(&[Field::RegistrationNumber, Field::SealNumber]),
            &FaceFacts {
                registration_number: "浙1322018201901234",
                ..right
            },
        ),
        made(
            "another employer: the certificate of the firm that the person left",
            [values(&[Field::Employer]), both(Lint::SealEmployer)].concat(),
            &FaceFacts {
                employer: "江苏太湖水利建设工程有限责任公司",
                ..right
            },
        ),
        made(
            "specialties that the person is not registered in",
            values(&[Field::Specialty(0), Field::Specialty(1), Field::SealSpecialties]),
            &FaceFacts {
                specialties: &other,
                ..right
            },
        ),
        made(
            "specialties that last longer than they do",
            values(&[Field::SpecialtyValidity(0), Field::SpecialtyValidity(1)]),
            &FaceFacts {
                specialties: &longer,
                ..right
            },
        ),
        made(
            "another day of issue",
            values(&[Field::IssueDate]),
            &FaceFacts {
                issued_on: date(2026, 5, 2),
                ..right
            },
        ),
        made(
            "the identifier of another version, in the PDF's metadata too",
            [values(&[Field::LicenceIdentifier]), vec![Lint::Metadata(Pdf)]].concat(),
            &identified,
        ),
        made(
            "a practice seal that ends on another day",
            values(&[Field::SealValidity]),
            &FaceFacts {
                seal_valid_to: date(2029, 4, 27),
                ..right
            },
        ),
        made(
            "a use period that begins on another day",
            values(&[Field::UsePeriod]),
            &until,
        ),
        made(
            "a copy made out to somebody else, on page and pictures",
            [both(Lint::Note), overprints()].concat(),
            &recipient,
        ),
        made(
            "another entry of the metadata: machines would read what no person sees",
            [vec![Lint::Metadata(Ofd)], both(Lint::Attachment)].concat(),
            &FaceFacts {
                metadata: &pairs,
                ..right
            },
        ),
        made(
            "another facts record attached",
            both(Lint::Attachment),
            &FaceFacts {
                record: "{}",
                ..right
            },
        ),
        made(
            "a symbol that leads to another certificate",
            both(Lint::Code),
            &FaceFacts { code: &code, ..right },
        ),
    ]
}

fn overprints() -> Vec<Lint> {
    [Ofd, Pdf]
        .into_iter()
        .flat_map(|form| PICTURES.map(|name| Lint::Overprint(form, name)))
        .collect()
}

/// Documents with pictures of somebody else.
fn of_other_pictures() -> Vec<Mutant> {
    let printed = specimen::original(1);
    let (facts, template) = (printed.facts(), template(Kind::Original));
    let (right, other) = (specimen::pictures(specimen::SEED), specimen::pictures(2));
    let photo = Pictures {
        photo: other.photo,
        signature: right.signature.clone(),
    };
    let signature = Pictures {
        photo: right.photo.clone(),
        signature: other.signature,
    };
    [
        (PHOTO, photo, "another person's face"),
        (SIGNATURE_IMAGE, signature, "another hand's signature"),
    ]
    .into_iter()
    .map(|(name, pictures, reason)| {
        let drafts = render(template, &facts, &pictures, &specimen::sealing()).unwrap();
        Mutant {
            reason,
            kills: vec![Lint::Picture(Ofd, name), Lint::Picture(Pdf, name)],
            alone: true,
            faults: lint(template, &facts, &right, drafts).unwrap_err(),
        }
    })
    .collect()
}

/// Use copies changed after they were written. A change of an OFD also breaks its coverage.
fn forged_copies() -> Vec<Mutant> {
    let case = case_of(Kind::UseCopy, specimen::use_copy(2));
    let page = "Page_0/Content.xml";
    let made = |reason, kills, alone, faults| Mutant {
        reason,
        kills,
        alone,
        faults,
    };
    let issuer = |characters: &str| {
        characters
            .chars()
            .map(|c| (case.fixed_glyph)(c))
            .collect::<String>()
    };
    let poor = Subset::new(FontPack::shared().typeface(Font::Song), "张".chars())
        .unwrap()
        .assemble_ofd("JianzhengText");
    vec![
        made(
            "an OFD by another authority",
            vec![
                Lint::Value(Ofd, Field::Issuer),
                Lint::Tag("ZZBFJG"),
                Lint::Coverage(Ofd),
            ],
            true,
            case.text_replaced(page, "建证市住房", "建证省住房"),
        ),
        made(
            "a PDF by another authority",
            vec![Lint::Value(Pdf, Field::Issuer)],
            true,
            case.with_pdf(&issuer("证市住房"), &issuer("证省住房")),
        ),
        made(
            "an OFD whose font lacks what its text says: a box on paper",
            vec![Lint::Glyph(Ofd)],
            false,
            case.with_files(|name, bytes| {
                Some(if name.ends_with("font_3.ttf") {
                    poor.clone()
                } else {
                    bytes
                })
            }),
        ),
        made(
            "a PDF that shows a glyph which its font lacks",
            vec![Lint::Glyph(Pdf)],
            false,
            with_lost_glyph(&case),
        ),
        made(
            "half an OFD",
            vec![Lint::Structure(Ofd)],
            true,
            (case.check)(&case.package[..case.package.len() / 2], &case.pdf),
        ),
        made(
            "a PDF that claims an archival form it has not",
            vec![Lint::Structure(Pdf)],
            false,
            case.with_pdf("<pdfaid:part>3<", "<pdfaid:part>9<"),
        ),
        made(
            "a file smuggled in beside the signed ones",
            vec![Lint::Coverage(Ofd)],
            false,
            (case.check)(
                &case.rewritten(|_, bytes| Some(bytes), &[("Doc_0/Res/extra.png", b"smuggled")]),
                &case.pdf,
            ),
        ),
        made(
            "bytes left out of the signature",
            vec![Lint::Coverage(Pdf)],
            false,
            case.with_pdf("/ByteRange[0 ", "/ByteRange[1 "),
        ),
        made(
            "the seal of the authority stamped beside its name",
            vec![Lint::Stamp(Ofd)],
            true,
            case.text_replaced("Signature.xml", "Boundary=\"124.5 ", "Boundary=\"24.5 "),
        ),
        made(
            "a photo outside the note that lies over its place",
            vec![Lint::Picture(Ofd, PHOTO)],
            false,
            case.text_replaced(page, "Boundary=\"155 77 25 35\"", "Boundary=\"15 77 25 35\""),
        ),
    ]
}

/// The last text of the content shows a glyph that no font has.
fn with_lost_glyph(case: &Case) -> Vec<Fault> {
    let shown = |w: &[u8]| w.ends_with(b">Tj") && w[..4].iter().all(u8::is_ascii_hexdigit);
    let at = case.pdf.windows(7).rposition(shown).expect("text is shown") + 4;
    let mut pdf = case.pdf.clone();
    pdf[at - 4..at].copy_from_slice(b"7FFF");
    (case.check)(&case.package, &pdf)
}

/// Notes of use copies that are absent, or leave a picture's part free; originals with a note.
fn misplaced_notes() -> Vec<Mutant> {
    let copy = specimen::use_copy(1);
    let right = copy.facts();
    let expected =
        |facts: &FaceFacts<'_>,
         texts: &dyn Fn(Vec<crate::extract::Placed>) -> Vec<crate::extract::Placed>| {
            let template = template(Kind::UseCopy);
            let (pictures, sealing) = (pictures(), specimen::sealing());
            let drafts = render(template, &right, pictures, &sealing).unwrap();
            let package = ofd::Package::open(drafts.ofd_package(), &Limits::default()).unwrap();
            let page = package.page(&package.documents().unwrap()[0], 0).unwrap();
            let expected = Expected {
                layout: template.layout.with_specialties(1),
                facts,
                attachment: "",
                pictures,
                code: None,
            };
            let placed = texts(crate::extract::ofd_text(&page));
            let mut faults = Vec::new();
            for form in [Ofd, Pdf] {
                copy::check(form, &placed, &expected, &mut faults);
            }
            faults
        };
    let photo = template(Kind::UseCopy).layout.photo();
    let made = |reason, kills, faults| Mutant {
        reason,
        kills,
        alone: true,
        faults,
    };
    let as_original = FaceFacts { copy: None, ..right };
    vec![
        made("nothing is wrong", Vec::new(), expected(&right, &|texts| texts)),
        made(
            "an original that looks like a use copy",
            [both(Lint::Note), overprints()].concat(),
            expected(&as_original, &|texts| texts),
        ),
        made(
            "a face that can be cut out above the note",
            vec![Lint::Overprint(Ofd, PHOTO), Lint::Overprint(Pdf, PHOTO)],
            expected(&right, &|texts| {
                let third = photo.y + photo.height / 3.0;
                texts
                    .into_iter()
                    .filter(|text| !photo.contains(text.at) || text.at.y > third)
                    .collect()
            }),
        ),
        made(
            "a page with one note fewer: that part could be cut out",
            both(Lint::Note),
            expected(&right, &|texts| texts[1..].to_vec()),
        ),
    ]
}

fn mutants() -> impl Iterator<Item = Mutant> {
    let groups = [
        of_other_facts(),
        of_other_pictures(),
        forged_copies(),
        misplaced_notes(),
    ];
    groups.into_iter().flatten()
}

#[test]
fn every_lint_has_a_mutant() {
    let mut met = BTreeSet::new();
    for mutant in mutants() {
        let found: BTreeSet<Lint> = mutant.faults.iter().filter_map(Fault::lint).collect();
        let wanted: BTreeSet<Lint> = mutant.kills.iter().copied().collect();
        let missed: Vec<_> = wanted.difference(&found).collect();
        assert!(
            missed.is_empty(),
            "{}: {missed:?} did not object, only {found:?}",
            mutant.reason
        );
        if mutant.alone {
            assert_eq!(found, wanted, "{}", mutant.reason);
        }
        met.extend(wanted);
    }
    let layout = template(Kind::UseCopy).layout.with_specialties(2);
    let without: Vec<_> = Lint::all(&layout)
        .into_iter()
        .filter(|lint| !met.contains(lint))
        .collect();
    assert!(without.is_empty(), "lints without a mutant: {without:?}");
}

/// Facts that break one rule alone, and why the rule is there.
fn broken_rules() -> Vec<(Rule, &'static str, Vec<Rule>)> {
    let printed = specimen::use_copy(2);
    let right = printed.facts();
    let copy = right.copy.unwrap();
    let of = |rule, reason, facts: FaceFacts<'_>| (rule, reason, rules::broken(&facts));
    let with = |copy| FaceFacts {
        copy: Some(copy),
        ..right
    };
    let listed = |change: fn(&mut Vec<SpecialtyFacts<'_>>)| {
        let mut list = right.specialties.to_vec();
        change(&mut list);
        list
    };
    let twice = listed(|list| list[1] = list[0]);
    let backwards = listed(|list| list[0].from = date(2029, 4, 29));
    let short = listed(|list| list[0].to = date(2026, 10, 30));
    let seal_short = date(2026, 10, 30);
    let identifier = right.licence_identifier.replace(".001.H", ".001.G");
    let payload = Payload {
        name: "张伟文".to_owned(),
        ..Payload::of(&right, specimen::sealing().time)
    };
    let sign = |_: &[u8]| Ok::<_, crate::code::payload::PayloadError>([7; 64]);
    let code = payload
        .text(
            "https://verify.example.cn/q/AQIDBAUGBwgJCgsMDQ4PEBESExQ",
            [0; 4],
            sign,
        )
        .unwrap();
    let original = specimen::original(1);
    let original = original.facts();
    let dead = [SpecialtyFacts {
        from: date(2023, 5, 1),
        to: date(2026, 4, 30),
        ..original.specialties[0]
    }];
    let none = FaceFacts {
        citizen: false,
        ..right
    };
    vec![
        of(
            Rule::LicenceIdentifier,
            "a wrong check digit",
            FaceFacts {
                licence_identifier: &identifier,
                ..right
            },
        ),
        of(
            Rule::IdentifierParts,
            "another issuer's identifier",
            FaceFacts {
                issuer_code: "11100000000013338W",
                ..right
            },
        ),
        of(
            Rule::SpecimenCode,
            "a specimen's identifier on a real document",
            FaceFacts {
                specimen: false,
                ..right
            },
        ),
        of(
            Rule::RegistrationNumber,
            "a 二级 number",
            FaceFacts {
                registration_number: "苏2322018201901234",
                ..right
            },
        ),
        of(
            Rule::DocumentNumber,
            "a wrong check digit",
            FaceFacts {
                document_number: "320205199003070012",
                ..right
            },
        ),
        of(
            Rule::DocumentNumberAgrees,
            "the number of a man",
            FaceFacts { sex: "女", ..right },
        ),
        of(
            Rule::EmployerCode,
            "a wrong check character",
            FaceFacts {
                employer_code: "91320000608950987Q",
                ..right
            },
        ),
        of(
            Rule::Specialties,
            "one specialty twice",
            FaceFacts {
                specialties: &twice,
                ..right
            },
        ),
        of(
            Rule::SpecialtyValidity,
            "it ends before it begins",
            FaceFacts {
                specialties: &backwards,
                ..right
            },
        ),
        of(
            Rule::SpecialtyAlive,
            "nothing is valid on the day of issue",
            FaceFacts {
                specialties: &dead,
                seal_valid_to: date(2026, 4, 30),
                ..original
            },
        ),
        of(
            Rule::HolderAge,
            "the holder is 66",
            FaceFacts {
                citizen: false,
                birth_date: date(1960, 4, 30),
                ..original
            },
        ),
        of(
            Rule::BirthDate,
            "issued to the unborn",
            FaceFacts {
                birth_date: date(2026, 5, 1),
                ..none
            },
        ),
        of(
            Rule::UseCopyAfterIssue,
            "a copy older than its certificate",
            FaceFacts {
                issued_on: date(2026, 5, 5),
                ..right
            },
        ),
        of(
            Rule::UsePeriodOrder,
            "a period that never was",
            with(CopyFacts {
                use_until: date(2026, 5, 3),
                ..copy
            }),
        ),
        of(
            Rule::UsePeriodLength,
            "181 days",
            with(CopyFacts {
                use_until: date(2026, 11, 1),
                ..copy
            }),
        ),
        of(
            Rule::UsePeriodSpecialty,
            "it outlives a specialty",
            FaceFacts {
                specialties: &short,
                seal_valid_to: seal_short,
                ..right
            },
        ),
        of(
            Rule::UsePeriodAge,
            "it outlives the 65th birthday",
            FaceFacts {
                birth_date: date(1961, 10, 30),
                ..none
            },
        ),
        of(
            Rule::UseCopyComplete,
            "to nobody",
            with(CopyFacts {
                recipient: "",
                ..copy
            }),
        ),
        of(
            Rule::Complete,
            "no facts record",
            FaceFacts { record: " ", ..right },
        ),
        of(
            Rule::SealCheckCode,
            "three digits",
            FaceFacts {
                seal_check_code: 100,
                ..right
            },
        ),
        of(
            Rule::SealValidity,
            "a seal that outlives a specialty",
            FaceFacts {
                seal_valid_to: date(2029, 4, 29),
                ..right
            },
        ),
        of(
            Rule::CodePayload,
            "offline the symbol names somebody else",
            FaceFacts { code: &code, ..right },
        ),
        (
            Rule::PictureDigests,
            "pictures that the record does not name",
            rules_of_other_pictures(),
        ),
    ]
}

fn rules_of_other_pictures() -> Vec<Rule> {
    let printed = specimen::original(1);
    let others = specimen::pictures(specimen::SEED + 1);
    let right = rules::pictures_match(&printed.facts(), &others);
    if right {
        Vec::new()
    } else {
        vec![Rule::PictureDigests]
    }
}

#[test]
fn every_rule_is_broken_alone_by_a_mutant() {
    let table = broken_rules();
    for (rule, reason, broken) in &table {
        assert_eq!(broken, &[*rule], "{reason}");
    }
    let met: BTreeSet<Rule> = table.iter().map(|(rule, ..)| *rule).collect();
    let without: Vec<_> = Rule::ALL.iter().filter(|rule| !met.contains(rule)).collect();
    assert!(without.is_empty(), "rules without a mutant: {without:?}");
}
