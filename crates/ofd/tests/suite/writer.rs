//! What the writer refuses, and what it takes care of for readers.

use jiff::civil::date;
use ofd::{Attachment, Content, DocId, Image, Limits, Package, Page, Part, Rect, Stamp, Text, WriteError};

use crate::fixture::{Fixture, line, plan};

fn refused(fixture: &Fixture, content: &Content) -> WriteError {
    fixture.template.prepare(content, &plan()).expect_err("refused")
}

#[test]
fn what_cannot_be_written_is_refused_by_name() {
    let fixture = Fixture::new();
    let with = |change: &dyn Fn(&mut Content)| {
        let mut content = fixture.content("张三", "1");
        change(&mut content);
        refused(&fixture, &content)
    };
    assert_eq!(
        with(&|c| c.title = "\u{7}".to_owned()),
        WriteError::IllegalCharacter(7)
    );
    assert_eq!(with(&|c| c.pages.clear()), WriteError::NoPage);
    assert_eq!(with(&|c| c.fonts.clear()), WriteError::Missing("font"));
    assert_eq!(with(&|c| c.tag_index = None), WriteError::NoTagIndex);
    assert_eq!(with(&|c| c.annotations[0].page = 1), WriteError::Unknown("page"));
    assert_eq!(
        with(&|c| c.pages[0].objects.push(line(fixture.own, 0.0, 0.0, ""))),
        WriteError::EmptyText
    );
    let short = Text::new(fixture.own, 5.0, 0.0, 9.0, "张三", vec![]);
    let advances = WriteError::AdvanceCount {
        characters: 2,
        advances: 0,
    };
    assert_eq!(with(&|c| c.pages[0].objects.push(short.clone().into())), advances);
    let far = Image::new(fixture.photo, Rect::new(f64::NAN, 0.0, 1.0, 1.0));
    assert_eq!(
        with(&|c| c.pages[0].objects.push(far.into())),
        WriteError::Coordinate
    );
    assert_eq!(
        with(&|c| c.fonts.push(c.fonts[0].clone())),
        WriteError::Twice("font")
    );
    let escaping = |c: &mut Content| c.attachments[0].file_name = "../x".to_owned();
    assert_eq!(with(&escaping), WriteError::Name("an attachment's file name"));
    let again = |c: &mut Content| {
        let copy: Attachment = c.attachments[0].clone();
        c.attachments.push(copy);
    };
    assert_eq!(with(&again), WriteError::Twice("an attachment's file name"));
}

#[test]
fn a_stamp_on_a_page_that_is_not_there_is_refused() {
    let fixture = Fixture::new();
    let mut plan = plan();
    plan.stamps.push(Stamp::whole(1, Rect::new(0.0, 0.0, 1.0, 1.0)));
    let refusal = fixture
        .template
        .prepare(&fixture.content("张三", "1"), &plan)
        .expect_err("refused");
    assert_eq!(refusal, WriteError::Unknown("page"));
}

/// A document with the given text and nothing else; returns its page's XML.
fn page_xml(fixture: &Fixture, text: Text) -> String {
    let mut content = Content::new(DocId([1; 16]), "样本", "样本机关", date(2026, 11, 23));
    content.fonts.push((fixture.own, Part::stored(b"font".to_vec())));
    content.pages.push(Page {
        objects: vec![text.into()],
    });
    let bytes = fixture
        .template
        .prepare(&content, &plan())
        .expect("sound")
        .seal(b"");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let xml = package.file("Doc_0/Pages/Page_0/Content.xml").expect("there");
    String::from_utf8(xml.to_vec()).expect("UTF-8")
}

