//! Files that hold what blind indices were computed for: large, written once, read whole.
//!
//! ```text
//! header   magic, format, cipher, salt             in the clear, covered by every chunk
//! chunk…   length with the mark of the last, nonce, ciphertext with tag
//! ```
//!
//! The key of each file is derived from the current index key and a salt of the file's own: whoever can compute the indices
//! can read the file, nobody else can, and after a rotation of the index key the file, whose indices mean nothing any more,
//! cannot be opened. Each chunk is bound to the header, its number and whether it is the last, so that a file opens as it was
//! written or not at all: bytes changed, chunks exchanged, an end cut off or added are all found.

use std::io::{self, Read, Write};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::OsRandom;
use crate::blind_index::BlindIndexer;
use crate::cipher::{Cipher, NONCE_LENGTH, RootKey, TAG_LENGTH, derive};
use crate::data_key::context;

/// Keys of the files of one purpose.
#[derive(Clone)]
pub struct FileKeys {
    root: RootKey,
    purpose: &'static str,
}

/// Why a file does not open. Says nothing about the contents.
#[derive(Debug, thiserror::Error)]
pub enum SealedFileError {
    /// It is no file of this kind, or of a format that this program does not know.
    #[error("not a sealed file of a known format")]
    UnknownFormat,
    /// It ends before it is complete.
    #[error("the file ends before it is complete")]
    Torn,
    /// Bytes that were changed, or another key.
    #[error("sealed under another key, or altered")]
    Unauthentic,
    /// The file system's failure.
    #[error(transparent)]
    Io(#[from] io::Error),
}

const MAGIC: &[u8; 8] = b"JZSEALED";
const FORMAT: u8 = 1;
const SALT_LENGTH: usize = 32;
const HEADER_LENGTH: usize = MAGIC.len() + 2 + SALT_LENGTH;
/// Plaintext of every chunk but the last.
const CHUNK: usize = 1 << 16;
const LAST: u32 = 1 << 31;

type Header = [u8; HEADER_LENGTH];

impl BlindIndexer {
    /// Keys of files for `purpose`, from the current index key.
    #[must_use]
    pub fn files(&self, purpose: &'static str) -> FileKeys {
        let root = derive(self.current_key(), b"jianzheng/sealed-file/v1");
        FileKeys { root, purpose }
    }
}

impl FileKeys {
    /// Begins a file.
    ///
    /// # Errors
    /// What writing the header met.
    pub fn write<W: Write>(
        &self,
        mut inner: W,
        cipher: Cipher,
        random: &mut impl CryptoRng,
    ) -> Result<SealedWriter<W>, SealedFileError> {
        let mut salt = [0; SALT_LENGTH];
        random.fill_bytes(&mut salt);
        let mut header = [0; HEADER_LENGTH];
        let kind = [FORMAT, cipher.code()];
        let parts = MAGIC.iter().chain(&kind).chain(&salt);
        header.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        inner.write_all(&header)?;
        Ok(SealedWriter {
            inner,
            chunks: Chunks::new(self, cipher, header, &salt),
            waiting: Zeroizing::new(Vec::with_capacity(CHUNK)),
        })
    }

    /// Opens a file at its beginning. What is read of it is authentic; that it is complete is known at its end alone.
    ///
    /// # Errors
    /// As it is read.
    pub fn read<R: Read>(&self, mut inner: R) -> Result<SealedReader<R>, SealedFileError> {
        let mut header = [0; HEADER_LENGTH];
        fill(&mut inner, &mut header)?;
        let (magic, rest) = header.split_first_chunk::<8>().ok_or(SealedFileError::Torn)?;
        let ([format, cipher], salt) = rest.split_first_chunk::<2>().ok_or(SealedFileError::Torn)?;
        let cipher = match Cipher::from_code(*cipher) {
            Some(cipher) if magic == MAGIC && *format == FORMAT => cipher,
            _ => return Err(SealedFileError::UnknownFormat),
        };
        Ok(SealedReader {
            inner,
            chunks: Chunks::new(self, cipher, header, salt),
            opened: Zeroizing::new(Vec::new()),
            at: 0,
            ended: false,
        })
    }
}

/// Of the chunks of one file.
struct Chunks {
    key: RootKey,
    cipher: Cipher,
    header: Header,
    number: u64,
}

impl Chunks {
    fn new(keys: &FileKeys, cipher: Cipher, header: Header, salt: &[u8]) -> Self {
        let purpose = context("jianzheng/sealed-file/v1", &[keys.purpose.as_bytes(), salt]);
        Self {
            key: derive(&keys.root, &purpose),
            cipher,
            header,
            number: 0,
        }
    }

