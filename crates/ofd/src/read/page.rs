//! What stands on a page: text with its place and font, and the pictures.

mod objects;

use std::fmt;
use std::sync::Arc;

use objects::{active, annotation, area, collect, cover_all};

use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::model::Document;
use super::package::{Entry, Package};
use super::value::{Bounds, id};

/// Where a text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextSource {
    /// On a template page, drawn by every page that uses it.
    Template,
    /// On the page itself.
    Page,
    /// In an annotation of the page.
    Annotation,
}

/// One `TextCode`: characters in one font from one starting point.
#[derive(Clone, PartialEq)]
pub struct TextRun {
    /// The number of its text object.
    pub object: Option<u64>,
    /// Where it was found.
    pub source: TextSource,
    /// The number of its font.
    pub font: u64,
    /// Its size in millimetres, as stated.
    pub size: f64,
    /// The characters.
    pub text: String,
    /// Where the first character starts, in page millimetres.
    pub x: f64,
    /// Its baseline, in page millimetres.
    pub baseline: f64,
    /// From the first start to the end of the last character, taken as an em.
    pub width: f64,
    /// The box of its object.
    pub boundary: Bounds,
    /// Opacity.
    pub alpha: u8,
    /// Whether the object, and its annotation, are to be drawn, and filled.
    pub visible: bool,
    /// The fill colour's value as stated; nothing is black.
    pub color: Option<Arc<str>>,
    /// Glyph numbers of all [`TextRun::transforms`].
    pub glyphs: Arc<[u16]>,
    /// The object's `CGTransform`s. What is drawn then need not be what the text says: compare with the font's `cmap`.
    pub transforms: Arc<[GlyphTransform]>,
}

/// Glyphs that are drawn instead of those of the `cmap` (`CGTransform`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlyphTransform {
    /// The first character that it stands for.
    pub position: usize,
    /// How many characters.
    pub characters: usize,
    /// The glyphs.
    pub glyphs: Vec<u16>,
}

impl fmt::Debug for TextRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextRun")
            .field("object", &self.object)
            .field("source", &self.source)
            .field("font", &self.font)
            .field("characters", &self.text.chars().count())
            .finish_non_exhaustive()
    }
}

/// An image on a page.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedImage {
    /// The number of its object.
    pub object: Option<u64>,
    /// Where it was found.
    pub source: TextSource,
    /// The number of the image.
    pub resource: u64,
    /// Its box.
    pub boundary: Bounds,
}

/// Something that is drawn over the page's own content: by an annotation, or by a template page in the foreground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlay {
    /// Which of the two.
    pub source: TextSource,
    /// Its box in page millimetres.
    pub boundary: Bounds,
}

/// What stands on a page, in the order of drawing.
#[derive(Debug, Clone, Default)]
pub struct PageContent {
    /// The area of the page, if it says so itself.
    pub area: Option<Bounds>,
    /// Texts.
    pub runs: Vec<TextRun>,
    /// Images.
    pub images: Vec<PlacedImage>,
    /// How many paths.
    pub paths: usize,
    /// How many composite objects, whose own text is not extracted.
    pub composites: usize,
    /// What is drawn over the page's own content.
    pub overlays: Vec<Overlay>,
    /// Numbers of the objects, one for each object that has one.
    ids: Vec<u64>,
    /// What is odd about it.
    pub findings: Vec<Finding>,
}

impl PageContent {
    fn add(&mut self, other: &Self) {
        self.runs.extend_from_slice(&other.runs);
        self.images.extend_from_slice(&other.images);
        self.paths += other.paths;
        self.composites += other.composites;
        self.overlays.extend_from_slice(&other.overlays);
        self.ids.extend_from_slice(&other.ids);
        self.findings.extend_from_slice(&other.findings);
    }

    /// The texts line by line from the top, each line from the left.
    #[must_use]
    pub fn reading_order(&self) -> Vec<Vec<&TextRun>> {
        let mut runs: Vec<_> = self.runs.iter().collect();
        runs.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
        let mut lines: Vec<Vec<&TextRun>> = Vec::new();
        for run in runs {
            match lines.last_mut() {
                Some(line) if line.last().is_some_and(|last| same_line(last, run)) => line.push(run),
                _ => lines.push(vec![run]),
            }
        }
        for line in &mut lines {
            line.sort_by(|a, b| a.x.total_cmp(&b.x));
        }
        lines
    }

