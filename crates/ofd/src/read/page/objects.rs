//! The objects of pages, templates and annotations.

use std::sync::Arc;

use super::{GlyphTransform, Overlay, PageContent, PlacedImage, TextRun, TextSource};
use crate::read::finding::{Finding, FindingKind, Reason};
use crate::read::value::{Bounds, boolean, id, number, numbers};
use crate::read::xml::{Element, Tree};

pub(super) fn collect(tree: &Tree<'_>, source: TextSource, content: &mut PageContent) -> Result<(), Reason> {
    let frame = Frame::of_page(source);
    for layer in tree
        .root()
        .only("Content")?
        .into_iter()
        .flat_map(|element| element.all("Layer"))
    {
        objects(layer, &frame, content)?;
    }
    Ok(())
}

/// Reports actions, of the page or of any object on it.
pub(super) fn active(tree: &Tree<'_>, path: &str, content: &mut PageContent) {
    if tree
        .root()
        .descendants()
        .any(|element| element.name() == "Actions")
    {
        content.findings.push(Finding::at(FindingKind::Actions, path));
    }
}

/// The physical box of the page's own area.
pub(super) fn area(tree: &Tree<'_>) -> Result<Option<Bounds>, Reason> {
    let Some(area) = tree.root().only("Area")? else {
        return Ok(None);
    };
    area.text_of("PhysicalBox")?.map(Bounds::parse).transpose()
}

/// The boxes of everything that a page draws.
pub(super) fn cover_all(
    tree: &Tree<'_>,
    source: TextSource,
    content: &mut PageContent,
) -> Result<(), Reason> {
    cover(tree.root(), &Frame::of_page(source), content)
}

/// The boxes of what is drawn in `parent`.
fn cover(parent: Element<'_, '_>, frame: &Frame, content: &mut PageContent) -> Result<(), Reason> {
    if !frame.visible {
        return Ok(());
    }
    for element in parent
        .descendants()
        .filter(|element| DRAWN.contains(&element.name()))
    {
        let shown = element.attribute("Visible").and_then(boolean).unwrap_or(true);
        if shown && element.attribute("Boundary").is_some() {
            content.overlays.push(Overlay {
                source: frame.source,
                boundary: boundary(element, frame)?,
            });
        }
    }
    Ok(())
}

pub(super) fn annotation(tree: &Tree<'_>, content: &mut PageContent) -> Result<(), Reason> {
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
        cover(appearance, &frame, content)?;
    }
    Ok(())
}

/// What draws.
const DRAWN: [&str; 4] = ["TextObject", "ImageObject", "PathObject", "CompositeObject"];

/// Where objects stand and whether they are drawn at all.
struct Frame {
    x: f64,
    y: f64,
    visible: bool,
    source: TextSource,
}

impl Frame {
    const fn of_page(source: TextSource) -> Self {
        Self {
            x: 0.0,
            y: 0.0,
            visible: true,
            source,
        }
    }
}

fn objects(parent: Element<'_, '_>, frame: &Frame, content: &mut PageContent) -> Result<(), Reason> {
    for element in parent.descendants() {
        if DRAWN.contains(&element.name())
            && let Some(number) = element.attribute("ID").and_then(|text| id(text).ok())
        {
            content.ids.push(number);
        }
        match element.name() {
            "TextObject" => text(element, frame, content)?,
            "ImageObject" => content.images.push(PlacedImage {
                object: element.attribute("ID").map(id).transpose()?,
                source: frame.source,
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
    let color: Option<Arc<str>> = element
        .only("FillColor")?
        .map(|c| Arc::from(c.attribute("Value").unwrap_or_default()));
    // Shared: an object may hold as many texts as its enemy likes. Nearly all have no transforms.
    let transforms = transforms(element)?;
    let (glyphs, transforms): (Arc<[u16]>, Arc<[GlyphTransform]>) = if transforms.is_empty() {
        (Arc::default(), Arc::default())
    } else {
        let glyphs = transforms.iter().flat_map(|one| one.glyphs.iter().copied());
        (glyphs.collect(), transforms.into())
    };
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
            glyphs: Arc::clone(&glyphs),
            transforms: Arc::clone(&transforms),
        });
    }
    Ok(())
}

fn transforms(element: Element<'_, '_>) -> Result<Vec<GlyphTransform>, Reason> {
    let count = |element: Element<'_, '_>, name, default| {
        let stated = element.attribute(name);
        stated.map_or(Ok(default), |text| text.trim().parse().map_err(|_| Reason::Value))
    };
    let mut all = Vec::new();
    for transform in element.all("CGTransform") {
        let glyphs = transform.text_of("Glyphs")?.unwrap_or_default();
        all.push(GlyphTransform {
            position: count(transform, "CodePosition", 0)?,
            characters: count(transform, "CodeCount", 1)?,
            glyphs: glyphs
                .split_ascii_whitespace()
                .map(|glyph| glyph.parse().map_err(|_| Reason::Value))
                .collect::<Result<_, _>>()?,
        });
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