    /// What the next chunk is bound to.
    fn next(&mut self, last: bool) -> Vec<u8> {
        let mut associated = self.header.to_vec();
        associated.extend(self.number.to_be_bytes());
        associated.push(last.into());
        self.number += 1;
        associated
    }
}

/// Writes a sealed file. Nothing opens until [`SealedWriter::finish`] has been called.
pub struct SealedWriter<W> {
    inner: W,
    chunks: Chunks,
    waiting: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealedWriter<W> {
    /// Seals what is left and marks the end; returns the file, which the caller makes durable.
    ///
    /// # Errors
    /// What writing met.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let associated = self.chunks.next(last);
        let (nonce, sealed) =
            self.chunks
                .cipher
                .seal(&self.chunks.key, &associated, &self.waiting, &mut OsRandom);
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        let mark = if last { LAST } else { 0 };
        self.inner.write_all(&(length | mark).to_be_bytes())?;
        self.inner.write_all(&nonce)?;
        self.inner.write_all(&sealed)?;
        self.waiting.clear();
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.len() == CHUNK {
            self.seal(false)?;
        }
        let (taken, _) = bytes.split_at(bytes.len().min(CHUNK - self.waiting.len()));
        self.waiting.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a sealed file.
pub struct SealedReader<R> {
    inner: R,
    chunks: Chunks,
    opened: Zeroizing<Vec<u8>>,
    at: usize,
    ended: bool,
}

impl<R: Read> SealedReader<R> {
    /// The next `N` bytes.
    ///
    /// # Errors
    /// The file is not whole, or not what was written.
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], SealedFileError> {
        let mut bytes = [0; N];
        self.take_into(&mut bytes)?;
        Ok(bytes)
    }

    /// As many bytes as there is room for.
    ///
    /// # Errors
    /// As [`SealedReader::take`].
    pub fn take_into(&mut self, mut room: &mut [u8]) -> Result<(), SealedFileError> {
        while !room.is_empty() {
            let left = self.opened.get(self.at..).unwrap_or_default();
            if left.is_empty() {
                if self.ended {
                    return Err(SealedFileError::Torn);
                }
                self.open_next()?;
                continue;
            }
            let count = left.len().min(room.len());
            let (now, later) = room.split_at_mut(count);
            now.copy_from_slice(left.get(..count).unwrap_or_default());
            self.at += count;
            room = later;
        }
        Ok(())
    }

    /// Only if everything was read and the file is whole.
    ///
    /// # Errors
    /// There is more, or the end is missing.
    pub fn finish(mut self) -> Result<(), SealedFileError> {
        if self.at < self.opened.len() {
            return Err(SealedFileError::Unauthentic);
        }
        if !self.ended {
            self.open_next()?;
        }
        let nothing_left = self.ended && self.at == self.opened.len();
        if nothing_left && self.inner.read(&mut [0])? == 0 {
            Ok(())
        } else {
            Err(SealedFileError::Unauthentic)
        }
    }

    fn open_next(&mut self) -> Result<(), SealedFileError> {
        let mut length = [0; 4];
        fill(&mut self.inner, &mut length)?;
        let length = u32::from_be_bytes(length);
        let last = length & LAST != 0;
        let length = usize::try_from(length & !LAST).map_err(|_| SealedFileError::Unauthentic)?;
        if !(TAG_LENGTH..=CHUNK + TAG_LENGTH).contains(&length) {
            return Err(SealedFileError::Unauthentic);
        }
        let mut nonce = [0; NONCE_LENGTH];
        fill(&mut self.inner, &mut nonce)?;
        let mut sealed = vec![0; length];
        fill(&mut self.inner, &mut sealed)?;
        let associated = self.chunks.next(last);
        self.opened = self
            .chunks
            .cipher
            .open(&self.chunks.key, &associated, nonce, &sealed)
            .map_err(|_| SealedFileError::Unauthentic)?;
        (self.at, self.ended) = (0, last);
        Ok(())
    }
}

fn fill(inner: &mut impl Read, room: &mut [u8]) -> Result<(), SealedFileError> {
    inner.read_exact(room).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => SealedFileError::Torn,
        _ => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyKind, Keyring};

