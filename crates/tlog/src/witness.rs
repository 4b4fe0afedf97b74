//! A witness (C2SP tlog-witness) as a transition: what it remembers of a log, and what it may cosign.
//!
//! A witness that forgot is worse than none: it would cosign a second history. So memory that is not there is
//! [`Memory::Lost`], which cosigns nothing; [`Memory::Enrolled`] is written once, by whoever takes up the log, and only from there may a
//! first checkpoint be cosigned; [`Witness::anchor`] ends a loss with a checkpoint that a quorum of *others* vouches for.

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointFault, Origin};
use crate::cosignature::{Cosignature, Cosigner};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::note::{Note, NoteFault, NoteSignature};
use crate::proof::{TreeFault, verify_consistency};
use crate::quorum::{Quorum, QuorumFault};
use crate::tile::plain_number;

/// "The client MUST NOT send more than 63."
const MAX_PROOF: usize = 63;

/// What a witness knows of a log. The row that holds it is changed only by compare-and-swap ([`Pending::replaces`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// Nothing is known although something was: no row, or one restored from a backup.
    Lost,
    /// Taken up, and nothing cosigned yet.
    Enrolled,
    /// The last checkpoint that was cosigned.
    Remembered(Remembered),
}

/// A checkpoint that a witness stands by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Leaves of the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The note as the log signed it: half of the evidence, should the log ever say something else.
    pub note: Note,
}

/// A request to cosign; as text it is the body of `add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log thinks the witness remembers.
    pub old_size: u64,
    /// Why the new tree begins with that one.
    pub proof: Vec<Hash>,
    /// The new checkpoint, signed by the log.
    pub checkpoint: Note,
}

