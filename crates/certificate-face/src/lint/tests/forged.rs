//! Documents changed after they were written.

use std::io::{Cursor, Write as _};

use super::*;
use crate::font::{Font, FontPack, Subset};

/// Judges an OFD and a PDF.
type Judge = dyn Fn(&[u8], &[u8]) -> Vec<Fault>;

pub(super) struct Case {
    pub(super) package: Vec<u8>,
    pub(super) pdf: Vec<u8>,
    pub(super) check: Box<Judge>,
    /// The hexadecimal number of a character's glyph in the PDF's fixed font.
    pub(super) fixed_glyph: Box<dyn Fn(char) -> String>,
}

/// Right documents and the judge that knows their facts.
fn case() -> Case {
    case_of(Kind::Original, specimen::original(2))
}

pub(super) fn case_of(kind: Kind, printed: crate::facts::Printed) -> Case {
    let template = template(kind);
    let count = printed.facts().specialties.len();
    let glyphs: std::collections::BTreeMap<char, u16> = (1_u16..)
        .zip(template.fixed.characters())
        .map(|(id, &character)| (character, id))
        .collect();
    let drafts = render(template, &printed.facts(), pictures(), &specimen::sealing()).unwrap();
    let (package, pdf) = (drafts.ofd_package().to_vec(), drafts.pdf_bytes().to_vec());
    let length = template.plain.pdf.prefix().len();
    let known = pdf::KnownPrefix::learn(&pdf, length, pdf::Limits::default()).unwrap();
    let check = move |ofd: &[u8], pdf: &[u8]| {
        let facts = printed.facts();
        let attachment = metadata::certificate_xml(
            &template.layout,
            &template.pack_digest,
            facts.metadata,
            facts.record,
        );
        let (pictures, code) = (pictures(), Code::new(facts.code).unwrap());
        let expected = Expected {
            layout: template.layout.with_specialties(count),
            facts: &facts,
            attachment: &attachment,
            pictures,
            code: Some(&code),
        };
        let mut faults = Vec::new();
        // Mutants are judged by readers that know the constant files and bytes, and by those that do not.
        let opened = ofd::Package::open_knowing(ofd, &Limits::default(), &[&template.common]);
        ofd_document::check(opened, &expected, &mut faults);
        pdf_document::check(pdf, Some(&known), &expected, &mut faults);
        let mut unknowing = Vec::new();
        ofd_document::check(
            ofd::Package::open(ofd, &Limits::default()),
            &expected,
            &mut unknowing,
        );
        pdf_document::check(pdf, None, &expected, &mut unknowing);
        assert_eq!(faults, unknowing);
        faults
    };
    Case {
        package,
        pdf,
        check: Box::new(check),
        fixed_glyph: Box::new(move |character| format!("{:04X}", glyphs[&character])),
    }
}

impl Case {
    /// Faults after `change` saw every file of the package; it returns what to write instead, or nothing.
    pub(super) fn with_files(&self, change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) -> Vec<Fault> {
        (self.check)(&self.rewritten(change, &[]), &self.pdf)
    }

    pub(super) fn rewritten(
        &self,
        change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>,
        added: &[(&str, &[u8])],
    ) -> Vec<u8> {
        let package = ofd::Package::open(&self.package, &Limits::default()).unwrap();
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for entry in package.entries() {
            let bytes = package.file(entry.name()).unwrap().to_vec();
            if let Some(bytes) = change(entry.name(), bytes) {
                out.start_file(entry.name(), options).unwrap();
                out.write_all(&bytes).unwrap();
            }
        }
        for (name, bytes) in added {
            out.start_file(*name, options).unwrap();
            out.write_all(bytes).unwrap();
        }
        out.finish().unwrap().into_inner()
    }

    pub(super) fn text_replaced(&self, file: &str, from: &str, to: &str) -> Vec<Fault> {
        self.with_files(|name, bytes| {
            if !name.ends_with(file) {
                return Some(bytes);
            }
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{file} has no {from}");
            Some(text.replacen(from, to, 1).into_bytes())
        })
    }

