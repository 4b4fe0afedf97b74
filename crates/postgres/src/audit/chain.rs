//! The chain as a pure function over its rows: what a link covers, and what is wrong with a sequence of links.
//!
//! A link covers the digest of its record, not the record: whoever holds only some records can check the whole chain.

use jiff::Timestamp;

use crate::hash::{FieldHasher, GENESIS, Hash};

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of linked records; they are numbered from 1 without a gap.
    pub sequence: i64,
    /// Hash of the last link, [`GENESIS`] before the first.
    pub hash: Hash,
}

impl Head {
    /// Before the first link.
    pub const START: Self = Self {
        sequence: 0,
        hash: GENESIS,
    };
}

/// A record as it is stored, in the order in which its digest covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id; ids have gaps, sequences have none.
    pub id: i64,
    /// Register time of the decision, to the microsecond.
    pub at: Timestamp,
    /// Who acted.
    pub actor: String,
    /// The RPC's or the job's name.
    pub verb: String,
    /// The provision it rests on.
    pub article: String,
    /// What was acted upon.
    pub subject: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// jsonb as text, which PostgreSQL normalises.
    pub evidence: String,
    /// Name of the transaction.
    pub recorded_by: String,
}

impl Entry {
    /// What stands for the record in its link.
    #[must_use]
    pub fn digest(&self) -> Hash {
        FieldHasher::new("jianzheng/audit/record/v1")
            .number(self.id)
            .number(self.at.as_microsecond())
            .field(self.actor.as_bytes())
            .field(self.verb.as_bytes())
            .field(self.article.as_bytes())
            .field(self.subject.as_bytes())
            .field(self.outcome.as_bytes())
            .field(self.reason.as_deref().unwrap_or_default().as_bytes())
            .field(self.evidence.as_bytes())
            .field(self.recorded_by.as_bytes())
            .finish()
    }
}

/// A link, with what stands for its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub sequence: i64,
    /// Hash of the link before.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
    /// Digest of the record; none if the record is gone.
    pub record: Option<Hash>,
}

/// The hash of a link.
#[must_use]
pub fn link_hash(sequence: i64, previous: &Hash, record: &Hash) -> Hash {
    FieldHasher::new("jianzheng/audit/link/v1")
        .number(sequence)
        .field(previous)
        .field(record)
        .finish()
}

/// One thing wrong with an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A number is missing in the chain.
    Gap {
        /// The first missing number.
        sequence: i64,
    },
    /// A link names another predecessor than the one before it.
    Broken {
        /// Number of the link.
        sequence: i64,
    },
    /// A record is not what was linked.
    Altered {
        /// Number of the link.
        sequence: i64,
    },
    /// The record of a link is gone.
    Missing {
        /// Number of the link.
        sequence: i64,
    },
    /// A record is neither linked nor waiting.
    Unlinked {
        /// Id of the record.
        audit: i64,
    },
    /// The head does not name the last link: links were removed from the end.
    HeadMismatch {
        /// Number of the last link there is.
        sequence: i64,
    },
}

impl Fault {
    /// Stable name, as sent and exported.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gap { .. } => "GAP",
            Self::Broken { .. } => "BROKEN",
            Self::Altered { .. } => "ALTERED",
            Self::Missing { .. } => "MISSING",
            Self::Unlinked { .. } => "UNLINKED",
            Self::HeadMismatch { .. } => "HEAD_MISMATCH",
        }
    }

    /// The number in the chain, or the id of the record that is in none.
    #[must_use]
    pub const fn position(self) -> i64 {
        match self {
            Self::Gap { sequence }
            | Self::Broken { sequence }
            | Self::Altered { sequence }
            | Self::Missing { sequence }
            | Self::HeadMismatch { sequence } => sequence,
            Self::Unlinked { audit } => audit,
        }
    }

    /// What is wrong, in Chinese and English.
    #[must_use]
    pub fn text(self) -> (String, String) {
        let at = self.position();
        match self {
            Self::Gap { .. } => (
                format!("审计链缺少第 {at} 号记录。"),
                format!("link {at} is missing from the chain"),
            ),
            Self::Broken { .. } => (
                format!("第 {at} 号记录与前一号不相接：顺序被改动，或前面的记录被替换。"),
                format!("link {at} does not follow the one before it"),
            ),
            Self::Altered { .. } => (
                format!("第 {at} 号记录的内容在入链后被改动。"),
                format!("record {at} is not what was linked"),
            ),
            Self::Missing { .. } => (
                format!("第 {at} 号记录的内容已被删除，只剩链上的摘要。"),
                format!("the record of link {at} is gone"),
            ),
            Self::Unlinked { .. } => (
                format!("编号 {at} 的审计记录既未入链，也不在待入链之列。"),
                format!("record {at} is neither linked nor waiting to be"),
            ),
            Self::HeadMismatch { .. } => (
                format!("链尾与登记的链首尾不符：第 {at} 号之后的记录被截去。"),
                format!("the head names another end than link {at}: links were cut off"),
            ),
        }
    }
}

