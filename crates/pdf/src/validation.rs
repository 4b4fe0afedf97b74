//! The document security store (DSS): certificates and revocation lists that the document brings along, so that its
//! signatures can be judged long after (ETSI EN 319 142-1 §5.4.2; ISO 32000-2 §12.8.4.3).

use crate::syntax::{push_byte_str, push_reference};

/// What a document brings along for whoever verifies it, each value as DER.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ValidationData {
    /// X.509 certificates.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists.
    pub revocation_lists: Vec<Vec<u8>>,
}

impl ValidationData {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.revocation_lists.is_empty()
    }

    /// How many objects hold it.
    pub(crate) fn object_count(&self) -> usize {
        self.certificates.len() + self.revocation_lists.len()
    }

    /// The values, certificates first.
    pub(crate) fn values(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.certificates.iter().chain(&self.revocation_lists);
        all.map(Vec::as_slice)
    }

    /// The store, whose values are the objects from `first` on; `old` are references that it had before, by key.
    pub(crate) fn push_store(&self, out: &mut Vec<u8>, first: u32, old: [&[u32]; 2]) {
        push_byte_str(out, "<</Type/DSS");
        let mut next = first;
        let lists = [("/Certs", &self.certificates), ("/CRLs", &self.revocation_lists)];
        for ((key, values), old) in lists.into_iter().zip(old) {
            if values.is_empty() && old.is_empty() {
                continue;
            }
            push_byte_str(out, key);
            out.push(b'[');
            for number in old {
                push_reference(out, *number);
                out.push(b' ');
            }
            for _ in values {
                push_reference(out, next);
                out.push(b' ');
                next += 1;
            }
            out.push(b']');
        }
        push_byte_str(out, ">>");
    }
}

/// Says in the catalog that the store is an extension of PDF 1.7 (ETSI EN 319 142-1 annex A).
pub(crate) const EXTENSIONS: &str = "/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>";
