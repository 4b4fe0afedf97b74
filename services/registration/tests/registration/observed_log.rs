//! The nation's transparency log, as a province's witness sees it; it may be made to lie.

use std::collections::BTreeMap;

use tlog::{
    AddCheckpoint, Hash, LogSigner, MemoryTiles, Note, NoteSignature, VerifierKey, consistency, leaf_hash,
};

pub(crate) const ORIGIN: &str = "log.example/jianzheng";

/// One history of the log.
pub(crate) struct ObservedLog {
    signer: LogSigner,
    tiles: MemoryTiles,
    /// Checkpoints that were cosigned, with the cosignature.
    pub(crate) cosigned: BTreeMap<u64, Note>,
}

impl Default for ObservedLog {
    fn default() -> Self {
        Self {
            signer: LogSigner::from_seed(ORIGIN, &[9; 32]).expect("a name"),
            tiles: MemoryTiles::default(),
            cosigned: BTreeMap::new(),
        }
    }
}

impl ObservedLog {
    pub(crate) fn key() -> VerifierKey {
        Self::default().signer.verifier().clone()
    }

    /// Appends entries that begin with a word.
    pub(crate) fn grow(&mut self, word: &str, by: u64) {
        let size = self.size();
        let leaves = (size..size + by).map(|index| leaf_hash(format!("{word} {index}").as_bytes()));
        let append = self.tiles.edge().append(leaves);
        assert!(self.tiles.apply(append), "nobody else appends");
    }

    /// Begins the same tree anew, with another entry at its beginning.
    pub(crate) fn rewrite(&mut self) {
        let size = self.size();
        self.tiles = MemoryTiles::default();
        self.grow("rewritten", 1);
        self.grow("entry", size - 1);
    }

    pub(crate) fn size(&self) -> u64 {
        self.tiles.edge().size()
    }

    /// The present checkpoint.
    pub(crate) fn note(&self) -> Note {
        self.signer.sign(self.size(), self.tiles.edge().root())
    }

    /// What a witness that remembers so much is asked for.
    pub(crate) fn request(&self, remembered: u64) -> String {
        let own = self.cosigned.last_key_value();
        if let Some((size, note)) = own.filter(|(size, _)| **size > remembered) {
            let forgotten = AddCheckpoint {
                old_size: remembered.min(*size),
                proof: Vec::new(),
                checkpoint: note.clone(),
            };
            return forgotten.to_string();
        }
        let known = own.is_some_and(|(_, note)| note.text() == self.note().text());
        if self.size() == 0 || known {
            return String::new();
        }
        let proof: Vec<Hash> = match remembered {
            0 => Vec::new(),
            _ if remembered > self.size() => Vec::new(),
            _ => consistency(&self.tiles, remembered, self.size()).expect("all tiles are there"),
        };
        let request = AddCheckpoint {
            old_size: remembered,
            proof,
            checkpoint: self.note(),
        };
        request.to_string()
    }

    pub(crate) fn cosign(&mut self, size: u64, line: &str) {
        assert_eq!(size, self.size(), "of what was shown");
        let signature = NoteSignature::parse(line).expect("a signature line");
        self.cosigned.insert(size, self.note().with(signature));
    }
}
