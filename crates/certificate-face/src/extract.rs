//! Reading the facts back from a document's page, by where its text stands.
//!
//! Works on what a person sees: a text counts for a field because it stands in that field's area of the layout, not
//! because the document says so. Serves the lint, and verification of documents from anywhere.

use std::collections::BTreeMap;

use crate::face::SealArc;
use crate::geometry::Point;
use crate::layout::{Field, Layout};

/// A run of text on the page.
#[derive(Clone, PartialEq)]
pub struct Placed {
    /// The characters.
    pub text: String,
    /// Start of the base line.
    pub at: Point,
}

/// Text of a page is personal: only its place is shown.
impl std::fmt::Debug for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placed")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// What stands in the areas of a layout.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Extracted {
    values: BTreeMap<Field, String>,
    /// The employer's name on the arc of the practice seal.
    pub seal_employer: String,
}

/// The facts are personal: only which fields were found is shown.
impl std::fmt::Debug for Extracted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extracted")
            .field("fields", &self.values.keys())
            .finish_non_exhaustive()
    }
}

impl Extracted {
    /// The text in the area of a field; `None` if the area is empty.
    pub fn value(&self, field: Field) -> Option<&str> {
        self.values.get(&field).map(String::as_str)
    }

    /// The fields whose areas hold text.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.values.keys().copied()
    }
}

/// Half a hundredth of a millimetre is lost in a file's numbers; points of PDF lose a little more.
const TOLERANCE: f64 = 0.03;

/// Assigns text to fields. `layout` must be that of the document, set to its number of specialties.
pub fn extract<'p>(layout: &Layout, texts: impl IntoIterator<Item = &'p Placed>) -> Extracted {
    let areas: Vec<_> = layout
        .fields()
        .filter_map(|field| layout.area(field).map(|area| (field, area)))
        .collect();
    let arc = SealArc::around(layout.practice_seal());
    let mut found: BTreeMap<Field, Vec<&Placed>> = BTreeMap::new();
    let mut out = Extracted::default();
    for text in texts {
        let inside = areas.iter().find(|(field, area)| {
            if field.is_on_seal() && !arc.encloses(text.at) {
                return false;
            }
            let probe = Point {
                x: text.at.x + TOLERANCE,
                y: text.at.y,
            };
            // A value that may not wrap stands on the base line; a note across the page does so only by design.
            area.bounds.contains(probe) && (area.lines > 1 || (text.at.y - area.baseline).abs() <= TOLERANCE)
        });
        if let Some((field, _)) = inside {
            found.entry(*field).or_default().push(text);
        } else if arc.holds(text.at) {
            out.seal_employer.push_str(&text.text);
        }
    }
    for (field, mut runs) in found {
        runs.sort_by(|a, b| {
            if same_line(a, b) {
                a.at.x.total_cmp(&b.at.x)
            } else {
                a.at.y.total_cmp(&b.at.y)
            }
        });
        out.values
            .insert(field, runs.iter().map(|run| run.text.as_str()).collect());
    }
    out
}

fn same_line(a: &Placed, b: &Placed) -> bool {
    (a.at.y - b.at.y).abs() <= TOLERANCE
}

/// The page's own text of an OFD document made by this crate: without the template page.
pub fn ofd_text(page: &ofd::PageContent) -> Vec<Placed> {
    let own = page
        .runs
        .iter()
        .filter(|run| run.source == ofd::TextSource::Page && run.visible);
    own.map(|run| Placed {
        text: run.text.clone(),
        at: Point {
            x: run.x,
            y: run.baseline,
        },
    })
    .collect()
}

/// The text of a PDF page.
pub fn pdf_text(page: &pdf::text::PageText) -> Vec<Placed> {
    page.runs
        .iter()
        .map(|run| Placed {
            text: run.text.clone(),
            at: Point { x: run.x, y: run.y },
        })
        .collect()
}
