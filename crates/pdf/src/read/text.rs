//! The text of a page, and whether each glyph of it is drawn and means something.
//!
//! Reads what this crate writes: composite fonts with Identity-H and embedded TrueType. Text in other fonts is
//! refused, not guessed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Page, Pdf,
    content::{self, Interpreter, Shown},
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

pub(super) struct Font {
    to_unicode: BTreeMap<u16, String>,
    widths: BTreeMap<u16, f64>,
    default_width: f64,
    program: Vec<u8>,
    /// Codes found to be without fault before.
    sound: Codes,
}

/// A set of codes.
#[derive(Default)]
struct Codes(Vec<u64>);

impl Codes {
    fn insert(&mut self, code: u16) {
        let word = usize::from(code / 64);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (code % 64);
        }
    }

    /// The codes that `other` has not, ascending.
    fn without<'c>(&'c self, other: &'c Self) -> impl Iterator<Item = u16> + 'c {
        (0_u16..).zip(&self.0).flat_map(move |(index, &word)| {
            let known = other.0.get(usize::from(index)).copied().unwrap_or(0);
            let new = word & !known;
            (0_u16..64)
                .filter(move |bit| new >> bit & 1 == 1)
                .map(move |bit| index * 64 + bit)
        })
    }
}

/// A font of a page, and what the page uses of it.
struct Used {
    name: String,
    font: Arc<Font>,
    codes: Codes,
}

/// Reads the text of one page.
pub fn page_text(pdf: &Pdf<'_>, page: &Page) -> Result<PageText, ReadError> {
    let resources = pdf.dictionary(&page.resources, "Font")?;
    let mut index: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let mut fonts: Vec<Used> = Vec::new();
    let mut text = PageText::default();
    let mut last = (0, usize::MAX);
    let [left, _, _, top] = page.media_box;
    for string in shown(pdf, page)? {
        let found = match index.get(&string.font) {
            Some(found) => *found,
            None => {
                fonts.push(Used::of(pdf, &resources, &string.font)?);
                index.insert(string.font, fonts.len() - 1);
                fonts.len() - 1
            }
        };
        let Some(used) = fonts.get_mut(found) else {
            continue;
        };
        let mut characters = String::with_capacity(string.codes.len() * 2);
        for pair in string.codes.chunks(2) {
            let [high, low] = *pair else {
                return Err(ReadError::Syntax("odd string in a two-byte font"));
            };
            let cid = u16::from_be_bytes([high, low]);
            used.codes.insert(cid);
            characters.push_str(used.font.to_unicode.get(&cid).map_or("\u{FFFD}", String::as_str));
        }
        match text.runs.last_mut() {
            Some(run) if last == (string.text_object, found) => run.text.push_str(&characters),
            _ => {
                let (x, y) = string.matrix.origin();
                text.runs.push(TextRun {
                    text: characters,
                    x: (x - left) / POINTS_PER_MM,
                    y: (top - y) / POINTS_PER_MM,
                    size: string.size * string.matrix.vertical_scale() / POINTS_PER_MM,
                    font: used.name.clone(),
                });
            }
        }
        last = (string.text_object, found);
    }
    for used in &fonts {
        let faults = used.font.faults(&used.codes);
        let named = faults
            .into_iter()
            .map(|(cid, fault)| (used.name.clone(), cid, fault));
        text.faults.extend(named);
    }
    Ok(text)
}

/// Every string that the page's content shows. A known beginning is not interpreted again.
fn shown(pdf: &Pdf<'_>, page: &Page) -> Result<Vec<Shown>, ReadError> {
    let streams = pdf.page_streams(page)?;
    let known = streams
        .first()
        .and_then(|first| pdf.known?.content(&first.stream));
    let (begun, rest) = match known {
        Some(begun) => (begun.clone(), streams.get(1..).unwrap_or_default()),
        None => (Interpreter::new(pdf.limits()), streams.as_slice()),
    };
    let mut content = Vec::with_capacity(rest.iter().map(|one| one.decoded.len() + 1).sum());
    for one in rest {
        content.extend_from_slice(&one.decoded);
        content.push(b'\n');
    }
    content::interpret(begun, &content, pdf.limits())
}

impl Used {
    fn of(pdf: &Pdf<'_>, resources: &Dictionary, name: &[u8]) -> Result<Self, ReadError> {
        let name = String::from_utf8_lossy(name).into_owned();
        let known = match resources.get(&name) {
            Some(Object::Reference(number)) => pdf.known_font(*number),
            _ => None,
        };
        let font = match known {
            Some(font) => Arc::clone(font),
            None => {
                let Object::Dictionary(dictionary) = pdf.value(resources, &name)? else {
                    return Err(ReadError::WrongType("Font"));
                };
                Arc::new(Font::read(pdf, &dictionary)?)
            }
        };
        Ok(Self {
            name,
            font,
            codes: Codes::default(),
        })
    }
}

impl Font {
    pub(super) fn read(pdf: &Pdf<'_>, font: &Dictionary) -> Result<Self, ReadError> {
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
            Object::Stream(stream) => pdf.decode(&stream).map(Cow::into_owned),
            _ => Err(ReadError::WrongType(key)),
        };
        Ok(Self {
            to_unicode: to_unicode::parse(&stream(font, "ToUnicode")?, pdf.limits())?,
            widths: widths(pdf, &pdf.array(&descendant, "W")?)?,
            default_width: pdf.value(&descendant, "DW")?.as_number().unwrap_or(1000.0),
            program: stream(&descriptor, "FontFile2")?,
            sound: Codes::default(),
        })
    }

    /// Remembers which codes are without fault.
    pub(super) fn with_sound_codes(mut self) -> Self {
        for &cid in self.to_unicode.keys() {
            let mut one = Codes::default();
            one.insert(cid);
            if self.faults(&one).is_empty() {
                self.sound.insert(cid);
            }
        }
        self
    }

    fn faults(&self, used: &Codes) -> Vec<(u16, GlyphFault)> {
        let program = Sfnt::open(&self.program);
        let per_em = program.and_then(Sfnt::units_per_em).map_or(1000.0, f64::from);
        let mut faults = Vec::new();
        for cid in used.without(&self.sound) {
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
