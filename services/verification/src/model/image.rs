//! A picture of the model at one position: written while the feed goes on, and read back into an empty model.
//!
//! What can be derived is left out: indices are built anew, because their hashes are drawn anew in every process.

mod decode;
pub(super) mod encode;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};
use std::sync::Arc;

use jiff::Timestamp;
use personal_data::{FileKeys, SealedFileError};

use super::index::Index;
use super::person::{Entry, Papers, Person};
use super::{Model, people::SHARDS};
use crate::change::{Anchor, ProvinceMark};
use crate::indices::{Indices, Mark};
use decode::{Decoder, Words};
use encode::{put_instant, put_text};

/// Of what follows the header of the file. One more with every change of any record, or of the order of any list whose places
/// are written.
pub(crate) const FORMAT: u16 = 1;

/// A picture that was begun. Ends when it is dropped.
pub(crate) struct Capture {
    model: Arc<Model>,
    pub(crate) position: u64,
    anchor: Anchor,
    told_at: Timestamp,
    provinces: Vec<ProvinceMark>,
    texts: Vec<Arc<str>>,
    issues: Vec<(String, String)>,
}

/// Why a picture cannot be read back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// The file is not whole.
    #[error(transparent)]
    File(#[from] SealedFileError),
    /// Written by another version of this program.
    #[error("format {0}, which this program does not read")]
    Format(u16),
    /// What is written cannot be: a defect, since it is authentic.
    #[error("{0} is not what it should be")]
    Malformed(&'static str),
    /// Read from the register's beginning too long ago.
    #[error("it rests on a reading of the register that is older than allowed")]
    Old,
}

impl Model {
    /// Begins a picture of the model as it is. Called by the one follower of the feed, between two messages; what it does
    /// while the picture is written is not in it. None before the feed has told anything.
    pub(crate) fn capture(self: &Arc<Self>) -> Option<Capture> {
        let told_at = self.marks.told_at()?;
        let position = self.marks.position();
        if position == 0 {
            return None;
        }
        self.people.begin_capture();
        Some(Capture {
            model: Arc::clone(self),
            position,
            anchor: self.marks.anchor(),
            told_at,
            provinces: self.marks.heard(),
            texts: self.texts.all(),
            issues: self.issues.all(),
        })
    }

    /// Reads a picture.
    ///
    /// # Errors
    /// It is not whole, of another format, or rests on a reading that began before `oldest`.
    pub(crate) fn from_image<R: Read>(
        indices: Indices,
        file: R,
        oldest: Timestamp,
    ) -> Result<Self, ImageError> {
        let mut file = indices.files.read(file)?;
        let format = u16::from_le_bytes(file.take()?);
        if format != FORMAT {
            return Err(ImageError::Format(format));
        }
        let position = u64::from_le_bytes(file.take()?);
        let mut decoder = Decoder::new(&mut file);
        let (begun_at, told_at) = (decoder.instant()?, decoder.instant()?);
        if begun_at < oldest {
            return Err(ImageError::Old);
        }
        let anchor = Anchor(decoder.bytes()?);
        let model = Self::new(indices, begun_at);
        let provinces = provinces(&mut decoder)?;
        model.read_words(&mut decoder)?;
        model.read_people(&mut decoder)?;
        file.finish()?;
        model.fill_indices();
        model.recent.begin_after(position, &anchor);
        model.marks.resume(position, anchor, told_at, &provinces);
        Ok(model)
    }

    fn read_words<R: Read>(&self, decoder: &mut Decoder<'_, R>) -> Result<(), ImageError> {
        for at in 0..decoder.u32()? {
            if self.texts.id(&decoder.text()?).0 != at {
                return Err(ImageError::Malformed("texts"));
            }
        }
        for at in 0..decoder.u32()? {
            let (type_code, issuer) = (decoder.text()?, decoder.text()?);
            if self.issues.add(&type_code, &issuer).map(u32::from) != Some(at) {
                return Err(ImageError::Malformed("issues"));
            }
        }
        Ok(())
    }

    fn read_people<R: Read>(&self, decoder: &mut Decoder<'_, R>) -> Result<(), ImageError> {
        let words = Words::new(self.texts.all().len(), self.issues.all().len());
        for shard in 0..SHARDS {
            let mut fault = None;
            let count = decoder.u32()?;
            let people =
                (0..count).map_while(|_| decoder.person(&words).map_err(|error| fault = Some(error)).ok());
            self.people.fill(shard, people);
            if let Some(fault) = fault {
                return Err(fault);
            }
        }
        if self.people.filled() {
            Ok(())
        } else {
            Err(ImageError::Malformed("the number of people"))
        }
    }

    /// Builds every index, as many at a time as there are processors.
    fn fill_indices(&self) {
        let people = &self.people;
        let fill = |index: &Index<Mark>, others: fn(&Person, &mut Vec<Mark>)| index.fill(people, others);
        let [ofd, pdf] = &self.files;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                self.persons.fill(people, |_, _| {});
                fill(&self.tokens, further_tokens);
            });
            scope.spawn(|| {
                self.numbers.fill(people, |person, keys| {
                    keys.extend(person.entry().into_iter().flat_map(|entry| entry.aliases()));
                });
                fill(ofd, further_files);
            });
            scope.spawn(|| {
                fill(&self.documents, |person, keys| {
                    keys.extend(person.entry().into_iter().flat_map(Entry::other_documents));
                });
                fill(pdf, |_, _| {});
            });
            self.serials.fill(people, |person, keys| {
                let first = person.first_serial();
                let serials = person.versions().map(|version| version.licence.serial);
                keys.extend(serials.filter(|serial| Some(*serial) != first));
            });
        });
    }
}

