//! Where the pictures of seals are shown.

use ofd::{Bounds, Document, SignatureFile, SignatureKind, StampRead};

use crate::finding::{Finding, check};
use crate::mapping::printable;

/// Lost to rounding, in square millimetres and as part of a whole.
const NOTHING: f64 = 0.01;
const NEARLY: f64 = 0.99;

/// Judges every stamp by itself; `areas` are those of the pages, in order.
pub(super) fn examine(
    document: &Document,
    areas: &[Option<Bounds>],
    signed: &[(String, SignatureFile)],
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, file) in signed
        .iter()
        .filter(|(_, file)| file.entry.kind == SignatureKind::Seal)
    {
        let before = found.len();
        if file.stamps.is_empty() {
            found.push(Finding::warning(check::STAMP, "no_stamp").of(id));
        }
        let seam = is_seam(&file.stamps);
        for stamp in &file.stamps {
            if let Some(reason) = fault(stamp, document, areas, seam) {
                let name = format!("{} @ {}", printable(&stamp.id), stamp.page);
                found.push(Finding::warning(check::STAMP, reason).about(name).of(id));
            }
        }
        if found.len() == before {
            found.push(Finding::pass(check::STAMP).of(id));
        }
    }
    found
}

fn fault(
    stamp: &StampRead,
    document: &Document,
    areas: &[Option<Bounds>],
    seam: bool,
) -> Option<&'static str> {
    let Some(index) = document.pages.iter().position(|page| page.id == stamp.page) else {
        return Some("stamp_on_no_page");
    };
    let whole = area(&stamp.boundary);
    if whole < NOTHING {
        return Some("stamp_without_size");
    }
    let shown = match &stamp.clip {
        None => stamp.boundary,
        Some(clip) => match overlap(&stamp.boundary, &moved(clip, &stamp.boundary)) {
            Some(shown) => shown,
            None => return Some("stamp_clipped_away"),
        },
    };
    let page = areas.get(index).copied().flatten().or(document.page_area);
    if let Some(page) = page {
        match overlap(&shown, &page) {
            None => return Some("stamp_off_page"),
            Some(on_page) if area(&on_page) < NEARLY * area(&shown) => return Some("stamp_partly_off_page"),
            Some(_) => {}
        }
    }
    (!seam && area(&shown) < NEARLY * whole).then_some("stamp_clipped")
}

/// A riding seam (骑缝章): slices of one seal, each on a page of its own, that make up the whole.
fn is_seam(stamps: &[StampRead]) -> bool {
    let shown = |stamp: &StampRead| {
        let clip = stamp.clip.as_ref()?;
        overlap(&stamp.boundary, &moved(clip, &stamp.boundary)).map(|shown| area(&shown))
    };
    let mut pages: Vec<u64> = stamps.iter().map(|stamp| stamp.page).collect();
    pages.sort_unstable();
    pages.dedup();
    let slices: f64 = stamps.iter().filter_map(shown).sum();
    let whole = stamps.first().map_or(0.0, |stamp| area(&stamp.boundary));
    stamps.len() > 1 && pages.len() == stamps.len() && slices >= NEARLY * whole
}

/// A clip counts from the corner of its stamp's box.
fn moved(clip: &Bounds, origin: &Bounds) -> Bounds {
    Bounds {
        x: clip.x + origin.x,
        y: clip.y + origin.y,
        ..*clip
    }
}

fn area(bounds: &Bounds) -> f64 {
    bounds.width.max(0.0) * bounds.height.max(0.0)
}

fn overlap(one: &Bounds, other: &Bounds) -> Option<Bounds> {
    let (x, y) = (one.x.max(other.x), one.y.max(other.y));
    let shared = Bounds {
        x,
        y,
        width: (one.x + one.width).min(other.x + other.width) - x,
        height: (one.y + one.height).min(other.y + other.height) - y,
    };
    (shared.width > 0.0 && shared.height > 0.0 && area(&shared) >= NOTHING).then_some(shared)
}
