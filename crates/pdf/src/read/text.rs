//! The text of a page, and whether each glyph of it is drawn and means something.
//!
//! Reads what this crate writes: composite fonts with Identity-H and embedded TrueType. Text in other fonts is
//! refused, not guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Page, Pdf, content,
    error::ReadError,
    object::{Dictionary, Object},
    to_unicode,
};
use crate::{geometry::POINTS_PER_MM, sfnt::Sfnt};

/// The text of one text object, a line as a rule.
#[derive(Clone, PartialEq)]
pub struct TextRun {
    /// The characters in the order drawn.
    pub text: String,
    /// Start of the baseline in millimetres from the left edge.
    pub x: f64,
    /// Baseline in millimetres from the top edge.
    pub y: f64,
    /// Height of the em square in millimetres.
    pub size: f64,
    /// Resource name of the font.
    pub font: String,
}

/// The text of a page is personal.
impl std::fmt::Debug for TextRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "TextRun({} characters at {:.1}, {:.1})",
            self.text.chars().count(),
            self.x,
            self.y
        )
    }
}

/// What is wrong with a glyph that the page uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GlyphFault {
    /// The font has no Unicode value for it.
    NoUnicode,
    /// The font file does not hold it, or it is `.notdef`.
    NoGlyph,
    /// Its outline is empty, yet its character is not a space.
    Blank,
    /// Its width in the PDF is not the font file's (tolerance 1/1000 em).
    Width,
}

impl GlyphFault {
    /// A stable name for findings.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoUnicode => "pdf.glyph.no-unicode",
            Self::NoGlyph => "pdf.glyph.missing",
            Self::Blank => "pdf.glyph.blank",
            Self::Width => "pdf.glyph.width",
        }
    }
}

/// Everything set on one page.
#[derive(Debug, Clone, Default)]
pub struct PageText {
    /// Lines in the order drawn.
    pub runs: Vec<TextRun>,
    /// Faulty glyphs: font, CID, fault.
    pub faults: BTreeSet<(String, u16, GlyphFault)>,
}

