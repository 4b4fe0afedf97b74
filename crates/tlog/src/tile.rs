//! Tiles and entry bundles (C2SP tlog-tiles): 256 hashes, or entries, side by side.

use std::fmt;

use thiserror::Error;

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;
/// Levels of the tree in a tile.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// "MUST be … between 0 and 63".
const MAX_LEVEL: u8 = 63;

/// Which tile: the `index`-th at its `level`. Level 0 holds leaf hashes; each hash above is the root of a full tile below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// Leaves are at 0.
    pub level: u8,
    /// Counted from 0 at each level.
    pub index: u64,
}

impl TileId {
    /// How many hashes it has in a tree of this size: 0 (no such tile) to 256 (full).
    #[must_use]
    pub const fn width_in(self, size: u64) -> u64 {
        let nodes = nodes_at(self.level, size);
        match self.index.checked_mul(TILE_WIDTH) {
            None => 0,
            Some(start) => {
                let rest = nodes.saturating_sub(start);
                if rest < TILE_WIDTH { rest } else { TILE_WIDTH }
            }
        }
    }
}

/// How many hashes all tiles of a level have together in a tree of this size.
pub(crate) const fn nodes_at(level: u8, size: u64) -> u64 {
    match size.checked_shr(TILE_HEIGHT * level as u32) {
        Some(nodes) => nodes,
        None => 0,
    }
}

/// Where a tile, or a bundle of entries, is served below the log's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`
    Hashes(TileId, u64),
    /// `tile/entries/<N>[.p/<W>]`
    Entries(u64, u64),
}

impl TilePath {
    /// Reads a path; none where it is not in its one spelling.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (level, rest) = rest.split_once('/')?;
        let (index, width) = match rest.split_once(".p/") {
            None => (index_from(rest)?, TILE_WIDTH),
            Some((index, width)) => {
                let width = plain_number(width).filter(|width| (1..TILE_WIDTH).contains(width))?;
                (index_from(index)?, width)
            }
        };
        if level == "entries" {
            return Some(Self::Entries(index, width));
        }
        let level = plain_number(level).and_then(|level| u8::try_from(level).ok());
        let level = level.filter(|level| *level <= MAX_LEVEL)?;
        Some(Self::Hashes(TileId { level, index }, width))
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match self {
            Self::Hashes(id, width) => {
                write!(f, "tile/{}/", id.level)?;
                (id.index, *width)
            }
            Self::Entries(index, width) => {
                f.write_str("tile/entries/")?;
                (*index, *width)
            }
        };
        write_index(f, index)?;
        if width < TILE_WIDTH {
            write!(f, ".p/{width}")?;
        }
        Ok(())
    }
}

/// Three digits an element, `x` before all but the last.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    let mut elements = vec![index % 1000];
    let mut rest = index / 1000;
    while rest > 0 {
        elements.push(rest % 1000);
        rest /= 1000;
    }
    for (place, element) in elements.iter().enumerate().rev() {
        if place > 0 {
            write!(f, "x{element:03}/")?;
        } else {
            write!(f, "{element:03}")?;
        }
    }
    Ok(())
}

fn index_from(text: &str) -> Option<u64> {
    let mut index = 0_u64;
    let mut elements = text.split('/').peekable();
    let leading_zero = text.starts_with("x000");
    while let Some(element) = elements.next() {
        let digits = match elements.peek() {
            Some(_) => element.strip_prefix('x')?,
            None => element,
        };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    (!leading_zero).then_some(index)
}

/// A decimal number without leading zeroes.
pub(crate) fn plain_number(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && digits).then(|| text.parse().ok()).flatten()
}

/// Why bytes are no bundle of entries, or entries make none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BundleFault {
    /// An entry has more than 65 535 bytes.
    #[error("an entry has more than 65535 bytes")]
    Long,
    /// More entries than a tile has hashes.
    #[error("more entries than a tile has hashes")]
    Wide,
    /// It ends within an entry.
    #[error("it ends within an entry")]
    Short,
}

/// Entries one after the other, each after its length in two bytes.
///
/// # Errors
/// If an entry is too long for its length, or there are more than 256.
pub fn encode_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BundleFault> {
    let mut bundle = Vec::new();
    for (nth, entry) in (0_u64..).zip(entries) {
        if nth >= TILE_WIDTH {
            return Err(BundleFault::Wide);
        }
        let length = u16::try_from(entry.len()).map_err(|_| BundleFault::Long)?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle.
///
/// # Errors
/// If the bytes end within one, or there are more than 256.
pub fn decode_bundle(mut bundle: &[u8]) -> Result<Vec<&[u8]>, BundleFault> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(BundleFault::Short)?;
        entries.push(entry);
        bundle = rest;
    }
    if !bundle.is_empty() {
        return Err(BundleFault::Short);
    }
    if entries.len() as u64 > TILE_WIDTH {
        return Err(BundleFault::Wide);
    }
    Ok(entries)
}
