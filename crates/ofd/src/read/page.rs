//! What stands on a page: text with its place and font, and the pictures.

use std::fmt;

use super::finding::{Finding, FindingKind, Reason, Refusal};
use super::model::Document;
use super::package::{Entry, Package};
use super::value::{Bounds, boolean, id, number, numbers};
use super::xml::{Element, Tree};

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
    pub color: Option<String>,
    /// Glyph numbers of the object's `CGTransform`s. What is drawn then need not be what the text says: compare
    /// with the font's `cmap`.
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
    /// The number of the image.
    pub resource: u64,
    /// Its box.
    pub boundary: Bounds,
}

/// What stands on a page, in the order of drawing.
#[derive(Debug, Clone, Default)]
pub struct PageContent {
    /// Texts.
    pub runs: Vec<TextRun>,
    /// Images.
    pub images: Vec<PlacedImage>,
    /// How many paths.
    pub paths: usize,
    /// How many composite objects, whose own text is not extracted.
    pub composites: usize,
    /// What is odd about it.
    pub findings: Vec<Finding>,
}

impl PageContent {
    fn add(&mut self, other: &Self) {
        self.runs.extend_from_slice(&other.runs);
        self.images.extend_from_slice(&other.images);
        self.paths += other.paths;
        self.composites += other.composites;
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
        for template in tree.root().all("Template").take(self.limits().items) {
            let number = template
                .attribute("TemplateID")
                .ok_or_else(|| refuse(Reason::MissingElement))?;
            let number = id(number).map_err(refuse)?;
            let template = document.templates.iter().find(|template| template.id == number);
            let template = template.ok_or_else(|| refuse(Reason::MissingElement))?;
            self.template(&template.path, &mut content)?;
        }
        collect(&tree, TextSource::Page, &mut content).map_err(refuse)?;
        for annotations in document
            .annotations
            .iter()
            .filter(|annotations| annotations.page == page.id)
        {
            let tree = self.tree(&annotations.path, "PageAnnot", &mut content.findings)?;
            annotation(&tree, &mut content).map_err(|reason| Refusal::at(reason, &annotations.path))?;
        }
        let numbered = content
            .runs
            .iter()
            .filter_map(|run| Some((run.object?, run.boundary_key())));
        let mut ids: Vec<_> = numbered.collect();
        ids.sort_unstable();
        if ids
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one == other))
        {
            content
                .findings
                .push(Finding::at(FindingKind::RepeatedId, &page.path));
        }
        Ok(content)
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
        content.add(&own);
        collected.map_err(|reason| Refusal::at(reason, path))?;
        if let Some(known) = known.filter(|_| own.findings.is_empty()) {
            known.keep_template(self.limits(), &own);
        }
        Ok(())
    }
}

impl TextRun {
    /// Runs of one object share it; objects that merely share a number differ somewhere.
    fn boundary_key(&self) -> [u64; 2] {
        [self.x.to_bits(), self.baseline.to_bits()]
    }
}

fn collect(tree: &Tree<'_>, source: TextSource, content: &mut PageContent) -> Result<(), Reason> {
    let frame = Frame {
        x: 0.0,
        y: 0.0,
        visible: true,
        source,
    };
    for layer in tree
        .root()
        .only("Content")?
        .into_iter()
        .flat_map(|element| element.all("Layer"))
    {
        objects(layer, &frame, content)?;
    }
    if tree
        .root()
        .descendants()
        .any(|element| element.name() == "Actions")
    {
        content.findings.push(Finding::new(FindingKind::Actions));
    }
    Ok(())
}

fn annotation(tree: &Tree<'_>, content: &mut PageContent) -> Result<(), Reason> {
    for annot in tree.root().all("Annot") {
        let Some(appearance) = annot.only("Appearance")? else {
            continue;
        };
        let boundary = match appearance.attribute("Boundary") {
            Some(text) => Bounds::parse(text)?,
            None => Bounds::default(),
        };
        let visible = annot.attribute("Visible").and_then(boolean).unwrap_or(true);
        let frame = Frame {
            x: boundary.x,
            y: boundary.y,
            visible,
            source: TextSource::Annotation,
        };
        objects(appearance, &frame, content)?;
    }
    Ok(())
}

