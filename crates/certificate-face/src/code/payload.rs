//! What the QR symbol says without a network: the payload behind `#` in `https://HOST/q/TOKEN#PAYLOAD`.
//!
//! A fragment is never sent to the server. Whoever reads the symbol with the trust bundle at hand learns that these facts
//! were certified at a stated time: *genuine then, present status unknown*. Nothing in it is more than what the paper
//! shows openly: no document number, birth date, sex or photo.
//!
//! ```text
//! PAYLOAD = base64url( version 1 · key id 4 · time 4 · use until 2 · number 7|9 + 2 · specialties 1 + 3n · name · employer · signature 64 )
//! signed  = "jianzheng qr payload v1" 00 · length of TOKEN 1 · TOKEN · everything before the signature
//! ```
//!
//! Numbers are big-endian; days count from 2000-01-01, 0 is no use period; digits of the registration number are packed
//! two to a byte; a text is its length in bytes (15 bits, the top bit says UTF-16BE) and bytes, in whichever encoding is
//! shorter. The token is signed but not repeated: it stands in the same text before `#`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::facts::FaceFacts;

/// Names the purpose of what is signed; ends with a zero byte.
const PURPOSE: &[u8] = b"jianzheng qr payload v1\0";
const VERSION: u8 = 1;
const EPOCH: Date = date(2000, 1, 1);
/// Length of an Ed25519 signature.
pub const SIGNATURE: usize = 64;
const UTF_16: u16 = 0x8000;

/// First bytes of SHA-256 of the raw public key.
pub type KeyId = [u8; 4];

/// The facts that a symbol carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// When they were certified, to the second.
    pub time: Timestamp,
    /// Last day of use of a use copy.
    pub use_until: Option<Date>,
    /// 注册编号.
    pub number: String,
    /// Specialties with their last days.
    pub specialties: Vec<(Specialty, Date)>,
    /// The holder's name.
    pub name: String,
    /// The employer's name.
    pub employer: String,
}

/// A name is personal: only the number of specialties is shown.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payload")
            .field("time", &self.time)
            .field("specialties", &self.specialties.len())
            .finish_non_exhaustive()
    }
}

/// Why a text carries no payload of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// There is no token or no fragment.
    #[error("the text is not the address of a certificate with a payload")]
    Address,
    /// The fragment is not base64url.
    #[error("the payload is not base64url")]
    Encoding,
    /// It was written by a later program.
    #[error("the payload has version {0}, which this program does not know")]
    Version(u8),
    /// It ends early, has bytes left over, or says what no payload says.
    #[error("the payload is damaged")]
    Malformed,
    /// The facts have no room in a payload: a date out of range, a number of no known form.
    #[error("the facts cannot be put into a payload")]
    Facts,
}

impl Payload {
    /// The payload of printed facts.
    pub fn of(facts: &FaceFacts<'_>, time: Timestamp) -> Self {
        let known = |name: &str| Specialty::ALL.into_iter().find(|known| known.name() == name);
        let specialties = facts.specialties.iter();
        Self {
            time,
            use_until: facts.copy.map(|copy| copy.use_until),
            number: facts.registration_number.to_owned(),
            specialties: specialties
                .filter_map(|s| known(s.name).map(|known| (known, s.to)))
                .collect(),
            name: facts.name.to_owned(),
            employer: facts.employer.to_owned(),
        }
    }

    /// Puts `address` (`https://HOST/q/TOKEN`) and the payload together, signed by `sign` with the key named `key`.
    ///
    /// # Errors
    /// [`PayloadError::Facts`]; whatever `sign` fails with.
    pub fn text<E: From<PayloadError>>(
        &self,
        address: &str,
        key: KeyId,
        sign: impl FnOnce(&[u8]) -> Result<[u8; SIGNATURE], E>,
    ) -> Result<String, E> {
        let token = token_of(address)?;
        let mut body = self.encode(key)?;
        let signature = sign(&message(token, &body)?)?;
        body.extend(signature);
        Ok(format!("{address}#{}", URL_SAFE_NO_PAD.encode(body)))
    }

    fn encode(&self, key: KeyId) -> Result<Vec<u8>, PayloadError> {
        let mut out = Vec::with_capacity(192);
        out.push(VERSION);
        out.extend(key);
        let time = u32::try_from(self.time.as_second()).map_err(|_| PayloadError::Facts)?;
        out.extend(time.to_be_bytes());
        out.extend(self.use_until.map_or(Ok(0), day_number)?.to_be_bytes());
        push_number(&mut out, &self.number)?;
        out.push(u8::try_from(self.specialties.len()).map_err(|_| PayloadError::Facts)?);
        for &(specialty, end) in &self.specialties {
            out.push(ordinal(specialty));
            out.extend(day_number(end)?.to_be_bytes());
        }
        push_text(&mut out, &self.name)?;
        push_text(&mut out, &self.employer)?;
        Ok(out)
    }
}

/// A payload as read, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedText {
    /// What it says.
    pub payload: Payload,
    /// The token in the address.
    pub token: String,
    /// Which key is said to have signed.
    pub key: KeyId,
    /// What must have been signed.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: [u8; SIGNATURE],
}