    /// Faults after a change of the PDF that keeps its length.
    pub(super) fn with_pdf(&self, from: &str, to: &str) -> Vec<Fault> {
        assert_eq!(from.len(), to.len());
        let at = self
            .pdf
            .windows(from.len())
            .position(|w| w == from.as_bytes())
            .expect("the PDF has the text");
        let mut pdf = self.pdf.clone();
        pdf[at..at + to.len()].copy_from_slice(to.as_bytes());
        (self.check)(&self.package, &pdf)
    }
}

#[test]
fn a_package_packed_again_by_another_program_is_the_same_document() {
    let case = case();
    assert_eq!(case.with_files(|_, bytes| Some(bytes)), []);
}

#[test]
fn a_changed_added_or_removed_file_is_not_covered() {
    let case = case();
    let changed = case.text_replaced("Tpl_0/Content.xml", "注册专业", "注册事业");
    assert!(
        changed.contains(&Fault::Coverage(
            Form::Ofd,
            "Doc_0/Tpls/Tpl_0/Content.xml".to_owned()
        )),
        "{changed:?}"
    );
    let added = case.rewritten(|_, bytes| Some(bytes), &[("Doc_0/Res/extra.png", b"smuggled")]);
    let added = (case.check)(&added, &case.pdf);
    assert!(
        added.contains(&Fault::Coverage(Form::Ofd, "Doc_0/Res/extra.png".to_owned())),
        "{added:?}"
    );
    let removed = case.with_files(|name, bytes| (!name.ends_with("Seal.esl")).then_some(bytes));
    assert!(
        removed
            .iter()
            .any(|fault| matches!(fault, Fault::Coverage(Form::Ofd, _))),
        "{removed:?}"
    );
}

#[test]
fn a_font_that_lacks_a_character_is_caught() {
    let case = case();
    let song = FontPack::shared().typeface(Font::Song);
    let poor = Subset::new(song, "张".chars())
        .unwrap()
        .assemble_ofd("JianzhengText");
    let faults = case.with_files(|name, bytes| {
        Some(if name.ends_with("font_3.ttf") {
            poor.clone()
        } else {
            bytes
        })
    });
    assert!(
        faults
            .iter()
            .any(|fault| matches!(fault, Fault::Glyph(Form::Ofd, _))),
        "{faults:?}"
    );
    let broken = case.with_files(|name, bytes| {
        Some(if name.ends_with("font_3.ttf") {
            b"font".to_vec()
        } else {
            bytes
        })
    });
    assert!(
        broken
            .iter()
            .any(|fault| matches!(fault, Fault::Glyph(Form::Ofd, _))),
        "{broken:?}"
    );
}

#[test]
fn a_tag_that_leads_elsewhere_is_caught() {
    let case = case();
    let swapped = case.with_files(|name, bytes| {
        if !name.ends_with("CustomTag_0.xml") {
            return Some(bytes);
        }
        let text = String::from_utf8(bytes).unwrap();
        Some(
            text.replace("CZZT>", "XXXX>")
                .replace("KZ_sex>", "CZZT>")
                .replace("XXXX>", "KZ_sex>")
                .into_bytes(),
        )
    });
    assert!(swapped.contains(&Fault::Tag(Form::Ofd, "CZZT")), "{swapped:?}");
    assert!(swapped.contains(&Fault::Tag(Form::Ofd, "KZ_sex")), "{swapped:?}");
}

#[test]
fn a_moved_stamp_or_picture_is_caught() {
    let case = case();
    let moved = case.text_replaced("Signature.xml", "Boundary=\"124.5 ", "Boundary=\"24.5 ");
    assert_eq!(moved, [Fault::Stamp(Form::Ofd)]);
    let photo = case.text_replaced(
        "Page_0/Content.xml",
        "Boundary=\"155 77 25 35\"",
        "Boundary=\"15 77 25 35\"",
    );
    assert!(photo.contains(&Fault::Picture(Form::Ofd, "photo")), "{photo:?}");
}