impl PageText {
    /// All runs, one a line.
    pub fn joined(&self) -> String {
        self.runs
            .iter()
            .map(|run| run.text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

struct Font {
    to_unicode: BTreeMap<u16, String>,
    widths: BTreeMap<u16, f64>,
    default_width: f64,
    program: Vec<u8>,
}

/// Reads the text of one page.
pub fn page_text(pdf: &Pdf<'_>, page: &Page) -> Result<PageText, ReadError> {
    let shown = content::interpret(&pdf.page_content(page)?, pdf.limits())?;
    let resources = pdf.dictionary(&page.resources, "Font")?;
    let mut fonts: BTreeMap<Vec<u8>, Font> = BTreeMap::new();
    let mut used: BTreeMap<Vec<u8>, BTreeSet<u16>> = BTreeMap::new();
    let mut text = PageText::default();
    let mut last_object = 0;
    let [left, _, _, top] = page.media_box;
    for string in shown {
        if !fonts.contains_key(&string.font) {
            let name = String::from_utf8_lossy(&string.font);
            let Object::Dictionary(dictionary) = pdf.value(&resources, &name)? else {
                return Err(ReadError::WrongType("Font"));
            };
            fonts.insert(string.font.clone(), Font::read(pdf, &dictionary)?);
        }
        let Some(font) = fonts.get(&string.font) else {
            continue;
        };
        let codes = used.entry(string.font.clone()).or_default();
        let mut characters = String::new();
        for pair in string.codes.chunks(2) {
            let [high, low] = *pair else {
                return Err(ReadError::Syntax("odd string in a two-byte font"));
            };
            let cid = u16::from_be_bytes([high, low]);
            codes.insert(cid);
            characters.push_str(font.to_unicode.get(&cid).map_or("\u{FFFD}", String::as_str));
        }
        let font = String::from_utf8_lossy(&string.font).into_owned();
        match text.runs.last_mut() {
            Some(run) if last_object == string.text_object && run.font == font => {
                run.text.push_str(&characters);
            }
            _ => {
                let (x, y) = string.matrix.origin();
                text.runs.push(TextRun {
                    text: characters,
                    x: (x - left) / POINTS_PER_MM,
                    y: (top - y) / POINTS_PER_MM,
                    size: string.size * string.matrix.vertical_scale() / POINTS_PER_MM,
                    font,
                });
            }
        }
        last_object = string.text_object;
    }
    for (name, codes) in used {
        let Some(font) = fonts.get(&name) else { continue };
        let name = String::from_utf8_lossy(&name).into_owned();
        text.faults.extend(
            font.faults(&codes)
                .into_iter()
                .map(|(cid, fault)| (name.clone(), cid, fault)),
        );
    }
    Ok(text)
}

impl Font {
    fn read(pdf: &Pdf<'_>, font: &Dictionary) -> Result<Self, ReadError> {
        if !font.is_name("Subtype", "Type0") || !font.is_name("Encoding", "Identity-H") {
            return Err(ReadError::Unsupported("fonts other than Identity-H"));
        }
        let descendants = pdf.array(font, "DescendantFonts")?;
        let descendant = descendants
            .first()
            .ok_or(ReadError::WrongType("DescendantFonts"))?;
        let Object::Dictionary(descendant) = pdf.resolve(descendant)? else {
            return Err(ReadError::WrongType("DescendantFonts"));
        };
        let descriptor = pdf.dictionary(&descendant, "FontDescriptor")?;
        let stream = |dictionary: &Dictionary, key: &'static str| match pdf.value(dictionary, key)? {
            Object::Stream(stream) => pdf.decode(&stream),
            _ => Err(ReadError::WrongType(key)),
        };
        Ok(Self {
            to_unicode: to_unicode::parse(&stream(font, "ToUnicode")?, pdf.limits())?,
            widths: widths(pdf, &pdf.array(&descendant, "W")?)?,
            default_width: pdf.value(&descendant, "DW")?.as_number().unwrap_or(1000.0),
            program: stream(&descriptor, "FontFile2")?,
        })
    }

    fn faults(&self, used: &BTreeSet<u16>) -> Vec<(u16, GlyphFault)> {
        let program = Sfnt::open(&self.program);
        let per_em = program.and_then(Sfnt::units_per_em).map_or(1000.0, f64::from);
        let mut faults = Vec::new();
        for &cid in used {
            let text = self.to_unicode.get(&cid);
            if text.is_none_or(|text| text.is_empty() || text.contains(['\0', '\u{FEFF}', '\u{FFFE}'])) {
                faults.push((cid, GlyphFault::NoUnicode));
            }
            let outline = program.and_then(|program| program.outline_length(cid));
            let advance = program.and_then(|program| program.advance(cid));
            let (Some(outline), Some(advance)) = (outline.filter(|_| cid != 0), advance) else {
                faults.push((cid, GlyphFault::NoGlyph));
                continue;
            };
            let blank_allowed = text.is_some_and(|text| text.chars().all(char::is_whitespace));
            if outline == 0 && !blank_allowed {
                faults.push((cid, GlyphFault::Blank));
            }
            let width = self.widths.get(&cid).copied().unwrap_or(self.default_width);
            if (width - f64::from(advance) * 1000.0 / per_em).abs() > 1.0 {
                faults.push((cid, GlyphFault::Width));
            }
        }
        faults
    }
}

/// `[first [w …] first last w …]` (ISO 32000-1 §9.7.4.3).
fn widths(pdf: &Pdf<'_>, array: &[Object]) -> Result<BTreeMap<u16, f64>, ReadError> {
    let wrong = || ReadError::WrongType("W");
    let cid = |object: &Object| {
        object
            .as_integer()
            .and_then(|value| u16::try_from(value).ok())
            .ok_or_else(wrong)
    };
    let mut widths = BTreeMap::new();
    let mut rest = array;
    while let [first, second, after @ ..] = rest {
        let first = cid(first)?;
        if let Object::Array(values) = pdf.resolve(second)? {
            for (cid, width) in (first..=u16::MAX).zip(&values) {
                widths.insert(cid, width.as_number().ok_or_else(wrong)?);
            }
            rest = after;
        } else {
            let [width, after @ ..] = after else {
                return Err(wrong());
            };
            let width = width.as_number().ok_or_else(wrong)?;
            (first..=cid(second)?).for_each(|cid| {
                widths.insert(cid, width);
            });
            rest = after;
        }
    }
    if rest.is_empty() { Ok(widths) } else { Err(wrong()) }
}
