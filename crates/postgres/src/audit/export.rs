//! An exported part of an audit: JSON lines that anybody can check without the database.
//!
//! The first line says whose audit it is and where the part begins; then one line a link; the last line says where it
//! ends. A link's line holds its record, or, where a filter left the record out, the record's digest: the chain can be
//! followed through both. Hashes are hexadecimal; `evidence` is the text that was hashed, itself JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::{Checker, Entry, Fault, Head, Link};
use super::link::Linked;
use crate::hash::Hash;

/// Name and version of the format.
pub const FORMAT: &str = "jianzheng-audit-1";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first.
    Begin {
        /// [`FORMAT`].
        format: String,
        /// Whose audit: `provinces/32/registration`, `nation/identity`.
        service: String,
        /// When it was exported, by the register clock.
        exported_at: Timestamp,
        /// Which records are told; the filter as asked, empty for all.
        filter: String,
        /// The chain before the first line.
        after: Place,
    },
    /// A link with its record.
    Record {
        /// Number in the chain.
        sequence: i64,
        /// Hash of the link before.
        previous_hash: Hex,
        /// Hash of the link.
        hash: Hex,
        /// Id of the record.
        id: i64,
        /// Register time.
        at: Timestamp,
        /// Who acted.
        actor: String,
        /// What was done.
        verb: String,
        /// By which provision.
        article: String,
        /// To what.
        subject: String,
        /// `done` or `refused`.
        outcome: String,
        /// Why refused.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
        /// What it rested on: ids, codes and digests.
        evidence: String,
        /// Name of the transaction.
        recorded_by: String,
    },
    /// A link whose record is not told.
    Link {
        /// Number in the chain.
        sequence: i64,
        /// Hash of the link before.
        previous_hash: Hex,
        /// Hash of the link.
        hash: Hex,
        /// Digest of the record; absent if the record is gone.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        record: Option<Hex>,
    },
    /// The last.
    End {
        /// The chain after the last link.
        head: Place,
        /// How many records were told.
        records: u64,
        /// Committed records that were in no chain yet.
        pending: i64,
    },
}

/// A place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Number of the last link.
    pub sequence: i64,
    /// Its hash.
    pub hash: Hex,
}

impl From<Head> for Place {
    fn from(head: Head) -> Self {
        Self {
            sequence: head.sequence,
            hash: Hex(head.hash),
        }
    }
}

impl From<Place> for Head {
    fn from(place: Place) -> Self {
        Self {
            sequence: place.sequence,
            hash: place.hash.0,
        }
    }
}

/// A hash in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hex(pub Hash);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut hash = Hash::default();
        hex::decode_to_slice(&text, &mut hash)
            .map_err(|_| serde::de::Error::custom("64 hexadecimal digits are expected"))?;
        Ok(Self(hash))
    }
}

impl Line {
    /// The line of a link, told with its record if `told`.
    #[must_use]
    pub fn of(linked: Linked, told: bool) -> Self {
        let Link {
            sequence,
            previous,
            hash,
            record,
        } = linked.link;
        let (previous_hash, hash) = (Hex(previous), Hex(hash));
        match linked.entry.filter(|_| told) {
            Some(entry) => Self::Record {
                sequence,
                previous_hash,
                hash,
                id: entry.id,
                at: entry.at,
                actor: entry.actor,
                verb: entry.verb,
                article: entry.article,
                subject: entry.subject,
                outcome: entry.outcome,
                reason: entry.reason,
                evidence: entry.evidence,
                recorded_by: entry.recorded_by,
            },
            None => Self::Link {
                sequence,
                previous_hash,
                hash,
                record: record.map(Hex),
            },
        }
    }

    /// The line as JSON, with its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with text keys: serialising it into memory does not fail.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    fn link(self) -> Option<(Link, bool)> {
        match self {
            Self::Begin { .. } | Self::End { .. } => None,
            Self::Link {
                sequence,
                previous_hash,
                hash,
                record,
            } => {
                let link = Link {
                    sequence,
                    previous: previous_hash.0,
                    hash: hash.0,
                    record: record.map(|record| record.0),
                };
                Some((link, false))
            }
            Self::Record {
                sequence,
                previous_hash,
                hash,
                id,
                at,
                actor,
                verb,
                article,
                subject,
                outcome,
                reason,
                evidence,
                recorded_by,
            } => {
                let entry = Entry {
                    id,
                    at,
                    actor,
                    verb,
                    article,
                    subject,
                    outcome,
                    reason,
                    evidence,
                    recorded_by,
                };
                let link = Link {
                    sequence,
                    previous: previous_hash.0,
                    hash: hash.0,
                    record: Some(entry.digest()),
                };
                Some((link, true))
            }
        }
    }
}

/// What a file says of itself, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whose audit.
    pub service: String,
    /// The filter, empty for all.
    pub filter: String,
    /// Where the part begins; what came before is taken for granted unless it is the start.
    pub after: Head,
    /// Where it ends. Compare it with an older or newer export, or with what the service says.
    pub head: Head,
    /// Records told.
    pub records: u64,
    /// Records that were not linked yet when it was exported.
    pub pending: i64,
    /// What does not hold, in the order of the chain.
    pub faults: Vec<Fault>,
}

/// Why a file is no export.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A line is none of an export.
    #[error("line {line}: {problem}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// There is no last line: the file was cut off.
    #[error("the last line is missing: the file was cut off")]
    CutOff,
}

/// Checks an exported file, line by line, with nothing but the file.
///
/// # Errors
/// [`Unreadable`]; what is wrong with the audit is in the report.
pub fn verify_export(lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Report, Unreadable> {
    let mut open: Option<(Report, Checker)> = None;
    let mut told = 0;
    for (index, text) in lines.enumerate() {
        let line = index + 1;
        let problem = |problem: String| Unreadable::Line { line, problem };
        let read: Line = serde_json::from_str(&text?).map_err(|error| problem(error.to_string()))?;
        match (read, &mut open) {
            (
                Line::Begin {
                    format,
                    service,
                    filter,
                    after,
                    ..
                },
                None,
            ) => {
                if format != FORMAT {
                    return Err(problem(format!("the format is not {FORMAT}")));
                }
                let after = Head::from(after);
                let report = Report {
                    service,
                    filter,
                    after,
                    head: after,
                    records: 0,
                    pending: 0,
                    faults: Vec::new(),
                };
                open = Some((report, Checker::after(after)));
            }
            (Line::Begin { .. }, Some(_)) => return Err(problem("a second first line".to_owned())),
            (_, None) => return Err(problem("the first line is missing".to_owned())),
            (
                Line::End {
                    head,
                    records,
                    pending,
                },
                Some(_),
            ) => {
                let Some((mut report, checker)) = open else {
                    return Err(problem("the first line is missing".to_owned()));
                };
                if records != told {
                    return Err(problem(format!(
                        "{records} records are announced, {told} are told"
                    )));
                }
                report.head = head.into();
                report.faults.extend(checker.finish(report.head));
                report.records = told;
                report.pending = pending;
                return Ok(report);
            }
            (link, Some((report, checker))) => {
                if let Some((link, whole)) = link.link() {
                    checker.follow(&link, &mut report.faults);
                    told += u64::from(whole);
                }
            }
        }
    }
    Err(Unreadable::CutOff)
}
