//! Bytes of a text file as UTF-8, while they are read.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};

/// How many bytes decide between the encodings.
const SAMPLE: usize = 64 << 10;
const CHUNK: usize = 16 << 10;

/// Marks an error of the encoding among those of reading.
#[derive(Debug, thiserror::Error)]
#[error("the text is neither UTF-8 nor GB18030")]
pub(crate) struct WrongEncoding;

/// Marks a file that is longer than allowed.
#[derive(Debug, thiserror::Error)]
#[error("the file has too many bytes")]
pub(crate) struct TooLong;

/// Reads UTF-8 out of whatever the source is written in: UTF-8 with or without a mark, else GB18030. Strict: a byte that
/// belongs to neither is an error, never a replacement character, for a name must not change on its way in.
pub(crate) struct Decoded<R> {
    source: R,
    left: u64,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    pub(crate) const fn new(source: R, limit: u64) -> Self {
        Self {
            source,
            left: limit,
            decoder: None,
            raw: Vec::new(),
            text: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    /// Takes up to `most` bytes more; sets `ended`.
    fn fill(&mut self, most: usize) -> io::Result<()> {
        let before = self.raw.len();
        (&mut self.source).take(most as u64).read_to_end(&mut self.raw)?;
        let got = (self.raw.len() - before) as u64;
        self.ended = got < most as u64;
        self.left = self
            .left
            .checked_sub(got)
            .ok_or_else(|| io::Error::other(TooLong))?;
        Ok(())
    }

    fn decode(&mut self) -> io::Result<()> {
        if self.decoder.is_none() {
            self.fill(SAMPLE)?;
            let utf8 = is_utf8(&self.raw, self.ended);
            let encoding = if utf8 { UTF_8 } else { GB18030 };
            self.decoder = Some(encoding.new_decoder_with_bom_removal());
        } else {
            self.fill(CHUNK)?;
        }
        let Some(decoder) = self.decoder.as_mut() else {
            return Ok(());
        };
        let room = decoder.max_utf8_buffer_length_without_replacement(self.raw.len());
        self.text.clear();
        self.text.resize(room.unwrap_or(self.raw.len() * 4 + 16), 0);
        let (result, _, written) =
            decoder.decode_to_utf8_without_replacement(&self.raw, &mut self.text, self.ended);
        match result {
            DecoderResult::InputEmpty => {}
            DecoderResult::OutputFull | DecoderResult::Malformed(..) => {
                return Err(io::Error::other(WrongEncoding));
            }
        }
        self.raw.clear();
        self.text.truncate(written);
        self.at = 0;
        Ok(())
    }
}

/// Whether a beginning is UTF-8; a character may be cut at its end.
fn is_utf8(sample: &[u8], whole: bool) -> bool {
    match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && !whole,
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            if self.ended {
                return Ok(0);
            }
            self.decode()?;
        }
        let count = into.len().min(self.text.len() - self.at);
        let (Some(to), Some(from)) = (into.get_mut(..count), self.text.get(self.at..self.at + count)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.at += count;
        Ok(count)
    }
}
