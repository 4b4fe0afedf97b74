//! The fonts that ship with the program, and which of them draws which character.

use std::fmt;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::ZlibDecoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::typeface::{FontError, Typeface};

/// A font of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Font {
    /// 建证宋体: GB 2312, 通用规范汉字表, Latin, and of GB 18030-2022 level 3 whatever its source draws.
    Song,
    /// The bold weight, for fixed wording only.
    Bold,
    /// The rest of GB 18030-2022 level 3: rare characters of names that the main font lacks.
    Fallback,
}

impl Font {
    /// All fonts of the pack.
    pub const ALL: [Self; 3] = [Self::Song, Self::Bold, Self::Fallback];
    /// The order in which fonts are asked for a character of variable text.
    pub const CHAIN: [Self; 2] = [Self::Song, Self::Fallback];
}

/// The font pack, parsed.
pub struct FontPack {
    song: Typeface,
    bold: Typeface,
    /// Twice as large as the others together and asked for by few names: unpacked for the first of them.
    fallback: OnceLock<Typeface>,
    digest: [u8; 32],
}

/// Characters that no font of the pack draws. Displays the code points only: a name is nobody's log entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MissingCharacters(pub Vec<char>);

impl fmt::Display for MissingCharacters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no font draws")?;
        self.0
            .iter()
            .try_for_each(|&c| write!(f, " U+{:04X}", u32::from(c)))
    }
}

#[derive(Deserialize)]
struct Entry {
    length: usize,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    jianzheng_song: Entry,
    jianzheng_song_bold: Entry,
    jianzheng_song_fallback: Entry,
}

const MANIFEST: &str = include_str!("../../fonts/fonts.toml");
const SONG: &[u8] = include_bytes!("../../fonts/jianzheng-song.ttf.z");
const BOLD: &[u8] = include_bytes!("../../fonts/jianzheng-song-bold.ttf.z");
const FALLBACK: &[u8] = include_bytes!("../../fonts/jianzheng-song-fallback.ttf.z");

impl FontPack {
    /// The pack of this program, loaded on first use and kept.
    pub fn shared() -> &'static Self {
        static PACK: OnceLock<FontPack> = OnceLock::new();
        PACK.get_or_init(|| Self::load().expect("invariant: the embedded pack passes its manifest (tested)"))
    }

    /// Unpacks the fonts but for the fallback and checks each against length and SHA-256 of the manifest.
    pub fn load() -> Result<Self, FontError> {
        let manifest = manifest()?;
        let song = unpack(SONG, &manifest.jianzheng_song, "jianzheng-song")?;
        let bold = unpack(BOLD, &manifest.jianzheng_song_bold, "jianzheng-song-bold")?;
        Ok(Self {
            song: Typeface::parse(song)?,
            bold: Typeface::parse(bold)?,
            fallback: OnceLock::new(),
            digest: Sha256::digest(MANIFEST).into(),
        })
    }

    /// One font of the pack.
    #[inline]
    pub fn typeface(&self, font: Font) -> &Typeface {
        match font {
            Font::Song => &self.song,
            Font::Bold => &self.bold,
            Font::Fallback => self.fallback.get_or_init(|| {
                unpack_fallback().expect("invariant: the embedded pack passes its manifest (tested)")
            }),
        }
    }

    /// SHA-256 of the manifest, which names the bytes of every font: the identity of the pack in a facts record.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The font of the chain that draws a character.
    #[inline]
    pub fn font_for(&self, character: char) -> Option<Font> {
        Font::CHAIN
            .into_iter()
            .find(|&font| self.typeface(font).glyph(character).is_some())
    }

    /// The characters of `text` that no font of the chain draws, each once, in order of appearance.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let mut out = Vec::new();
        for character in text.chars() {
            if self.font_for(character).is_none() && !out.contains(&character) {
                out.push(character);
            }
        }
        out
    }

    /// Refuses a text that cannot be drawn whole.
    pub fn check(&self, text: &str) -> Result<(), MissingCharacters> {
        let missing = self.missing(text);
        if missing.is_empty() {
            Ok(())
        } else {
            Err(MissingCharacters(missing))
        }
    }

    /// The advance of a character in ems, 0 when no font draws it.
    #[inline]
    pub fn advance(&self, font: Font, character: char) -> f32 {
        let face = self.typeface(font);
        face.glyph(character).map_or(0.0, |glyph| {
            f32::from(face.advance(glyph)) / f32::from(face.units_per_em())
        })
    }
}

fn manifest() -> Result<Manifest, FontError> {
    toml::from_str(MANIFEST).map_err(|_| FontError::Altered("manifest"))
}

/// Some tenths of a second: not for an async thread that others wait for.
fn unpack_fallback() -> Result<Typeface, FontError> {
    let entry = manifest()?.jianzheng_song_fallback;
    Typeface::parse(unpack(FALLBACK, &entry, "jianzheng-song-fallback")?)
}

fn unpack(packed: &[u8], entry: &Entry, name: &'static str) -> Result<Vec<u8>, FontError> {
    let mut plain = Vec::with_capacity(entry.length);
    let read = ZlibDecoder::new(packed)
        .take(entry.length as u64 + 1)
        .read_to_end(&mut plain);
    let intact =
        read.is_ok() && plain.len() == entry.length && hex::encode(Sha256::digest(&plain)) == entry.sha256;
    if intact {
        Ok(plain)
    } else {
        Err(FontError::Altered(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_with_one_changed_byte_is_refused() {
        let manifest: Manifest = toml::from_str(MANIFEST).unwrap();
        let mut entry = manifest.jianzheng_song_bold;
        assert!(unpack(BOLD, &entry, "bold").is_ok());
        entry
            .sha256
            .replace_range(0..1, if entry.sha256.starts_with('0') { "1" } else { "0" });
        assert_eq!(unpack(BOLD, &entry, "bold"), Err(FontError::Altered("bold")));
        entry.length -= 1;
        assert_eq!(unpack(BOLD, &entry, "bold"), Err(FontError::Altered("bold")));
        assert_eq!(
            unpack(&BOLD[..BOLD.len() / 2], &entry, "bold"),
            Err(FontError::Altered("bold"))
        );
    }
}
