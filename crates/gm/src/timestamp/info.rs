//! `TSTInfo`: what an authority states.

use jiff::Timestamp;

use super::request::Imprint;
use crate::asn1::{Error, Oid, Reader, Writer, generalized_time, tag};

/// What a token states (RFC 3161 §2.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TstInfo {
    /// Under which policy.
    pub policy: Oid,
    /// The digest that was seen.
    pub imprint: Imprint,
    /// Content of the INTEGER of the serial number.
    pub serial: Vec<u8>,
    /// When.
    pub time: Timestamp,
    /// Content of the INTEGER of the request's nonce.
    pub nonce: Option<Vec<u8>>,
}

impl TstInfo {
    /// Reads it.
    pub(super) fn parse(der: &[u8]) -> Result<Self, Error> {
        let mut outer = Reader::new(der);
        let mut info = outer.sequence()?;
        outer.finish()?;
        info.integer()?;
        let policy = info.oid()?;
        let imprint = Imprint::parse(&mut info)?;
        let serial = info.expect(tag::INTEGER)?.content().to_vec();
        let time = info.expect(tag::GENERALIZED_TIME)?.time()?;
        // accuracy, ordering
        info.optional(tag::SEQUENCE)?;
        info.optional(tag::BOOLEAN)?;
        let nonce = info.optional(tag::INTEGER)?;
        // tsa, extensions
        info.optional(tag::context(0))?;
        info.optional(tag::context(1))?;
        info.finish()?;
        Ok(Self {
            policy,
            imprint,
            serial,
            time,
            nonce: nonce.map(|nonce| nonce.content().to_vec()),
        })
    }

    /// Its DER, with an accuracy of a second.
    pub(super) fn to_der(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.sequence(|info| {
            info.integer(1).oid(self.policy);
            self.imprint.write(info);
            info.element(tag::INTEGER, &self.serial);
            info.element(tag::GENERALIZED_TIME, generalized_time(self.time).as_bytes());
            info.sequence(|accuracy| {
                accuracy.integer(1);
            });
            if let Some(nonce) = &self.nonce {
                info.element(tag::INTEGER, nonce);
            }
        });
        out.finish()
    }
}
