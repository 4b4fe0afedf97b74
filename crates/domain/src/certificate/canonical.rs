//! Canonical bytes of a facts record: RFC 8785 JSON over NFC strings.

use serde_json::Value;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::{FACTS_FORMAT, FactsRecord};
use crate::reason::reasons;
use crate::validity::{LeapDay, last_day_of_age};

reasons! {
    /// Why bytes are no facts record, or a record contradicts itself.
    pub enum FactsError {
        /// Not JSON of this shape, or with invalid identifiers.
        Shape => "FACTS_SHAPE", "design §4",
            "证照信息格式不正确。", "The facts record does not have the required shape.";
        /// Another format number.
        Format => "FACTS_FORMAT", "design §4",
            "证照信息格式版本不受支持。", "The format of the facts record is not supported.";
        /// The bytes are not the canonical ones of what they say.
        NotCanonical => "FACTS_NOT_CANONICAL", "RFC 8785; design §4",
            "证照信息不是规范格式。", "The facts record is not in canonical form.";
        /// Facts contradict each other.
        Contradiction { /** Which. */ fact: &'static str }
            => "FACTS_CONTRADICTION", "domain §1.4, §1.9, §2.7",
            "证照信息自相矛盾：{fact}。", "Facts of the record contradict each other: {fact}.";
    }
}

impl FactsRecord {
    /// The canonical bytes: what is hashed, logged, embedded and compared.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut value = serde_json::to_value(self).expect("invariant: every field serialises to JSON");
        compose(&mut value);
        // The general serialiser takes three times as long, as much as setting the page of a certificate.
        let bytes = if is_plain(&value) {
            serde_json::to_vec(&value)
        } else {
            serde_jcs::to_vec(&value)
        };
        bytes.expect("invariant: a JSON value has canonical bytes")
    }

    /// Reads canonical bytes back and checks the record against itself.
    ///
    /// # Errors
    /// Another shape or format, bytes that are not canonical, or facts that contradict each other.
    pub fn parse(bytes: &[u8]) -> Result<Self, FactsError> {
        let facts: Self = serde_json::from_slice(bytes).map_err(|_| FactsError::Shape)?;
        if facts.format != FACTS_FORMAT {
            return Err(FactsError::Format);
        }
        if facts.canonical_bytes() != bytes {
            return Err(FactsError::NotCanonical);
        }
        facts.check().map(|()| facts)
    }

    /// Checks the facts against each other; a record that fails is never rendered (design §4 step 4).
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), FactsError> {
        let first = self.specialties.iter().map(|known| known.valid_from).min();
        let last = self.specialties.iter().map(|known| known.valid_to).max();
        let (Some(first), Some(last)) = (first, last) else {
            return Err(FactsError::Contradiction { fact: "specialties" });
        };
        let ordered = self.specialties.windows(2).all(|pair| match pair {
            [one, next] => one.specialty < next.specialty,
            _ => true,
        });
        let ends = |end| end <= last_day_of_age(self.holder.birth_date, LeapDay::FirstOfMarch);
        let document = &self.holder.document;
        let copy_fits = |copy: &super::UseCopyFacts| copy.use_until <= self.valid_to;
        let rules = [
            ("type_code", self.type_code == self.licence_identifier.type_code()),
            ("version", self.version == self.licence_identifier.version()),
            (
                "issuer",
                self.issuer.credit_code.as_str() == self.licence_identifier.issuer(),
            ),
            ("specimen", self.specimen == self.licence_identifier.is_specimen()),
            (
                "specialties",
                ordered
                    && self
                        .specialties
                        .iter()
                        .all(|known| known.valid_from <= known.valid_to),
            ),
            ("valid_from", self.use_copy.is_some() || self.valid_from == first),
            (
                "valid_to",
                self.valid_from <= self.valid_to && ends(self.valid_to),
            ),
            ("valid_to", self.use_copy.is_some() || self.valid_to <= last),
            ("practice_seal", self.practice_seal.check_code < 100),
            (
                "document_code_type",
                self.holder.document_code_type == document.kind().code_type().code(),
            ),
            (
                "birth_date",
                document
                    .birth_date()
                    .is_none_or(|day| day == self.holder.birth_date),
            ),
            ("sex", document.sex().is_none_or(|sex| sex == self.holder.sex)),
            ("photo_sm3", is_digest(&self.photo_sm3)),
            ("signature_image_sm3", is_digest(&self.signature_image_sm3)),
            ("use_copy", self.use_copy.as_ref().is_none_or(copy_fits)),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((fact, _)) => Err(FactsError::Contradiction { fact }),
            None => Ok(()),
        }
    }
}

fn is_digest(hex: &str) -> bool {
    hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether JSON without white space is canonical as it is: keys in ASCII and in order, no fractions, no number that a
/// double does not hold. Strings are escaped alike.
fn is_plain(value: &Value) -> bool {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_i64().is_some_and(|n| n.unsigned_abs() <= EXACT),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => {
            fields.keys().all(|key| key.is_ascii())
                && fields.keys().is_sorted()
                && fields.values().all(is_plain)
        }
    }
}

fn compose(value: &mut Value) {
    match value {
        Value::String(text) if !is_nfc(text) => *text = text.nfc().collect(),
        Value::Array(items) => items.iter_mut().for_each(compose),
        Value::Object(fields) => fields.values_mut().for_each(compose),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