/// Follows a chain, link by link.
#[derive(Debug, Clone)]
pub struct Checker {
    at: Head,
}

impl Checker {
    /// Continues after `at`, which is taken for granted.
    #[must_use]
    pub const fn after(at: Head) -> Self {
        Self { at }
    }

    /// How far it has come.
    #[must_use]
    pub const fn reached(&self) -> Head {
        self.at
    }

    /// Takes the next link and adds what is wrong with it.
    pub fn follow(&mut self, link: &Link, faults: &mut Vec<Fault>) {
        let sequence = link.sequence;
        if sequence != self.at.sequence + 1 {
            faults.push(Fault::Gap {
                sequence: self.at.sequence + 1,
            });
        }
        if link.previous != self.at.hash {
            faults.push(Fault::Broken { sequence });
        }
        match link.record {
            None => faults.push(Fault::Missing { sequence }),
            Some(record) if link_hash(sequence, &link.previous, &record) != link.hash => {
                faults.push(Fault::Altered { sequence });
            }
            Some(_) => {}
        }
        self.at = Head {
            sequence,
            hash: link.hash,
        };
    }

    /// What is wrong if the chain should have ended at `head`.
    #[must_use]
    pub fn finish(&self, head: Head) -> Option<Fault> {
        (self.at != head).then_some(Fault::HeadMismatch {
            sequence: self.at.sequence,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chain(length: u8) -> Vec<Link> {
        let mut at = Head::START;
        (1..=i64::from(length))
            .map(|sequence| {
                let record = FieldHasher::new("test").number(sequence).finish();
                let link = Link {
                    sequence,
                    previous: at.hash,
                    hash: link_hash(sequence, &at.hash, &record),
                    record: Some(record),
                };
                at = Head {
                    sequence,
                    hash: link.hash,
                };
                link
            })
            .collect()
    }

    fn faults(links: &[Link], head: Head) -> Vec<Fault> {
        let mut checker = Checker::after(Head::START);
        let mut found = Vec::new();
        for link in links {
            checker.follow(link, &mut found);
        }
        found.extend(checker.finish(head));
        found
    }

    fn head(links: &[Link]) -> Head {
        let last = links.last().expect("a link");
        Head {
            sequence: last.sequence,
            hash: last.hash,
        }
    }

    proptest! {
        /// Whatever one link is changed in, its number is the first that is named, or the next one's if its hash was
        /// changed with it.
        #[test]
        fn the_first_fault_names_the_place(length in 2_u8..40, at in 0_usize..39, way in 0_u8..4) {
            let links = chain(length);
            let at = at % (links.len() - 1);
            let head = head(&links);
            prop_assert_eq!(faults(&links, head), vec![]);
            let mut changed = links;
            let sequence = changed[at].sequence;
            let expected = match way {
                0 => {
                    changed[at].record = Some([7; 32]);
                    Fault::Altered { sequence }
                }
                1 => {
                    changed.remove(at);
                    Fault::Gap { sequence }
                }
                2 => {
                    changed.swap(at, at + 1);
                    Fault::Gap { sequence }
                }
                _ => {
                    let record = [7; 32];
                    changed[at].record = Some(record);
                    changed[at].hash = link_hash(sequence, &changed[at].previous, &record);
                    Fault::Broken { sequence: sequence + 1 }
                }
            };
            prop_assert_eq!(faults(&changed, head).first().copied(), Some(expected));
        }

        #[test]
        fn a_chain_cut_off_does_not_end_where_it_should(length in 2_u8..40, left in 1_usize..39) {
            let links = chain(length);
            let left = left.min(links.len() - 1);
            let sequence = links[left - 1].sequence;
            prop_assert_eq!(faults(&links[..left], head(&links)), vec![Fault::HeadMismatch { sequence }]);
        }
    }
}