impl Capture {
    /// Keys of the file that it is written to.
    pub(crate) fn files(&self) -> &FileKeys {
        &self.model.indices.files
    }

    /// Writes the picture. Takes as long as the disk does; neither answers nor the feed wait for it.
    ///
    /// # Errors
    /// What writing met.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.position.to_le_bytes());
        put_instant(&mut bytes, self.model.begun_at);
        put_instant(&mut bytes, self.told_at);
        put_text(&mut bytes, &self.anchor.0);
        put_count(&mut bytes, self.provinces.len())?;
        for mark in &self.provinces {
            bytes.extend_from_slice(mark.province.code().as_bytes());
            bytes.extend_from_slice(&mark.sequence.to_le_bytes());
            put_instant(&mut bytes, mark.at);
        }
        put_count(&mut bytes, self.texts.len())?;
        self.texts
            .iter()
            .for_each(|text| put_text(&mut bytes, text.as_bytes()));
        put_count(&mut bytes, self.issues.len())?;
        for (type_code, issuer) in &self.issues {
            put_text(&mut bytes, type_code.as_bytes());
            put_text(&mut bytes, issuer.as_bytes());
        }
        out.write_all(&bytes)?;
        (0..SHARDS).try_for_each(|shard| self.model.people.write_captured(shard, out))
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.model.people.end_capture();
    }
}

fn put_count(bytes: &mut Vec<u8>, count: usize) -> io::Result<()> {
    let count = u32::try_from(count).map_err(io::Error::other)?;
    bytes.extend_from_slice(&count.to_le_bytes());
    Ok(())
}

fn provinces<R: Read>(decoder: &mut Decoder<'_, R>) -> Result<Vec<ProvinceMark>, ImageError> {
    (0..decoder.u32()?)
        .map(|_| {
            Ok(ProvinceMark {
                province: decoder.province()?,
                sequence: decoder.u64()?,
                at: decoder.instant()?,
            })
        })
        .collect()
}

/// Tokens that are not the one the first version is found by.
fn further_tokens(person: &Person, keys: &mut Vec<Mark>) {
    let first = person.first_papers().and_then(|papers| papers.token);
    let spare = person.spare().iter().filter(|spare| spare.is_token);
    let tokens = papers(person).filter_map(|papers| papers.token);
    let tokens = tokens.chain(spare.map(|spare| spare.mark));
    keys.extend(tokens.filter(|token| Some(*token) != first));
}

/// Files that are not the two of the first version.
fn further_files(person: &Person, keys: &mut Vec<Mark>) {
    let first = person
        .first_papers()
        .map(|papers| papers.files)
        .unwrap_or_default();
    let spare = person.spare().iter().filter(|spare| !spare.is_token);
    let files = papers(person).flat_map(|papers| papers.files).flatten();
    let files = files.chain(spare.map(|spare| spare.mark));
    keys.extend(files.filter(|file| !first.contains(&Some(*file))));
}

fn papers(person: &Person) -> impl Iterator<Item = &Papers> {
    let versions = person.versions().map(|version| &version.papers);
    versions.chain(person.copies().iter().map(|copy| &copy.papers))
}