#[test]
fn a_package_that_is_not_one_document_of_one_page_is_caught() {
    let case = case();
    let torn = (case.check)(&case.package[..case.package.len() / 2], &case.pdf);
    assert!(
        torn.iter()
            .any(|fault| matches!(fault, Fault::Structure(Form::Ofd, _))),
        "{torn:?}"
    );
    let page = "<ofd:Page ID=";
    let twice = case.text_replaced(
        "Document.xml",
        page,
        "<ofd:Page ID=\"9999\" BaseLoc=\"/Doc_0/Pages/Page_0/Content.xml\"/><ofd:Page ID=",
    );
    assert!(
        twice
            .iter()
            .any(|fault| matches!(fault, Fault::Structure(Form::Ofd, _))),
        "{twice:?}"
    );
}

#[test]
fn a_qr_symbol_with_one_line_more_or_elsewhere_is_caught() {
    let case = case();
    let more = case.text_replaced(
        "Page_0/Content.xml",
        "<ofd:AbbreviatedData>M ",
        "<ofd:AbbreviatedData>M 0 0.43 L 0.86 0.43 M ",
    );
    assert!(more.contains(&Fault::Code(Form::Ofd)), "{more:?}");
    let red = case.with_pdf("cm 1 w 0 0 0 RG", "cm 1 w 1 0 0 RG");
    assert!(red.contains(&Fault::Code(Form::Pdf)), "{red:?}");
    let thin = case.with_pdf("cm 1 w ", "cm 0 w ");
    assert!(thin.contains(&Fault::Code(Form::Pdf)), "{thin:?}");
}

#[test]
fn a_hidden_fact_is_caught() {
    let case = case();
    let hidden = case.text_replaced(
        "Page_0/Content.xml",
        "<ofd:TextObject ID=",
        "<ofd:TextObject Visible=\"false\" ID=",
    );
    assert!(
        hidden
            .iter()
            .any(|fault| matches!(fault, Fault::Value(Form::Ofd, Field::Name))),
        "{hidden:?}"
    );
}

#[test]
fn a_changed_pdf_is_caught() {
    let case = case();
    let identifier = case.with_pdf(
        "JS2026000000012345.001.H</dc:identifier>",
        "JS2026000000012346.001.H</dc:identifier>",
    );
    assert!(
        identifier.contains(&Fault::Metadata(Form::Pdf, "dc:identifier".to_owned())),
        "{identifier:?}"
    );
    let range = case.with_pdf("/ByteRange[0 ", "/ByteRange[1 ");
    assert!(
        range
            .iter()
            .any(|fault| matches!(fault, Fault::Coverage(Form::Pdf, _))),
        "{range:?}"
    );
    let torn = (case.check)(&case.package, &case.pdf[..case.pdf.len() / 2]);
    assert!(
        torn.iter()
            .any(|fault| matches!(fault, Fault::Structure(Form::Pdf, _))),
        "{torn:?}"
    );
    let archival = case.with_pdf("<pdfaid:part>3<", "<pdfaid:part>9<");
    assert!(
        archival
            .iter()
            .any(|fault| matches!(fault, Fault::Structure(Form::Pdf, _))),
        "{archival:?}"
    );
    let record = case.with_pdf("<record mediaType", "<recorD mediaType");
    assert!(record.contains(&Fault::Attachment(Form::Pdf)), "{record:?}");
}

#[test]
fn a_pdf_glyph_that_means_something_else_is_caught() {
    let case = case();
    // The text layer says 伟 (4F1F) where the glyph shows it: make it say 伪 (4F2A).
    let faults = case.with_pdf("<4F1F>", "<4F2A>");
    assert!(
        faults.contains(&Fault::Value(Form::Pdf, Field::Name)),
        "{faults:?}"
    );
}
