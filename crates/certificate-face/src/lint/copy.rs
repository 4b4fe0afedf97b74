//! Whether the notes of a use copy stand where they must, and none on an original.
//!
//! Judged by where text stands on the page, as a person sees it: the note lies over the pictures, so a cut-out of the
//! page's photo shows recipient and last day with it.

use super::{Expected, Fault, Form, PHOTO, SIGNATURE_IMAGE};
use crate::extract::Placed;
use crate::facts::chinese_date;
use crate::geometry::Rect;

/// A picture is divided into so many strips; each must have a line of the note, or a part without it could be cut out.
const STRIPS: usize = 3;
const NOTE_BEGINNING: &str = "仅供";
/// No fact contains this.
const NOTE_END: &str = "　有效期至";

pub(super) fn check(form: Form, texts: &[Placed], expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) {
    let layout = &expected.layout;
    let copy = expected.facts.copy;
    let until = copy.map_or_else(String::new, |copy| chinese_date(copy.use_until));
    let note = copy.map_or_else(String::new, |copy| {
        let said = format!("仅供{}用于{}　有效期至{until}", copy.recipient, copy.purpose);
        said.repeat(layout.note().places.len())
    });
    // The note is drawn before the values, below them; where a change of font cuts a line of it, it may begin on a picture.
    let fixed = texts
        .iter()
        .position(|text| text.text.starts_with(NOTE_BEGINNING));
    let (fixed, own) = texts.split_at(fixed.filter(|_| copy.is_some()).unwrap_or(0));
    let (below, above) = own.split_at(spelling(own, note.len()));
    let said: String = below.iter().map(|text| text.text.as_str()).collect();
    let others = || fixed.iter().chain(above);
    if said != note || others().any(|text| text.text.contains(NOTE_END)) {
        faults.push(Fault::Note(form));
    }
    for (name, picture) in [(PHOTO, layout.photo()), (SIGNATURE_IMAGE, layout.signature())] {
        let over: Vec<&Placed> = others().filter(|text| picture.contains(text.at)).collect();
        let right = match copy {
            None => over.is_empty(),
            Some(copy) => {
                let stamp = format!("仅供{}使用　至{until}", copy.recipient);
                repeats(&over, &stamp) && (!layout.overprint().repeated || fills(&over, picture))
            }
        };
        if !right {
            faults.push(Fault::Overprint(form, name));
        }
    }
}

/// How many of the first texts are `length` bytes long together.
fn spelling(texts: &[Placed], length: usize) -> usize {
    let mut left = length;
    texts
        .iter()
        .take_while(|text| {
            let needed = left > 0;
            left = left.saturating_sub(text.text.len());
            needed
        })
        .count()
}

/// Whether the lines say `stamp`, once or more often, and nothing else.
fn repeats(lines: &[&Placed], stamp: &str) -> bool {
    let said: String = lines.iter().map(|line| line.text.as_str()).collect();
    !said.is_empty() && said.split(stamp).all(str::is_empty)
}

/// Whether each strip of the picture has a base line.
fn fills(lines: &[&Placed], picture: Rect) -> bool {
    let strip = picture.height / STRIPS as f64;
    (0..STRIPS).all(|index| {
        let top = picture.y + strip * index as f64;
        let room = Rect::new(picture.x, top, picture.width, strip);
        lines.iter().any(|line| room.contains(line.at))
    })
}