#[test]
fn a_rare_character_stands_in_an_object_of_its_own_and_moves_nothing() {
    let fixture = Fixture::new();
    let text = Text::new(fixture.own, 5.0, 60.0, 80.0, "张𬭚明", vec![5.0, 6.0]);
    let xml = page_xml(&fixture, text.clone());
    for (x, code) in [("60", ">张<"), ("65", ">𬭚<"), ("71", ">明<")] {
        let (before, _) = xml.split_once(code).expect("the code");
        let (_, boundary) = before.rsplit_once("Boundary=\"").expect("a box");
        assert!(boundary.starts_with(&format!("{x} 75 ")), "{code} {boundary}");
    }
    assert!(!xml.contains("CGTransform"));
    let xml = page_xml(
        &fixture,
        Text {
            glyphs: Some(vec![3, 4, 5]),
            ..text
        },
    );
    assert_eq!(xml.matches("<ofd:Glyphs>4</ofd:Glyphs>").count(), 1);
    assert_eq!(
        xml.matches("CGTransform ").count(),
        1,
        "only the character outside the BMP"
    );
}

#[test]
fn an_image_left_out_is_not_declared() {
    let fixture = Fixture::new();
    let mut content = fixture.content("张三", "1");
    content.images.clear();
    content.pages[0]
        .objects
        .retain(|object| !matches!(object.shape, ofd::Shape::Image(_)));
    let bytes = fixture
        .template
        .prepare(&content, &plan())
        .expect("sound")
        .seal(b"");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    assert!(document.images.is_empty() && document.findings.is_empty());
}

/// A document of three pages under one signature: the seal whole on the first, and over the edges of all.
fn ridden(fixture: &Fixture) -> (Content, ofd::SignaturePlan) {
    let mut content = fixture.content("张三", "1");
    let page = content.pages[0].clone();
    content.pages.extend([page.clone(), page]);
    let mut plan = plan();
    let size = ofd::Size {
        width: 45.0,
        height: 45.0,
    };
    plan.stamps
        .extend(Stamp::riding_seam(3, ofd::Size::A4, 126.0, size));
    (content, plan)
}

#[test]
fn a_riding_seam_shows_a_strip_on_each_page_and_the_whole_seal_together() {
    let fixture = Fixture::new();
    let (content, plan) = ridden(&fixture);
    let make = || {
        fixture
            .template
            .prepare(&content, &plan)
            .expect("sound")
            .seal(b"value")
    };
    let bytes = make();
    assert_eq!(bytes, make(), "the same document is the same bytes");
    let package = Package::open(&bytes, &Limits::default()).expect("readable");
    let document = package.documents().expect("readable").remove(0);
    let signature = package.signatures(&document).expect("readable").remove(0);
    let pages: Vec<u64> = document.pages.iter().map(|page| page.id).collect();
    assert_eq!((pages.len(), signature.stamps.len()), (3, 4));
    assert!(signature.stamps[0].clip.is_none() && signature.stamps[0].page == pages[0]);
    let mut shown = 0.0;
    for (stamp, page) in signature.stamps[1..].iter().zip(&pages) {
        let clip = stamp.clip.as_ref().expect("a strip");
        assert_eq!(stamp.page, *page);
        assert!((clip.x - shown).abs() < 0.001, "strips follow each other");
        // What is shown ends at the edge of the paper.
        assert!((stamp.boundary.x + clip.x + clip.width - 210.0).abs() < 0.001);
        shown += clip.width;
    }
    assert!((shown - 45.0).abs() < 0.001);
    let ids: std::collections::BTreeSet<_> = signature.stamps.iter().map(|stamp| &stamp.id).collect();
    assert_eq!(ids.len(), 4, "no two stamps share an identifier");
}

#[test]
fn a_stamp_that_shows_nothing_is_refused() {
    let fixture = Fixture::new();
    let hidden = [
        Rect::new(45.0, 0.0, 10.0, 45.0),
        Rect::new(0.0, 0.0, 0.0, 45.0),
        Rect::new(-1.0, 0.0, 10.0, 45.0),
    ];
    for clip in hidden {
        let mut plan = plan();
        plan.stamps[0].clip = Some(clip);
        let refusal = fixture.template.prepare(&fixture.content("张三", "1"), &plan);
        assert_eq!(refusal.expect_err("refused"), WriteError::Clip);
    }
}
