//! What is sealed is logged first (design §4): the proof of inclusion that comes with a request, checked by the log's own key. Witnesses
//! are not asked for here, as issuing never waits for them.

use tlog::{DetachedProof, Quorum, log_keys};

/// The log whose leaves are believed.
#[derive(Debug, Clone)]
pub(crate) struct Log(Quorum);

impl Log {
    /// The log with the keys of a text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (origin, keys) = log_keys(text)?;
        Quorum::new(origin, keys, Vec::new(), 0).ok().map(Self)
    }

    /// The index of the leaf that a proof (C2SP tlog-proof) is about; its `extra` is the entry. None where it proves nothing.
    pub(crate) fn leaf(&self, proof: &[u8]) -> Option<u64> {
        let proof = DetachedProof::parse(std::str::from_utf8(proof).ok()?).ok()?;
        let entry = proof.extra.as_deref()?;
        tlog::Leaf::decode(entry).ok()?;
        Some(proof.verify(entry, &self.0).ok()?.index)
    }
}
