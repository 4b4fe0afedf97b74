//! One row: what the public may read of one registration, and the commitment to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::encode::{number, text};
use crate::merkle::{Hash, leaf};

const PURPOSE: &[u8] = b"jianzheng announcement row v1\n";

/// Bytes of a salt.
pub const SALT: usize = 32;

/// Random bytes of one row, drawn when it is announced. Without them nobody can try names against a commitment.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(#[serde(with = "hex::serde")] pub [u8; SALT]);

/// A salt opens a commitment; logs do not get it.
impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(***)")
    }
}

/// What a row of a correcting announcement (更正公告) says of the corrected list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionMark {
    /// In words: 笔误, 原不应公告, 漏列.
    pub kind: String,
    /// The row of the corrected list, from 1; none for a row that was omitted there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
}

/// A row in the clear.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its place on the list, from 1.
    pub ordinal: u32,
    /// 姓名.
    pub name: String,
    /// 注册编号.
    pub registration_number: String,
    /// 聘用企业, as announced.
    pub employer: String,
    /// 注册专业.
    pub specialties: Vec<String>,
    /// 注册类型.
    #[serde(rename = "type")]
    pub kind: String,
    /// On a correcting announcement: what it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<CorrectionMark>,
    /// Of this row alone.
    pub salt: Salt,
}

/// Shows the place only: a row names a person.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({}, ***)", self.ordinal)
    }
}

impl Row {
    /// The bytes committed to, byte by byte as docs/announcements.md has them.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        let mut out = PURPOSE.to_vec();
        out.extend_from_slice(&self.salt.0);
        out.extend_from_slice(&self.ordinal.to_be_bytes());
        text(&mut out, &self.name);
        text(&mut out, &self.registration_number);
        text(&mut out, &self.employer);
        number(&mut out, self.specialties.len());
        for specialty in &self.specialties {
            text(&mut out, specialty);
        }
        text(&mut out, &self.kind);
        match &self.correction {
            None => out.push(0),
            Some(mark) => {
                out.push(1);
                text(&mut out, &mark.kind);
                out.extend_from_slice(&mark.row.unwrap_or(0).to_be_bytes());
            }
        }
        out
    }

    /// The leaf of the tree.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        leaf(&self.encoded())
    }
}

/// A row whose text is no longer shown: the person was erased. Its commitment stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// Its place on the list, from 1.
    pub ordinal: u32,
    /// The leaf of the tree.
    #[serde(with = "hex::serde")]
    pub commitment: Hash,
}
