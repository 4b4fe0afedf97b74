//! ASN.1 as it occurs: a tolerant reader that hands out the original bytes, and a strict DER writer.
//!
//! The reader accepts what real producers write (lengths that are not minimal, explicit defaults, unsorted sets)
//! and refuses what it could not bound: indefinite lengths, tags of more than one byte, lengths past the input.
//! Nothing read here is ever encoded again to check a signature; the covered bytes are sliced out of the input.

mod oid;
mod reader;
mod time;
mod writer;

pub use oid::Oid;
pub use reader::{Element, Error, Reader};
pub use time::{generalized_time, parse_time, utc_time};
pub use writer::{Writer, header, length_of_length};

/// Tag bytes of the universal types that occur here.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// ENUMERATED
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String
    pub const UTF8_STRING: u8 = 0x0c;
    /// PrintableString
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// BMPString
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE, SEQUENCE OF
    pub const SEQUENCE: u8 = 0x30;
    /// SET, SET OF
    pub const SET: u8 = 0x31;

    /// `[number]`, constructed: EXPLICIT tagging, or IMPLICIT of a constructed type.
    #[must_use]
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }
}

#[cfg(test)]
mod tests;
