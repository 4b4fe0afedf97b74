//! The audit itself: what was said, against what is there.

use std::collections::HashMap;

use anyhow::Result;
use tlog::{
    Audit, AuditFault, Checkpoint, Edge, Hash, Note, Origin, Quorum, QuorumFault, TILE_WIDTH, TileId,
    TilePath, Witnessed, decode_bundle,
};

use super::Source;

/// What an audit found.
#[derive(Debug)]
pub struct Found {
    /// Which log.
    pub origin: Origin,
    /// Entries that were read.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Checkpoints that were compared.
    pub checkpoints: usize,
    /// The largest of them that a quorum has cosigned.
    pub witnessed: Option<Witnessed>,
    /// The largest of them.
    pub newest: Option<Note>,
    /// None: sound.
    pub faults: Vec<Fault>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A note that is no checkpoint of this log, or a known witness's cosignature that does not hold.
    Checkpoint(String),
    /// Two checkpoints of one size state two roots: evidence against the log that needs nothing else. Both notes.
    Fork(Box<(Note, Note)>),
    /// A quorum is demanded and no checkpoint has it.
    NotWitnessed,
    /// A bundle of entries is missing or cannot be read.
    Entries(TilePath),
    /// A tile is missing, or is not what the entries make.
    Tile(TileId),
    /// What the entries make is not what was stated.
    Log(AuditFault),
}

impl Fault {
    /// Stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Checkpoint(_) => "CHECKPOINT_NOT_OF_THE_LOG",
            Self::Fork(_) => "FORK",
            Self::NotWitnessed => "NOT_WITNESSED",
            Self::Entries(_) => "ENTRIES_UNREADABLE",
            Self::Tile(_) | Self::Log(AuditFault::Tile(_)) => "TILE_DIFFERS",
            Self::Log(AuditFault::Checkpoint(_)) => "ROOT_DIFFERS",
            Self::Log(AuditFault::Missing { .. }) => "ENTRIES_MISSING",
            Self::Log(AuditFault::Leaf { .. }) => "ENTRY_UNKNOWN",
        }
    }

    /// In Chinese and English, with the place.
    pub fn text(&self) -> (String, String) {
        match self {
            Self::Checkpoint(what) => (format!("检查点不属于本日志：{what}"), what.clone()),
            Self::Fork(both) => (
                format!(
                    "同一大小有两个根，两份检查点如下，即为证据：\n{}\n{}",
                    both.0, both.1
                ),
                "two checkpoints of one size are evidence of a fork".to_owned(),
            ),
            Self::NotWitnessed => (
                "没有检查点达到见证人数".to_owned(),
                "no checkpoint was cosigned by a quorum".to_owned(),
            ),
            Self::Entries(path) => (
                format!("{path} 缺失或无法读取"),
                format!("{path} is missing or unreadable"),
            ),
            Self::Tile(id) => (
                format!("第 {} 层第 {} 块与条目不符", id.level, id.index),
                AuditFault::Tile(*id).to_string(),
            ),
            Self::Log(fault) => ("与条目重新计算的结果不符".to_owned(), fault.to_string()),
        }
    }
}

