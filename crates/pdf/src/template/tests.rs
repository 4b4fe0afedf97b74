use super::*;
use crate::{
    Advance, Document, ElementKind, Glyph, Limits, Metadata, Object, PageSize, Pdf, Point, Rgb,
    SignatureText, Text,
};

const FONT: &[u8] = include_bytes!("../../fixtures/small.ttf");

fn glyphs() -> Vec<Glyph> {
    include_str!("../../fixtures/small.tsv")
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Glyph {
                id: fields[0].parse().unwrap(),
                character: char::from_u32(u32::from_str_radix(fields[1], 16).unwrap()).unwrap(),
                advance: fields[2].parse().unwrap(),
            }
        })
        .collect()
}

fn seal() -> SealField<'static> {
    SealField {
        field_name: "Seal",
        appearance: None,
        permission: Permission::NoChanges,
        contents_reserve: 64,
    }
}

fn line(font: FontRef) -> Text<'static> {
    Text {
        font,
        size: 5.0,
        origin: Point { x: 20.0, y: 20.0 },
        color: Rgb::BLACK,
        rotation: 0.0,
        advance: Advance::Natural,
    }
}

/// A template with one document font and nothing else.
fn template() -> (Template, FontRef) {
    let mut builder = TemplateBuilder::new(PageSize::A4, "zh-CN");
    let font = builder.document_font(FontFace::read("Test", FONT).unwrap());
    let content = builder.content();
    (builder.compile(&content, &seal()).unwrap(), font)
}

fn document<'a>(content: &'a Content, fonts: &'a [FontSubset<'a>], title: &'a str) -> Document<'a> {
    Document {
        metadata: Metadata {
            identifier: "1",
            title,
            creator: "c",
            description: None,
            relations: &[],
            producer: "p",
            created: "2026-11-23T00:00:00Z".parse().unwrap(),
        },
        content,
        fonts,
        images: &[],
        attachment: None,
        signature: SignatureText {
            signed_at: "2026-11-23T00:00:00Z".parse().unwrap(),
            name: "n",
            reason: None,
            location: None,
            contact: None,
        },
        file_id: [7; 16],
    }
}

#[test]
fn the_kept_state_passes_its_own_check_and_a_damaged_one_does_not() {
    let (mut template, _) = template();
    let content = template.content();
    let fonts = [FontSubset {
        program: FONT,
        glyphs: &[],
    }];
    template.self_check(&document(&content, &fonts, "t")).unwrap();
    template.state.update(b"x");
    let damaged = template.self_check(&document(&content, &fonts, "t"));
    assert!(matches!(damaged, Err(WriteError::SelfCheck(_))));
}

#[test]
fn templates_are_told_apart_by_their_bytes() {
    let (template, _) = template();
    let other = TemplateBuilder::new(PageSize::A4, "en");
    let content = other.content();
    let other = other.compile(&content, &seal()).unwrap();
    assert_ne!(template.fingerprint(), other.fingerprint());
    assert_eq!(template.fingerprint(), self::template().0.fingerprint());
}

#[test]
fn a_glyph_that_the_font_lacks_is_refused_before_anything_is_drawn_as_a_box() {
    let (template, font) = template();
    let all = glyphs();
    for (used, listed, refused) in [
        (0, all.len(), true),
        (5, all.len(), false),
        (5, 4, true),
        (500, all.len(), true),
    ] {
        let mut content = template.content();
        content.text(&line(font), &[used]);
        let fonts = [FontSubset {
            program: FONT,
            glyphs: &all[..listed],
        }];
        let result = template.assemble(&document(&content, &fonts, "t"));
        assert_eq!(
            matches!(result, Err(WriteError::MissingGlyph { .. })),
            refused,
            "{used} {listed}"
        );
    }
}

#[test]
fn a_glyph_list_that_disagrees_with_the_font_file_is_refused() {
    let (template, _) = template();
    let content = template.content();
    let cases: [fn(&mut Vec<Glyph>); 5] = [
        |glyphs| glyphs[3].advance += 2,
        |glyphs| glyphs[3].character = '\0',
        |glyphs| glyphs.swap(3, 4),
        |glyphs| glyphs[0].id = 0,
        |glyphs| glyphs.last_mut().unwrap().id = 9999,
    ];
    for damage in cases {
        let mut listed = glyphs();
        damage(&mut listed);
        let fonts = [FontSubset {
            program: FONT,
            glyphs: &listed,
        }];
        let result = template.assemble(&document(&content, &fonts, "t"));
        assert!(matches!(result, Err(WriteError::Glyph { .. })), "{result:?}");
    }
    let fonts = [FontSubset {
        program: b"not a font",
        glyphs: &[],
    }];
    let result = template.assemble(&document(&content, &fonts, "t"));
    assert!(matches!(result, Err(WriteError::FontProgram { .. })));
}