impl SignedText {
    /// Reads the text of a symbol. A text that was not written by [`Payload::text`] in every bit is refused.
    ///
    /// # Errors
    /// Says what is wrong, never what stands there.
    pub fn parse(text: &str) -> Result<Self, PayloadError> {
        let (address, fragment) = text.trim().split_once('#').ok_or(PayloadError::Address)?;
        let token = token_of(address)?;
        if fragment.len() > super::MOST {
            return Err(PayloadError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(fragment)
            .map_err(|_| PayloadError::Encoding)?;
        let split = bytes
            .len()
            .checked_sub(SIGNATURE)
            .ok_or(PayloadError::Malformed)?;
        let (body, signature) = bytes.split_at(split);
        let mut reader = Reader(body);
        match reader.u8()? {
            VERSION => {}
            other => return Err(PayloadError::Version(other)),
        }
        let key = reader.array()?;
        let payload = reader.payload()?;
        // One text for one meaning: what would be written for these facts is what stands there.
        if payload.encode(key)? != body {
            return Err(PayloadError::Malformed);
        }
        Ok(Self {
            payload,
            token: token.to_owned(),
            key,
            message: message(token, body)?,
            signature: signature.try_into().map_err(|_| PayloadError::Malformed)?,
        })
    }
}

fn token_of(address: &str) -> Result<&str, PayloadError> {
    let (_, token) = address.rsplit_once("/q/").ok_or(PayloadError::Address)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let right = (16..=64).contains(&token.len()) && token.bytes().all(plain);
    right.then_some(token).ok_or(PayloadError::Address)
}

fn message(token: &str, body: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let length = u8::try_from(token.len()).map_err(|_| PayloadError::Address)?;
    Ok([PURPOSE, &[length], token.as_bytes(), body].concat())
}

fn day_number(day: Date) -> Result<u16, PayloadError> {
    let days = EPOCH.until(day).map_err(|_| PayloadError::Facts)?.get_days();
    u16::try_from(days)
        .ok()
        .filter(|&n| n > 0)
        .ok_or(PayloadError::Facts)
}

fn day(number: u16) -> Result<Date, PayloadError> {
    let days = jiff::Span::new().days(i32::from(number));
    EPOCH.checked_add(days).map_err(|_| PayloadError::Malformed)
}

/// The number in the table of specialties (domain §1.7).
fn ordinal(specialty: Specialty) -> u8 {
    let at = Specialty::ALL.iter().position(|known| *known == specialty);
    at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0)
}

/// Province, number of digits, digits two to a byte.
fn push_number(out: &mut Vec<u8>, number: &str) -> Result<(), PayloadError> {
    let mut characters = number.chars();
    let prefix = characters.next().and_then(|c| u16::try_from(u32::from(c)).ok());
    out.extend(prefix.ok_or(PayloadError::Facts)?.to_be_bytes());
    let digits: Option<Vec<u8>> = characters
        .map(|c| c.to_digit(10).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits
        .filter(|digits| matches!(digits.len(), 12 | 16))
        .ok_or(PayloadError::Facts)?;
    out.push(if digits.len() == 12 { 6 } else { 8 });
    out.extend(
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)),
    );
    Ok(())
}

fn push_text(out: &mut Vec<u8>, text: &str) -> Result<(), PayloadError> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (flag, bytes) = if wide.len() < text.len() {
        (UTF_16, wide.as_slice())
    } else {
        (0, text.as_bytes())
    };
    let length = u16::try_from(bytes.len()).ok().filter(|&n| n < UTF_16);
    out.extend((length.ok_or(PayloadError::Facts)? | flag).to_be_bytes());
    out.extend(bytes);
    Ok(())
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], PayloadError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(PayloadError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PayloadError> {
        self.take(N)?.try_into().map_err(|_| PayloadError::Malformed)
    }

    fn u8(&mut self) -> Result<u8, PayloadError> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, PayloadError> {
        self.array().map(u16::from_be_bytes)
    }

    fn payload(&mut self) -> Result<Payload, PayloadError> {
        let seconds = u32::from_be_bytes(self.array()?);
        let time = Timestamp::from_second(seconds.into()).map_err(|_| PayloadError::Malformed)?;
        let use_until = match self.u16()? {
            0 => None,
            number => Some(day(number)?),
        };
        let number = self.number()?;
        let count = self.u8()?;
        let specialties = (0..count)
            .map(|_| {
                let index = usize::from(self.u8()?).checked_sub(1);
                let specialty = index.and_then(|index| Specialty::ALL.get(index).copied());
                Ok((specialty.ok_or(PayloadError::Malformed)?, day(self.u16()?)?))
            })
            .collect::<Result<_, PayloadError>>()?;
        let (name, employer) = (self.text()?, self.text()?);
        self.0.is_empty().then_some(()).ok_or(PayloadError::Malformed)?;
        Ok(Payload {
            time,
            use_until,
            number,
            specialties,
            name,
            employer,
        })
    }

    fn number(&mut self) -> Result<String, PayloadError> {
        let prefix = char::from_u32(self.u16()?.into()).ok_or(PayloadError::Malformed)?;
        let length = self.u8()?;
        let mut out = String::from(prefix);
        for &byte in self.take(length.into())? {
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from_digit(digit.into(), 10).ok_or(PayloadError::Malformed)?);
            }
        }
        let known = RegistrationNumber::parse(&out).is_ok();
        known.then_some(out).ok_or(PayloadError::Malformed)
    }

    fn text(&mut self) -> Result<String, PayloadError> {
        let head = self.u16()?;
        let bytes = self.take(usize::from(head & !UTF_16))?;
        if head & UTF_16 == 0 {
            return std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|_| PayloadError::Malformed);
        }
        let units = bytes.chunks(2).map(|pair| match *pair {
            [high, low] => Ok(u16::from_be_bytes([high, low])),
            _ => Err(PayloadError::Malformed),
        });
        let units: Vec<u16> = units.collect::<Result<_, _>>()?;
        String::from_utf16(&units).map_err(|_| PayloadError::Malformed)
    }
}

#[cfg(test)]
mod tests;
