//! The two files that outsiders get, and what checking them says.

use gm::{Algorithm, PublicKey};
use serde::{Deserialize, Serialize};

use crate::merkle::{Hash, Tree, root_from};
use crate::row::{Row, Withheld};
use crate::statement::{ALGORITHM, ListSignature, Statement, key_id};

const LIST: &str = "jianzheng announcement list v1";
const PROOF: &str = "jianzheng announcement row proof v1";

/// A row as listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ListedRow {
    /// In the clear.
    Shown(Row),
    /// Its commitment alone.
    Withheld(Withheld),
}

impl ListedRow {
    /// Its place, from 1.
    #[must_use]
    pub const fn ordinal(&self) -> u32 {
        match self {
            Self::Shown(row) => row.ordinal,
            Self::Withheld(row) => row.ordinal,
        }
    }

    /// The leaf of the tree.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        match self {
            Self::Shown(row) => row.commitment(),
            Self::Withheld(row) => row.commitment,
        }
    }
}

/// A whole list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedList {
    format: String,
    /// What is signed.
    pub statement: Statement,
    /// By the province's announcement key.
    pub signature: ListSignature,
    /// In order.
    pub rows: Vec<ListedRow>,
}

/// One row with the way to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowProof {
    format: String,
    /// What is signed.
    pub statement: Statement,
    /// By the province's announcement key.
    pub signature: ListSignature,
    /// The one row that is shown.
    pub row: Row,
    /// Hashes from the leaf up.
    pub path: Vec<PathHash>,
}

/// A hash of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathHash(#[serde(with = "hex::serde")] Hash);

/// Why a list or proof is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No list or proof of this format.
    #[error("无法识别的名单格式 not a list or proof of this format")]
    Format,
    /// Signed by a key that the checker does not know.
    #[error("签名密钥不在所信任的公钥之中 signed by a key that is not among those trusted")]
    UnknownKey,
    /// The signature is not of this statement.
    #[error("签名与公告内容不符 the signature is not of this statement")]
    Signature,
    /// Rows were added, dropped or moved.
    #[error("名单行数或顺序与签名内容不符 rows were added, dropped or moved")]
    Rows,
    /// A row is not as it was signed.
    #[error("名单内容与签名内容不符 a row is not as it was signed")]
    Root,
}

/// A list that was checked.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    /// The list; every row of it stands as signed.
    pub list: &'a SignedList,
    /// Rows that are shown.
    pub shown: usize,
}

/// A row that was checked.
#[derive(Debug, Clone, Copy)]
pub struct Proved<'a> {
    /// On which list.
    pub statement: &'a Statement,
    /// The row, as signed.
    pub row: &'a Row,
}

impl SignedList {
    /// Puts a list together; whether it holds is for [`Self::verify`].
    #[must_use]
    pub fn new(statement: Statement, signature: ListSignature, rows: Vec<ListedRow>) -> Self {
        Self {
            format: LIST.to_owned(),
            statement,
            signature,
            rows,
        }
    }

    /// Reads a list from JSON.
    ///
    /// # Errors
    /// It is no list of this format.
    pub fn parse(json: &[u8]) -> Result<Self, Fault> {
        let list: Self = serde_json::from_slice(json).map_err(|_| Fault::Format)?;
        if list.format == LIST {
            Ok(list)
        } else {
            Err(Fault::Format)
        }
    }

    /// The list as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }

    /// Checks signature, number and order of rows, and every row.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self, trusted: &[PublicKey]) -> Result<Verified<'_>, Fault> {
        signed(&self.statement, &self.signature, trusted)?;
        let ordinals = self.rows.iter().map(ListedRow::ordinal);
        let in_order = ordinals.eq(1..=self.statement.size);
        if !in_order {
            return Err(Fault::Rows);
        }
        if self.tree().root() != self.statement.root {
            return Err(Fault::Root);
        }
        let shown = self.rows.iter().filter(|row| matches!(row, ListedRow::Shown(_)));
        Ok(Verified {
            list: self,
            shown: shown.count(),
        })
    }

    /// One row with its proof; none where there is no such row or it is withheld.
    #[must_use]
    pub fn prove(&self, ordinal: u32) -> Option<RowProof> {
        let index = usize::try_from(ordinal.checked_sub(1)?).ok()?;
        let ListedRow::Shown(row) = self.rows.get(index)? else {
            return None;
        };
        Some(RowProof {
            format: PROOF.to_owned(),
            statement: self.statement.clone(),
            signature: self.signature.clone(),
            row: row.clone(),
            path: self.tree().path(index)?.into_iter().map(PathHash).collect(),
        })
    }

    fn tree(&self) -> Tree {
        Tree::new(self.rows.iter().map(ListedRow::commitment).collect())
    }
}

impl RowProof {
    /// Reads a proof from JSON.
    ///
    /// # Errors
    /// It is no proof of this format.
    pub fn parse(json: &[u8]) -> Result<Self, Fault> {
        let proof: Self = serde_json::from_slice(json).map_err(|_| Fault::Format)?;
        if proof.format == PROOF {
            Ok(proof)
        } else {
            Err(Fault::Format)
        }
    }

    /// The proof as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }

    /// Checks signature and row; no other row is needed.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self, trusted: &[PublicKey]) -> Result<Proved<'_>, Fault> {
        signed(&self.statement, &self.signature, trusted)?;
        let (ordinal, size) = (self.row.ordinal as usize, self.statement.size as usize);
        let index = ordinal.checked_sub(1).ok_or(Fault::Rows)?;
        let path: Vec<Hash> = self.path.iter().map(|hash| hash.0).collect();
        let reached = root_from(index, size, self.row.commitment(), &path).ok_or(Fault::Rows)?;
        if reached != self.statement.root {
            return Err(Fault::Root);
        }
        Ok(Proved {
            statement: &self.statement,
            row: &self.row,
        })
    }
}

/// Whether a file says of itself that it is a list.
#[must_use]
pub fn is_list(json: &[u8]) -> bool {
    format_of(json).is_some_and(|format| format == LIST)
}

/// Whether a file says of itself that it is a proof.
#[must_use]
pub fn is_proof(json: &[u8]) -> bool {
    format_of(json).is_some_and(|format| format == PROOF)
}

fn format_of(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let head: Head = serde_json::from_slice(json).ok()?;
    Some(head.format)
}

fn json(document: &impl Serialize) -> Vec<u8> {
    let mut out = serde_json::to_vec_pretty(document).unwrap_or_default();
    out.push(b'\n');
    out
}

fn signed(statement: &Statement, signature: &ListSignature, trusted: &[PublicKey]) -> Result<(), Fault> {
    if signature.algorithm != ALGORITHM {
        return Err(Fault::Format);
    }
    let key = trusted
        .iter()
        .find(|key| key.algorithm() == Algorithm::Sm2WithSm3 && key_id(key) == signature.key_id)
        .ok_or(Fault::UnknownKey)?;
    if signature.verifies(statement, key) {
        Ok(())
    } else {
        Err(Fault::Signature)
    }
}