/// Re-verifies a whole log. It ends at the first entry that cannot be read; everything else is looked at in any case.
///
/// # Errors
/// The source cannot be read at all: nothing is said about the log then.
pub async fn audit(source: &Source, quorum: &Quorum, known: Option<&Note>) -> Result<Found> {
    let mut said = Said::default();
    for text in source.checkpoints().await? {
        match Note::parse(&text) {
            Ok(note) => said.hear(note, quorum),
            Err(fault) => said.faults.push(Fault::Checkpoint(fault.to_string())),
        }
    }
    if let Some(known) = known {
        said.hear(known.clone(), quorum);
    }
    if said.witnessed.is_none() && quorum.threshold() > 0 {
        said.faults.push(Fault::NotWitnessed);
    }
    let Said {
        checkpoints,
        witnessed,
        mut faults,
        ..
    } = said;
    let newest = checkpoints.iter().max_by_key(|(checkpoint, _)| checkpoint.size);
    let size = newest.map_or(0, |(checkpoint, _)| checkpoint.size);
    let mut regrown = Audit::against(checkpoints.iter().map(|(checkpoint, _)| checkpoint));
    regrow(source, size, &mut regrown, &mut faults).await?;
    let (present, root) = (regrown.size(), regrown.root());
    if let Err(fault) = regrown.finish() {
        faults.push(Fault::Log(fault));
    }
    Ok(Found {
        origin: quorum.origin().clone(),
        size: present,
        root,
        checkpoints: checkpoints.len(),
        witnessed,
        newest: newest.map(|(_, note)| note.clone()),
        faults,
    })
}

/// What the log has said of itself.
#[derive(Default)]
struct Said {
    checkpoints: Vec<(Checkpoint, Note)>,
    /// Their places by size: a log that has run for years has many, and only those of one size can contradict each other.
    of_size: HashMap<u64, Vec<usize>>,
    witnessed: Option<Witnessed>,
    faults: Vec<Fault>,
}

impl Said {
    fn hear(&mut self, note: Note, quorum: &Quorum) {
        match quorum.verify(&note) {
            Ok(witnessed) => {
                let larger = |known: &Witnessed| known.checkpoint.size < witnessed.checkpoint.size;
                if self.witnessed.as_ref().is_none_or(larger) {
                    self.witnessed = Some(witnessed);
                }
            }
            Err(QuorumFault::Few { .. }) => {}
            Err(fault) => self.faults.push(Fault::Checkpoint(fault.to_string())),
        }
        let Ok(checkpoint) = Checkpoint::open(&note, quorum.origin(), quorum.log_keys()) else {
            return;
        };
        let of_size = self.of_size.entry(checkpoint.size).or_default();
        let mut others = of_size.iter().filter_map(|index| self.checkpoints.get(*index));
        if let Some((_, other)) = others.find(|(other, _)| other.contradicts(&checkpoint)) {
            self.faults
                .push(Fault::Fork(Box::new((other.clone(), note.clone()))));
        }
        of_size.push(self.checkpoints.len());
        self.checkpoints.push((checkpoint, note));
    }
}

/// Grows the tree again from its entries, and compares the tiles on the way.
async fn regrow(source: &Source, size: u64, audit: &mut Audit, faults: &mut Vec<Fault>) -> Result<()> {
    while audit.size() < size {
        let index = audit.size() / TILE_WIDTH;
        let width = (size - audit.size()).min(TILE_WIDTH);
        let path = TilePath::Entries(index, width);
        let bundle = source.file(&path).await?;
        let entries = bundle.as_deref().and_then(|bundle| decode_bundle(bundle).ok());
        let Some(entries) = entries.filter(|entries| entries.len() as u64 == width) else {
            faults.push(Fault::Entries(path));
            return Ok(());
        };
        for entry in entries {
            match audit.entry(entry) {
                Ok(_) => {}
                Err(fault @ AuditFault::Leaf { .. }) => {
                    faults.push(Fault::Log(fault));
                    return Ok(());
                }
                Err(fault) => faults.push(Fault::Log(fault)),
            }
        }
        while let Some(full) = audit.full_tile() {
            compare(source, full.id, &full.hashes, faults).await?;
        }
    }
    for (id, _) in Edge::tiles(size) {
        compare(source, id, audit.edge().partial(id.level), faults).await?;
    }
    Ok(())
}

async fn compare(source: &Source, id: TileId, hashes: &[Hash], faults: &mut Vec<Fault>) -> Result<()> {
    let path = TilePath::Hashes(id, hashes.len() as u64);
    if source.file(&path).await?.as_deref() != Some(Hash::concat(hashes).as_slice()) {
        faults.push(Fault::Tile(id));
    }
    Ok(())
}
