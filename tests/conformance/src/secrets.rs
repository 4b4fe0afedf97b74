//! What must not stand in the clear anywhere: searched for as it is, in hexadecimal, Base64 and JSON escapes.

use std::path::Path;

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result};

/// Shortest piece of a picture that is searched for.
const PIECE: usize = 48;

/// Things to look for, by a label that does not give them away.
#[derive(Debug, Default)]
pub struct Secrets {
    forms: Vec<Vec<u8>>,
    labels: Vec<String>,
}

/// All of them, ready to search.
pub struct Search {
    automaton: AhoCorasick,
    labels: Vec<String>,
}

impl Secrets {
    /// Adds a text.
    pub fn text(&mut self, label: &str, text: &str) {
        self.bytes(label, text.as_bytes());
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        if !text.is_ascii() {
            self.add(label, escaped.into_bytes());
        }
    }

    /// Adds a picture: a piece out of its middle, which no other picture shares.
    pub fn picture(&mut self, label: &str, picture: &[u8]) {
        let from = picture.len() / 2;
        let piece = picture.get(from..from + PIECE).unwrap_or(picture);
        self.bytes(label, piece);
    }

    /// Makes them ready.
    ///
    /// # Errors
    /// There are too many.
    pub fn ready(self) -> Result<Search> {
        Ok(Search {
            automaton: AhoCorasick::new(&self.forms)?,
            labels: self.labels,
        })
    }

    fn bytes(&mut self, label: &str, bytes: &[u8]) {
        self.add(label, bytes.to_vec());
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add(label, hex.to_uppercase().into_bytes());
        self.add(label, hex.into_bytes());
        for offset in 0..3 {
            self.add(label, base64_within(bytes, offset));
        }
    }

    fn add(&mut self, label: &str, form: Vec<u8>) {
        self.forms.push(form);
        self.labels.push(label.to_owned());
    }
}

impl Search {
    /// Labels of what stands in the bytes.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let found = self
            .automaton
            .find_iter(bytes)
            .map(|found| self.labels[found.pattern()].as_str());
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Searches every file below a folder: what was found, with where, and how many files and bytes were read.
    ///
    /// # Errors
    /// The folder cannot be read. A file that vanishes meanwhile is none of its files.
    pub fn found_below(&self, folder: &Path) -> Result<(Vec<String>, Read)> {
        let (mut found, mut read) = (Vec::new(), Read::default());
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
            for entry in entries {
                let entry = entry?;
                let (path, Ok(kind)) = (entry.path(), entry.file_type()) else {
                    continue;
                };
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    let Ok(bytes) = std::fs::read(&path) else { continue };
                    read.files += 1;
                    read.bytes += bytes.len();
                    found.extend(
                        self.found_in(&bytes)
                            .iter()
                            .map(|label| format!("{label} in {}", path.display())),
                    );
                }
            }
        }
        Ok((found, read))
    }
}

/// How much was searched.
#[derive(Debug, Default, Clone, Copy)]
pub struct Read {
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// The Base64 characters that depend on `bytes` alone when they begin at `offset` of a group of three.
fn base64_within(bytes: &[u8], offset: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let aligned = bytes.get((3 - offset) % 3..).unwrap_or_default();
    let groups = aligned.chunks_exact(3).flat_map(|group| {
        let word = group
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| ALPHABET[(word >> shift & 63) as usize])
    });
    groups.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form_and_nothing_else_is() {
        let mut secrets = Secrets::default();
        secrets.text("name", "欧阳建工");
        secrets.text("number", "320205198803150078");
        secrets.picture("photo", &(0..=255).collect::<Vec<u8>>());
        let search = secrets.ready().unwrap();
        assert_eq!(search.found_in("前欧阳建工后".as_bytes()), ["name"]);
        assert_eq!(search.found_in(br#"{"x":"\u6b27\u9633\u5efa\u5de5"}"#), ["name"]);
        assert_eq!(
            search.found_in(b"\\x333230323035313938383033313530303738"),
            ["number"]
        );
        for encoded in [
            "MzIwMjA1MTk4ODAzMTUwMDc4",
            "eDMyMDIwNTE5ODgwMzE1MDA3OA==",
            "eHgzMjAyMDUxOTg4MDMxNTAwNzg=",
        ] {
            assert_eq!(search.found_in(encoded.as_bytes()), ["number"], "{encoded}");
        }
        assert_eq!(search.found_in(&(0..=255).collect::<Vec<u8>>()), ["photo"]);
        assert!(
            search
                .found_in("欧阳建设 32020519880315007".as_bytes())
                .is_empty()
        );
    }
}