#[test]
fn slots_must_be_filled_exactly() {
    let (template, _) = template();
    let content = template.content();
    let fonts = [FontSubset {
        program: FONT,
        glyphs: &[],
    }];
    assert!(matches!(
        template.assemble(&document(&content, &[], "t")),
        Err(WriteError::Slots { .. })
    ));
    let attached = Document {
        attachment: Some(b"x"),
        ..document(&content, &fonts, "t")
    };
    assert!(matches!(
        template.assemble(&attached),
        Err(WriteError::Slots { .. })
    ));
    let mut content = template.content();
    content.image(
        ImageRef(0),
        Rect {
            x: 0.0,
            y: 0.0,
            width: 1.0,
            height: 1.0,
        },
    );
    assert!(matches!(
        template.assemble(&document(&content, &fonts, "t")),
        Err(WriteError::Slots { .. })
    ));
}

#[test]
fn coordinates_and_texts_that_a_file_cannot_hold_are_refused() {
    let (template, font) = template();
    let fonts = [FontSubset {
        program: FONT,
        glyphs: &glyphs(),
    }];
    for wrong in [f64::NAN, f64::INFINITY, 1e9] {
        let mut content = template.content();
        content.text(
            &Text {
                size: wrong,
                ..line(font)
            },
            &[3],
        );
        assert!(matches!(
            template.assemble(&document(&content, &fonts, "t")),
            Err(WriteError::Content(_))
        ));
    }
    let content = template.content();
    let result = template.assemble(&document(&content, &fonts, "a\u{1}b"));
    assert_eq!(result.unwrap_err(), WriteError::Metadata("title"));
}

#[test]
fn a_cms_longer_than_its_reserve_is_refused() {
    let (template, _) = template();
    let content = template.content();
    let fonts = [FontSubset {
        program: FONT,
        glyphs: &[],
    }];
    let unsigned = template.assemble(&document(&content, &fonts, "t")).unwrap();
    assert_eq!(unsigned.contents_reserve(), 64);
    assert!(unsigned.clone().sign(&[0x30; 64]).is_ok());
    assert_eq!(
        unsigned.sign(&[0x30; 65]).unwrap_err(),
        crate::ContentsTooSmall {
            needed: 65,
            reserved: 64
        }
    );
}

#[test]
fn one_template_serves_many_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&template().0);
}

/// A template with a label of its own and one piece that documents bring.
fn tagged() -> (Template, FontRef, Mark) {
    let mut builder = TemplateBuilder::new(PageSize::A4, "zh-CN");
    let font = builder.document_font(FontFace::read("Test", FONT).unwrap());
    let (label, value) = (builder.mark(), builder.mark());
    builder.element(Element {
        kind: ElementKind::Paragraph,
        alternative: None,
        marks: vec![label, value],
    });
    let mut content = builder.content();
    content.begin(ElementKind::Paragraph, label);
    content.end();
    (builder.compile(&content, &seal()).unwrap(), font, value)
}

#[test]
fn a_document_sets_every_mark_of_its_template_once() {
    let (template, _, value) = tagged();
    let fonts = [FontSubset {
        program: FONT,
        glyphs: &glyphs(),
    }];
    let with = |times: usize, open: bool| {
        let mut content = template.content();
        for _ in 0..times {
            content.begin(ElementKind::Paragraph, value);
            content.end();
        }
        if open {
            content.begin_artifact();
        }
        template
            .assemble(&document(&content, &fonts, "t"))
            .map(|unsigned| unsigned.bytes().to_vec())
    };
    let bytes = with(1, false).unwrap();
    let pdf = Pdf::open(&bytes, Limits::default()).unwrap();
    let root = pdf.dictionary(&pdf.catalog().unwrap(), "StructTreeRoot").unwrap();
    let tree = pdf.dictionary(&root, "ParentTree").unwrap();
    let numbers = pdf.array(&tree, "Nums").unwrap();
    let [_, Object::Array(parents)] = numbers.as_slice() else {
        panic!("no seal has a place here");
    };
    assert!(parents.len() == 2 && parents[0] == parents[1]);
    for (times, open) in [(0, false), (2, false), (1, true)] {
        assert!(
            matches!(with(times, open), Err(WriteError::Content(_))),
            "{times} {open}"
        );
    }
}

#[test]
fn a_mark_belongs_to_one_element() {
    for marks in [0, 2] {
        let mut builder = TemplateBuilder::new(PageSize::A4, "zh-CN");
        let mark = builder.mark();
        builder.element(Element {
            kind: ElementKind::Figure,
            alternative: Some("照片".to_owned()),
            marks: vec![mark; marks],
        });
        let content = builder.content();
        assert!(matches!(
            builder.compile(&content, &seal()),
            Err(WriteError::Content(_))
        ));
    }
}
