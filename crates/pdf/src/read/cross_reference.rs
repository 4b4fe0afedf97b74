//! Cross-reference tables and streams, and the revisions they make (ISO 32000-1 §7.5.4-§7.5.8).

use std::collections::{BTreeMap, BTreeSet, btree_map};

use super::{
    Pdf,
    error::ReadError,
    lexer::Lexer,
    object::{Dictionary, Object, ObjectNumber},
};

/// How far from the end `startxref` may stand.
const TAIL: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Free,
    At { offset: usize },
    InStream { stream: ObjectNumber, index: usize },
}

/// The original file or an incremental update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Where its cross-reference section starts.
    pub section: usize,
    /// Position after its `%%EOF`, without and with line end; `None` if the marker is missing.
    pub end: Option<(usize, usize)>,
    /// Numbers of the objects it writes or frees.
    pub objects: Vec<ObjectNumber>,
}

impl Revision {
    /// Whether `position` is an end of this revision.
    pub fn ends_at(&self, position: usize) -> bool {
        self.end
            .is_some_and(|(marker, line)| (marker..=line).contains(&position))
    }
}

struct Section {
    entries: BTreeMap<ObjectNumber, Entry>,
    trailer: Dictionary,
    end: Option<(usize, usize)>,
}

pub(super) fn load(pdf: &mut Pdf<'_>) -> Result<(), ReadError> {
    let mut next = Some(newest_section(pdf)?);
    let mut seen = BTreeSet::new();
    let mut trailer = None;
    let mut total = 0;
    while let Some(offset) = next {
        if !seen.insert(offset) {
            return Err(ReadError::Loop("cross-reference sections"));
        }
        if seen.len() > pdf.limits.revisions {
            return Err(ReadError::Limit("revisions"));
        }
        let mut section = section(pdf, offset)?;
        if let Some(hidden) = offset_of(&section.trailer, "XRefStm")? {
            pdf.hybrid = true;
            // A hybrid file: entries for readers that know streams complement those of the table.
            for (number, entry) in stream_section(pdf, hidden)?.entries {
                match section.entries.entry(number) {
                    btree_map::Entry::Vacant(place) => {
                        place.insert(entry);
                    }
                    btree_map::Entry::Occupied(mut place) if *place.get() == Entry::Free => {
                        place.insert(entry);
                    }
                    btree_map::Entry::Occupied(_) => {}
                }
            }
        }
        total += section.entries.len();
        if total > pdf.limits.objects {
            return Err(ReadError::Limit("objects"));
        }
        next = offset_of(&section.trailer, "Prev")?;
        pdf.revisions.push(Revision {
            section: offset,
            end: section.end,
            objects: section
                .entries
                .keys()
                .copied()
                .filter(|number| *number != 0)
                .collect(),
        });
        for (number, entry) in section.entries {
            pdf.entries.entry(number).or_insert(entry);
        }
        trailer.get_or_insert(section.trailer);
    }
    pdf.revisions.reverse();
    pdf.trailer = trailer.unwrap_or_default();
    Ok(())
}

/// The offset that the last `startxref` names.
fn newest_section(pdf: &Pdf<'_>) -> Result<usize, ReadError> {
    let tail_start = pdf.bytes.len().saturating_sub(TAIL);
    let tail = pdf.bytes.get(tail_start..).unwrap_or_default();
    let place = tail.windows(9).rposition(|window| window == b"startxref");
    let place = place.ok_or(ReadError::CrossReference("no startxref at the end"))?;
    let mut lexer = pdf.lexer(tail_start + place + 9);
    usize::try_from(lexer.unsigned()?).map_err(|_| ReadError::CrossReference("startxref"))
}

fn offset_of(trailer: &Dictionary, key: &'static str) -> Result<Option<usize>, ReadError> {
    match trailer.get(key) {
        None => Ok(None),
        Some(Object::Integer(offset)) => usize::try_from(*offset)
            .map(Some)
            .map_err(|_| ReadError::CrossReference("negative offset")),
        Some(_) => Err(ReadError::WrongType(key)),
    }
}

fn section(pdf: &Pdf<'_>, offset: usize) -> Result<Section, ReadError> {
    if offset >= pdf.bytes.len() {
        return Err(ReadError::CrossReference("section lies outside the file"));
    }
    let mut lexer = pdf.lexer(offset);
    if lexer.at_keyword(b"xref") {
        table_section(pdf, offset)
    } else {
        stream_section(pdf, offset)
    }
}