/// Where objects stand and whether they are drawn at all.
struct Frame {
    x: f64,
    y: f64,
    visible: bool,
    source: TextSource,
}

fn objects(parent: Element<'_, '_>, frame: &Frame, content: &mut PageContent) -> Result<(), Reason> {
    for element in parent.descendants() {
        match element.name() {
            "TextObject" => text(element, frame, content)?,
            "ImageObject" => content.images.push(PlacedImage {
                object: element.attribute("ID").map(id).transpose()?,
                resource: id(element.attribute("ResourceID").ok_or(Reason::MissingElement)?)?,
                boundary: boundary(element, frame)?,
            }),
            "PathObject" => content.paths += 1,
            "CompositeObject" => content.composites += 1,
            _ => {}
        }
    }
    Ok(())
}

fn boundary(element: Element<'_, '_>, frame: &Frame) -> Result<Bounds, Reason> {
    let bounds = Bounds::parse(element.attribute("Boundary").ok_or(Reason::MissingElement)?)?;
    Ok(Bounds {
        x: bounds.x + frame.x,
        y: bounds.y + frame.y,
        ..bounds
    })
}

fn text(element: Element<'_, '_>, frame: &Frame, content: &mut PageContent) -> Result<(), Reason> {
    let boundary = boundary(element, frame)?;
    let size = number(element.attribute("Size").ok_or(Reason::MissingElement)?.trim())?;
    let font = id(element.attribute("Font").ok_or(Reason::MissingElement)?)?;
    let matrix = match element.attribute("CTM") {
        None => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        Some(text) => numbers(text)?.try_into().map_err(|_| Reason::Value)?,
    };
    let flag = |name| element.attribute(name).and_then(boolean).unwrap_or(true);
    let alpha = match element.attribute("Alpha") {
        None => 255,
        Some(text) => text.trim().parse().map_err(|_| Reason::Value)?,
    };
    let color = element
        .only("FillColor")?
        .map(|c| c.attribute("Value").unwrap_or_default().to_owned());
    let glyphs = glyphs(element)?;
    for code in element.all("TextCode") {
        let coordinate = |name| code.attribute(name).map_or(Ok(0.0), |text| number(text.trim()));
        let (x, y) = (coordinate("X")?, coordinate("Y")?);
        let [a, b, c, d, e, f] = matrix;
        let text = code.verbatim().trim_matches(['\n', '\r', '\t']).to_owned();
        let advances = advances(code.attribute("DeltaX").unwrap_or_default(), text.chars().count())?;
        content.runs.push(TextRun {
            object: element.attribute("ID").map(id).transpose()?,
            source: frame.source,
            font,
            size,
            text,
            x: boundary.x + a * x + c * y + e,
            baseline: boundary.y + b * x + d * y + f,
            width: a * (advances + size),
            boundary,
            alpha,
            visible: frame.visible && flag("Visible") && flag("Fill"),
            color: color.clone(),
            glyphs: glyphs.clone(),
        });
    }
    Ok(())
}

fn glyphs(element: Element<'_, '_>) -> Result<Vec<u16>, Reason> {
    let mut all = Vec::new();
    for transform in element.all("CGTransform") {
        for glyph in transform
            .text_of("Glyphs")?
            .unwrap_or_default()
            .split_ascii_whitespace()
        {
            all.push(glyph.parse().map_err(|_| Reason::Value)?);
        }
    }
    Ok(all)
}

/// The sum of a `DeltaX` over at most `characters` steps; `g n v` stands for n times v.
fn advances(text: &str, characters: usize) -> Result<f64, Reason> {
    let mut tokens = text.split_ascii_whitespace();
    let (mut sum, mut left) = (0.0, characters.saturating_sub(1));
    while left > 0 {
        let Some(token) = tokens.next() else { break };
        let (count, value) = if token == "g" {
            let count = tokens
                .next()
                .and_then(|t| t.parse::<usize>().ok())
                .ok_or(Reason::Value)?;
            (count.min(left), tokens.next().ok_or(Reason::Value)?)
        } else {
            (1, token)
        };
        #[expect(clippy::cast_precision_loss, reason = "a count of characters")]
        let count_f = count as f64;
        sum += count_f * number(value)?;
        left -= count;
    }
    Ok(sum)
}