    fn keys() -> FileKeys {
        BlindIndexer::new(Keyring::ephemeral(KeyKind::BlindIndex, &mut OsRandom)).files("test")
    }

    fn sealed(keys: &FileKeys, content: &[u8], cipher: Cipher) -> Vec<u8> {
        let mut file = keys.write(Vec::new(), cipher, &mut OsRandom).unwrap();
        file.write_all(content).unwrap();
        file.finish().unwrap()
    }

    fn opened(keys: &FileKeys, file: &[u8], length: usize) -> Result<Vec<u8>, SealedFileError> {
        let mut reader = keys.read(file)?;
        let mut content = vec![0; length];
        reader.take_into(&mut content)?;
        reader.finish()?;
        Ok(content)
    }

    #[test]
    fn a_file_of_any_length_comes_back_under_either_cipher() {
        let keys = keys();
        for cipher in [Cipher::Aes256Gcm, Cipher::Sm4Gcm] {
            for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK] {
                let content: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
                let file = sealed(&keys, &content, cipher);
                assert_eq!(opened(&keys, &file, length).unwrap(), content, "{length}");
                assert!(opened(&keys, &file, length + 1).is_err(), "nothing follows");
            }
        }
    }

    #[test]
    fn a_byte_changed_anywhere_or_an_end_cut_off_or_added_is_refused() {
        let keys = keys();
        let file = sealed(&keys, b"somebody", Cipher::Aes256Gcm);
        for at in 0..file.len() {
            let mut altered = file.clone();
            altered[at] ^= 1;
            assert!(opened(&keys, &altered, 8).is_err(), "byte {at}");
            let torn = opened(&keys, &file[..at], 8);
            assert!(matches!(torn, Err(SealedFileError::Torn)), "cut off at {at}");
        }
        assert!(opened(&keys, &[&file[..], &[0]].concat(), 8).is_err());
    }

    #[test]
    fn chunks_keep_their_order_and_belong_to_one_file() {
        let keys = keys();
        let content = vec![7; 2 * CHUNK + 1];
        let file = sealed(&keys, &content, Cipher::Aes256Gcm);
        let frame = 4 + NONCE_LENGTH + CHUNK + TAG_LENGTH;
        let (first, second) = (HEADER_LENGTH, HEADER_LENGTH + frame);
        let mut exchanged = file.clone();
        exchanged[first..second].copy_from_slice(&file[second..second + frame]);
        exchanged[second..second + frame].copy_from_slice(&file[first..second]);
        assert!(opened(&keys, &exchanged, content.len()).is_err());
        let other = sealed(&keys, &content, Cipher::Aes256Gcm);
        let mixed = [&file[..second], &other[second..]].concat();
        assert!(opened(&keys, &mixed, content.len()).is_err());
    }

    #[test]
    fn another_key_or_another_purpose_opens_nothing() {
        let indexer = BlindIndexer::new(Keyring::ephemeral(KeyKind::BlindIndex, &mut OsRandom));
        let file = sealed(&indexer.files("one"), b"somebody", Cipher::Aes256Gcm);
        assert!(opened(&indexer.files("one"), &file, 8).is_ok());
        for other in [indexer.files("two"), keys()] {
            assert!(matches!(
                opened(&other, &file, 8),
                Err(SealedFileError::Unauthentic)
            ));
        }
    }
}