fn table_section(pdf: &Pdf<'_>, offset: usize) -> Result<Section, ReadError> {
    let mut lexer = pdf.lexer(offset);
    lexer.keyword(b"xref")?;
    let mut entries = BTreeMap::new();
    while !lexer.at_keyword(b"trailer") {
        let first = lexer.unsigned()?;
        let count = lexer.unsigned()?;
        for number in first..first.saturating_add(count) {
            let place = lexer.unsigned()?;
            lexer.unsigned()?;
            let entry = match lexer.word() {
                b"n" => Entry::At {
                    offset: whole(place)?,
                },
                b"f" => Entry::Free,
                _ => return Err(ReadError::CrossReference("row is neither in use nor free")),
            };
            insert(pdf, &mut entries, number, entry)?;
        }
    }
    lexer.keyword(b"trailer")?;
    let Object::Dictionary(trailer) = lexer.object()? else {
        return Err(ReadError::WrongType("trailer"));
    };
    pdf.charge(lexer.position().saturating_sub(offset))?;
    Ok(Section {
        entries,
        trailer,
        end: end_of_revision(&mut lexer),
    })
}

fn stream_section(pdf: &Pdf<'_>, offset: usize) -> Result<Section, ReadError> {
    let found = pdf.parse_at(offset)?;
    pdf.charge(found.end.saturating_sub(offset))?;
    let Object::Stream(stream) = found.object else {
        return Err(ReadError::CrossReference("section is neither table nor stream"));
    };
    let trailer = &stream.dictionary;
    if !trailer.is_name("Type", "XRef") {
        return Err(ReadError::CrossReference("section is neither table nor stream"));
    }
    let widths = numbers(trailer.get("W"))?;
    let &[kind_width, second_width, third_width] = widths.as_slice() else {
        return Err(ReadError::CrossReference("field widths"));
    };
    if widths.iter().any(|width| *width > 8) || widths.iter().sum::<usize>() == 0 {
        return Err(ReadError::CrossReference("field widths"));
    }
    let ranges = match trailer.get("Index") {
        None => vec![0, numbers(trailer.get("Size"))?.first().copied().unwrap_or(0)],
        index => numbers(index)?,
    };
    let data = pdf.decode(&stream)?;
    let mut rows = data.chunks_exact(kind_width + second_width + third_width);
    let mut entries = BTreeMap::new();
    for range in ranges.chunks(2) {
        let &[first, count] = range else {
            return Err(ReadError::CrossReference("index"));
        };
        for number in first..first.saturating_add(count) {
            let row = rows
                .next()
                .ok_or(ReadError::CrossReference("stream is too short"))?;
            let (kind, rest) = row.split_at(kind_width);
            let (second, third) = rest.split_at(second_width);
            let entry = match if kind_width == 0 { 1 } else { big_endian(kind) } {
                0 => Entry::Free,
                1 => Entry::At {
                    offset: whole(big_endian(second))?,
                },
                2 => Entry::InStream {
                    stream: u32::try_from(big_endian(second))
                        .map_err(|_| ReadError::CrossReference("object stream number"))?,
                    index: whole(big_endian(third))?,
                },
                _ => return Err(ReadError::CrossReference("entry type")),
            };
            insert(pdf, &mut entries, number as u64, entry)?;
        }
    }
    // What follows the stream object's data: `endstream endobj startxref … %%EOF`.
    let mut lexer = pdf.lexer(stream.data.end);
    lexer.keyword(b"endstream")?;
    lexer.keyword(b"endobj")?;
    let end = end_of_revision(&mut lexer);
    Ok(Section {
        entries,
        trailer: stream.dictionary,
        end,
    })
}

fn insert(
    pdf: &Pdf<'_>,
    entries: &mut BTreeMap<ObjectNumber, Entry>,
    number: u64,
    entry: Entry,
) -> Result<(), ReadError> {
    let number = u32::try_from(number).map_err(|_| ReadError::CrossReference("object number"))?;
    if entries.len() >= pdf.limits.objects {
        return Err(ReadError::Limit("objects"));
    }
    if entries.insert(number, entry).is_some() {
        return Err(ReadError::CrossReference("a section names an object twice"));
    }
    Ok(())
}

/// `startxref`, its number, `%%EOF`.
fn end_of_revision(lexer: &mut Lexer<'_>) -> Option<(usize, usize)> {
    lexer.keyword(b"startxref").ok()?;
    lexer.unsigned().ok()?;
    lexer.end_of_file_marker()
}

/// The numbers of an array, or a single number.
fn numbers(value: Option<&Object>) -> Result<Vec<usize>, ReadError> {
    let values = match value {
        None => &[],
        Some(Object::Array(values)) => values.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    values
        .iter()
        .map(|value| value.as_integer().and_then(|value| usize::try_from(value).ok()))
        .collect::<Option<Vec<usize>>>()
        .ok_or(ReadError::CrossReference("a number is missing"))
}

fn whole(value: u64) -> Result<usize, ReadError> {
    usize::try_from(value).map_err(|_| ReadError::CrossReference("number"))
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