/// Why bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RequestFault {
    /// Not `old` with a size, then at most 63 hashes, then a note.
    #[error("not a request to cosign: {0}")]
    Text(&'static str),
    /// No note.
    #[error(transparent)]
    Note(#[from] NoteFault),
}

/// Why nothing is cosigned. The status codes are those of tlog-witness.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WitnessRefusal {
    /// 404, 403: another log, or not signed by this one.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFault),
    /// The old size is larger than the new (400).
    #[error("the old size is larger than the checkpoint's")]
    Sizes,
    /// The witness remembers another size (409): the log starts from that one and asks again.
    #[error("the witness remembers size {0}")]
    Remembers(u64),
    /// The same size with another root (409): both notes together are evidence that the log shows two histories. Publish them.
    #[error("the log has signed two trees of size {}", .0.size)]
    Fork(Box<Remembered>),
    /// The proof does not show that the new tree begins with the old (422).
    #[error(transparent)]
    Proof(#[from] TreeFault),
    /// The witness has lost its memory and stays silent until it is anchored anew.
    #[error("the witness has lost its memory of this log")]
    Lost,
    /// The checkpoint carries this witness's own cosignature, although it is larger than what the witness remembers: the memory is of
    /// an older backup. Store [`Memory::Lost`].
    #[error("the witness has cosigned size {0} and does not remember it")]
    Forgotten(u64),
    /// The checkpoint to anchor with is not vouched for by others.
    #[error(transparent)]
    Anchor(#[from] QuorumFault),
}

/// A decision that takes effect once its memory is durable.
#[derive(Debug)]
#[must_use = "the cosignature is released only after the memory is stored"]
pub struct Pending {
    replaces: Memory,
    memory: Remembered,
    cosignature: NoteSignature,
}

impl Pending {
    /// What has to be stored in the place of [`Pending::replaces`].
    #[must_use]
    pub const fn memory(&self) -> &Remembered {
        &self.memory
    }

    /// What the stored memory has to be still, atomically with storing the new one: otherwise two requests at once would roll it back.
    #[must_use]
    pub const fn replaces(&self) -> &Memory {
        &self.replaces
    }

    /// The cosignature. Call it **after** the transaction that stored [`Pending::memory`] has committed.
    #[must_use]
    pub fn release(self) -> NoteSignature {
        self.cosignature
    }
}

/// A witness of one log.
#[derive(Debug)]
pub struct Witness {
    cosigner: Cosigner,
    origin: Origin,
    log: Vec<VerifierKey>,
}

impl Witness {
    /// The witness with this key, of the log `origin` with these keys.
    #[must_use]
    pub const fn new(cosigner: Cosigner, origin: Origin, log: Vec<VerifierKey>) -> Self {
        Self {
            cosigner,
            origin,
            log,
        }
    }

    /// Its public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        self.cosigner.verifier()
    }

    /// Decides on a request. Nothing has happened until the caller stores [`Pending::memory`].
    ///
    /// # Errors
    /// Why it is not cosigned; the memory stays as it is.
    pub fn add_checkpoint(
        &self,
        memory: &Memory,
        request: &AddCheckpoint,
        now: Timestamp,
    ) -> Result<Pending, WitnessRefusal> {
        let note = &request.checkpoint;
        let checkpoint = Checkpoint::open(note, &self.origin, &self.log)?;
        if request.old_size > checkpoint.size {
            return Err(WitnessRefusal::Sizes);
        }
        let size = match memory {
            Memory::Lost => return Err(WitnessRefusal::Lost),
            Memory::Enrolled => 0,
            Memory::Remembered(remembered) => remembered.size,
        };
        if checkpoint.size > size && self.has_cosigned(note) {
            return Err(WitnessRefusal::Forgotten(checkpoint.size));
        }
        if let Memory::Remembered(remembered) = memory
            && remembered.size == checkpoint.size
            && remembered.root != checkpoint.root
        {
            return Err(WitnessRefusal::Fork(Box::new(remembered.clone())));
        }
        if request.old_size != size {
            return Err(WitnessRefusal::Remembers(size));
        }
        let new = (checkpoint.size, checkpoint.root);
        match memory {
            Memory::Remembered(old) => verify_consistency((old.size, old.root), new, &request.proof)?,
            Memory::Lost | Memory::Enrolled if !request.proof.is_empty() => {
                return Err(TreeFault::Proof.into());
            }
            Memory::Lost | Memory::Enrolled => {}
        }
        Ok(self.pending(memory.clone(), &checkpoint, note, now))
    }

    /// Ends a loss, or refuses to: with a checkpoint that a quorum of other witnesses vouches for. A person decides to call it.
    ///
    /// # Errors
    /// If the checkpoint is not of this log, or too few others have seen it.
    pub fn anchor(
        &self,
        memory: &Memory,
        note: &Note,
        others: &Quorum,
    ) -> Result<Remembered, WitnessRefusal> {
        let checkpoint = Checkpoint::open(note, &self.origin, &self.log)?;
        let witnessed = others.verify(note)?;
        let own = self.verifier().name();
        let present = witnessed
            .cosignatures
            .iter()
            .filter(|by| by.witness != own)
            .count();
        let demanded = others.threshold().max(1);
        if present < demanded {
            return Err(QuorumFault::Few { present, demanded }.into());
        }
        match memory {
            Memory::Lost | Memory::Enrolled => Ok(remembered(&checkpoint, note)),
            Memory::Remembered(already) => Err(WitnessRefusal::Remembers(already.size)),
        }
    }

    fn has_cosigned(&self, note: &Note) -> bool {
        note.signatures()
            .iter()
            .any(|signature| Cosignature::verify(note.text(), signature, self.verifier()).is_some())
    }

    fn pending(&self, replaces: Memory, checkpoint: &Checkpoint, note: &Note, now: Timestamp) -> Pending {
        Pending {
            replaces,
            memory: remembered(checkpoint, note),
            cosignature: self.cosigner.cosign(note.text(), now),
        }
    }
}

fn remembered(checkpoint: &Checkpoint, note: &Note) -> Remembered {
    Remembered {
        size: checkpoint.size,
        root: checkpoint.root,
        note: note.clone(),
    }
}

impl AddCheckpoint {
    /// Reads the body of `add-checkpoint`.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, RequestFault> {
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(RequestFault::Text("it has no checkpoint"))?;
        let mut lines = head.split('\n');
        let old_size = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(plain_number);
        let proof: Option<Vec<_>> = lines.take(MAX_PROOF + 1).map(Hash::from_base64).collect();
        let proof = proof.filter(|proof| proof.len() <= MAX_PROOF);
        Ok(Self {
            old_size: old_size.ok_or(RequestFault::Text("it has no old size"))?,
            proof: proof.ok_or(RequestFault::Text("its proof is not one of hashes"))?,
            checkpoint: Note::parse(note)?,
        })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