    /// The text in reading order: runs that touch are joined, others separated by a space, lines by a line feed.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in self.reading_order() {
            let mut end: Option<f64> = None;
            for run in line {
                if end.is_some_and(|end| run.x - end > run.size * 0.3) {
                    out.push(' ');
                }
                out.push_str(&run.text);
                end = Some(run.x + run.width);
            }
            out.push('\n');
        }
        out
    }

    /// The text of the objects with these numbers, joined in the order given.
    #[must_use]
    pub fn text_of(&self, objects: &[u64]) -> String {
        let mut out = String::new();
        for object in objects {
            let runs = self.runs.iter().filter(|run| run.object == Some(*object));
            out.extend(runs.map(|run| run.text.as_str()));
        }
        out
    }
}

fn same_line(a: &TextRun, b: &TextRun) -> bool {
    (a.baseline - b.baseline).abs() <= a.size.min(b.size) * 0.35
}

impl Package<'_> {
    /// Reads the page at `index` of `document`: its template pages, itself, its annotations.
    ///
    /// # Errors
    /// If the page, a template it uses or its annotations cannot be read.
    pub fn page(&self, document: &Document, index: usize) -> Result<PageContent, Refusal> {
        let page = document
            .pages
            .get(index)
            .ok_or_else(|| Refusal::new(Reason::MissingElement))?;
        let mut content = PageContent::default();
        let tree = self.tree(&page.path, "Page", &mut content.findings)?;
        let refuse = |reason| Refusal::at(reason, &page.path);
        content.area = area(&tree).map_err(refuse)?;
        for template in tree.root().all("Template").take(self.limits().items) {
            let number = template
                .attribute("TemplateID")
                .ok_or_else(|| refuse(Reason::MissingElement))?;
            let number = id(number).map_err(refuse)?;
            let foreground = template.attribute("ZOrder") == Some("Foreground");
            let template = document.templates.iter().find(|template| template.id == number);
            let template = template.ok_or_else(|| refuse(Reason::MissingElement))?;
            // Templates lie behind the page unless they say otherwise (GB/T 33190 §7.7).
            if foreground {
                self.foreground(&template.path, &mut content)?;
            } else {
                self.template(&template.path, &mut content)?;
            }
        }
        collect(&tree, TextSource::Page, &mut content).map_err(refuse)?;
        active(&tree, &page.path, &mut content);
        for annotations in document
            .annotations
            .iter()
            .filter(|annotations| annotations.page == page.id)
        {
            let tree = self.tree(&annotations.path, "PageAnnot", &mut content.findings)?;
            annotation(&tree, &mut content).map_err(|reason| Refusal::at(reason, &annotations.path))?;
            active(&tree, &annotations.path, &mut content);
        }
        content.ids.sort_unstable();
        let repeated = |pair: &[u64]| matches!(pair, [one, other] if one == other);
        if content.ids.windows(2).any(repeated) {
            content
                .findings
                .push(Finding::at(FindingKind::RepeatedId, &page.path));
        }
        Ok(content)
    }

    /// Adds what a template page draws over the page.
    fn foreground(&self, path: &str, content: &mut PageContent) -> Result<(), Refusal> {
        let tree = self.tree(path, "Page", &mut content.findings)?;
        active(&tree, path, content);
        collect(&tree, TextSource::Template, content)
            .and_then(|()| cover_all(&tree, TextSource::Template, content))
            .map_err(|reason| Refusal::at(reason, path))
    }

    /// Adds what a template page draws. Of a known file that is kept, unless something about it is odd.
    fn template(&self, path: &str, content: &mut PageContent) -> Result<(), Refusal> {
        let known = self.entry(path).and_then(Entry::known);
        if let Some((known, kept)) = known.and_then(|known| Some((known, known.template(self.limits())?))) {
            self.charge(known.part().bytes(), path)?;
            content.add(kept);
            return Ok(());
        }
        let mut own = PageContent::default();
        let tree = self.tree(path, "Page", &mut own.findings)?;
        let collected = collect(&tree, TextSource::Template, &mut own);
        active(&tree, path, &mut own);
        content.add(&own);
        collected.map_err(|reason| Refusal::at(reason, path))?;
        if let Some(known) = known.filter(|_| own.findings.is_empty()) {
            known.keep_template(self.limits(), &own);
        }
        Ok(())
    }
}
