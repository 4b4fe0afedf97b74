//! What is read, and in which order.

use pdf::{Limits, Object, Pdf};

use crate::face::Kind;
use crate::layout::DocumentNumberPolicy::{Hidden, Shown};
use crate::render::render_pdf;
use crate::specimen;

/// An element as a reader finds it: tag, words for pictures, marks.
type Found = (String, String, Vec<i64>);

struct Tagged {
    elements: Vec<Found>,
    /// The marks that the page sets, in drawing order.
    set: Vec<i64>,
    /// How many the tree of parents leads from.
    parents: usize,
}

fn tagged(kind: Kind, count: usize) -> Tagged {
    let printed = match kind {
        Kind::Original => specimen::original(count),
        Kind::UseCopy => specimen::use_copy(count),
    };
    let (template, pictures) = (
        specimen::template(kind, Shown),
        specimen::pictures(specimen::SEED),
    );
    let draft = render_pdf(&template, &printed.facts(), &pictures, &specimen::sealing()).unwrap();
    read(draft.bytes())
}

fn read(bytes: &[u8]) -> Tagged {
    let pdf = Pdf::open(bytes, Limits::default()).unwrap();
    let catalog = pdf.catalog().unwrap();
    let marked = pdf.dictionary(&catalog, "MarkInfo").unwrap();
    assert_eq!(marked.get("Marked"), Some(&Object::Boolean(true)));
    let root = pdf.dictionary(&catalog, "StructTreeRoot").unwrap();
    let document = pdf.dictionary(&root, "K").unwrap();
    assert!(document.is_name("S", "Document"));
    let kids = pdf.array(&document, "K").unwrap();
    let elements = kids.iter().map(|kid| element(&pdf, kid)).collect();
    let tree = pdf.dictionary(&root, "ParentTree").unwrap();
    let numbers = pdf.array(&tree, "Nums").unwrap();
    let [_, Object::Array(parents), _, Object::Reference(_)] = numbers.as_slice() else {
        panic!("parents of the page's marks and of the field");
    };
    let page = pdf.pages().unwrap().remove(0);
    let mut set = Vec::new();
    for content in pdf.array(&page.dictionary, "Contents").unwrap() {
        let Object::Stream(stream) = pdf.resolve(&content).unwrap() else {
            panic!("a content stream");
        };
        let text = String::from_utf8(pdf.decode(&stream).unwrap().into_owned()).unwrap();
        assert_eq!(
            text.matches(" BMC\n").count() + text.matches(">>BDC\n").count(),
            text.matches("EMC\n").count()
        );
        let marks = text.split("<</MCID ").skip(1);
        set.extend(marks.map(|rest| rest.split_once(">>BDC").unwrap().0.parse::<i64>().unwrap()));
    }
    Tagged {
        elements,
        set,
        parents: parents.len(),
    }
}

fn element(pdf: &Pdf<'_>, kid: &Object) -> Found {
    let Object::Dictionary(found) = pdf.resolve(kid).unwrap() else {
        panic!("an element");
    };
    let tag = String::from_utf8(found.get("S").unwrap().as_name().unwrap().to_vec()).unwrap();
    let words = match found.get("Alt") {
        Some(Object::String(words)) => words.to_text(),
        _ => String::new(),
    };
    let marks = match found.get("K").unwrap() {
        Object::Array(marks) => marks.iter().map(|mark| mark.as_integer().unwrap()).collect(),
        _ => Vec::new(),
    };
    (tag, words, marks)
}

#[test]
fn every_mark_of_the_page_belongs_to_one_element() {
    for (kind, count) in [(Kind::Original, 1), (Kind::Original, 10), (Kind::UseCopy, 2)] {
        let found = tagged(kind, count);
        let all: Vec<i64> = (0..found.parents as i64).collect();
        let sorted = |mut marks: Vec<i64>| {
            marks.sort_unstable();
            marks
        };
        assert_eq!(sorted(found.set), all);
        assert_eq!(
            sorted(
                found
                    .elements
                    .into_iter()
                    .flat_map(|(_, _, marks)| marks)
                    .collect()
            ),
            all
        );
    }
}

#[test]
fn pictures_and_seal_have_words_and_labels_are_read_with_their_values() {
    let found = tagged(Kind::Original, 1);
    let tags: Vec<&str> = found.elements.iter().map(|(tag, ..)| tag.as_str()).collect();
    // The specimen mark, two lines of title, the note of originals, the photo, five rows and the number.
    assert_eq!(
        tags[..11],
        ["P", "H1", "H1", "P", "Figure", "P", "P", "P", "P", "P", "P"],
        "{tags:?}"
    );
    // The label of the number depends on the holder and is set with it.
    let rows = found.elements[5..11].iter().map(|(_, _, marks)| marks.len());
    assert!(rows.eq([2, 2, 2, 1, 2, 2]));
    for (tag, words, _) in &found.elements {
        assert_eq!(words.is_empty(), matches!(tag.as_str(), "P" | "H1"), "{tag}");
    }
    let seal = found.elements.iter().find(|(tag, ..)| tag == "Form").unwrap();
    assert!(seal.1.ends_with(specimen::ISSUER));
}

#[test]
fn a_hidden_number_has_no_place_in_the_order() {
    let mut record = specimen::record("张伟民", 2);
    record.layout.show_document_number = false;
    let printed = crate::facts::Printed::of(record, specimen::CODE).unwrap();
    let template = specimen::template(Kind::Original, Hidden);
    let pictures = specimen::pictures(specimen::SEED);
    let draft = render_pdf(&template, &printed.facts(), &pictures, &specimen::sealing()).unwrap();
    assert_eq!(read(draft.bytes()).parents + 1, tagged(Kind::Original, 2).parents);
}

#[test]
fn the_note_of_a_use_copy_is_read_once() {
    let printed = specimen::use_copy(2);
    let (template, pictures) = (
        specimen::template(Kind::UseCopy, Shown),
        specimen::pictures(specimen::SEED),
    );
    let draft = render_pdf(&template, &printed.facts(), &pictures, &specimen::sealing()).unwrap();
    let pdf = Pdf::open(draft.bytes(), Limits::default()).unwrap();
    let page = pdf.pages().unwrap().remove(0);
    let contents = pdf.array(&page.dictionary, "Contents").unwrap();
    let Object::Stream(stream) = pdf.resolve(contents.last().unwrap()).unwrap() else {
        panic!("a content stream");
    };
    let text = String::from_utf8(pdf.decode(&stream).unwrap().into_owned()).unwrap();
    // It is drawn first, on as many lines in each of six places.
    let (read, rest) = text.split_once("EMC").unwrap();
    let (unread, _) = rest.split_once("EMC").unwrap();
    assert!(read.contains("<</MCID ") && unread.contains("/Artifact BMC"));
    let lines = |part: &str| part.matches("Tj").count();
    assert!(lines(read) > 0 && lines(unread) == 5 * lines(read));
}
