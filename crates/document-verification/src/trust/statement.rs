//! What a bundle states.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::province::Province;
use gm::PublicKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use status_list::Es256Verifier;
use tlog::{Origin, Quorum, VerifierKey};

use super::{TrustError, file};

/// The format of a statement.
const FORMAT: u32 = 1;
/// The format of one that names [`file::TIMESTAMP_ANCHORS`]: a verifier that would not use them must not open it. Without
/// them the older format is written, which every verifier opens.
const FORMAT_WITH_TIMESTAMP_ANCHORS: u32 = 2;

/// An authority that issues licences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuingAuthority {
    /// Its name (证照颁发机构).
    pub name: String,
    /// Its unified social credit code.
    pub credit_code: String,
    /// Type codes of the licences that it may issue (证照类型代码).
    pub licence_types: Vec<String>,
    /// How its signers are recognised.
    pub signers: SignerRule,
}

/// How the signers of an authority are recognised, once their certificates lead to a root of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerRule {
    /// Organisations in the subject of signers' certificates; one must be there.
    pub organisations: Vec<String>,
    /// Identifiers of seals (esID); any if empty. PDF signatures have none and are not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seal_ids: Vec<String>,
    /// Names of seals; any if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seal_names: Vec<String>,
}

impl SignerRule {
    /// Whether a signer of this organisation with this seal (esID, name) is meant.
    pub(crate) fn recognises(&self, organisation: &str, seal: Option<(&str, &str)>) -> bool {
        let among = |list: &[String], value: &str| list.is_empty() || list.iter().any(|known| known == value);
        let named = self.organisations.iter().any(|known| known == organisation);
        named && seal.is_none_or(|(id, name)| among(&self.seal_ids, id) && among(&self.seal_names, name))
    }
}

/// A key by which a province signs its lists of announcements (公告名单).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementKey {
    /// Two digits.
    pub province: String,
    /// Its SubjectPublicKeyInfo, base64 of DER.
    pub spki: String,
}

impl AnnouncementKey {
    /// The key of a province.
    #[must_use]
    pub fn new(province: &str, key: &PublicKey) -> Self {
        Self {
            province: province.to_owned(),
            spki: STANDARD.encode(key.to_spki()),
        }
    }

    pub(super) fn read(&self) -> Option<PublicKey> {
        let der = STANDARD.decode(&self.spki).ok()?;
        PublicKey::from_spki(&der).ok()
    }
}

/// A key that signs what QR symbols say offline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QrKey {
    /// The raw Ed25519 public key, hexadecimal.
    pub public_key: String,
    /// Credit code of the authority for which it signs.
    pub authority: String,
    /// It signed from then on.
    pub from: Timestamp,
    /// It signed until then; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// It signs specimens.
    #[serde(default)]
    pub specimen: bool,
}

impl QrKey {
    /// The key itself.
    pub(crate) fn raw(&self) -> Option<[u8; 32]> {
        hex::decode(&self.public_key).ok()?.try_into().ok()
    }

    /// The name that payloads call it by.
    pub(crate) fn id(&self) -> Option<[u8; 4]> {
        Sha256::digest(self.raw()?).first_chunk().copied()
    }
}

/// A key that signs status lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusListKey {
    /// The point of P-256, uncompressed, hexadecimal; tokens call it by its digest.
    pub public_key: String,
    /// It signed from then on.
    pub from: Timestamp,
    /// It signed until then; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl StatusListKey {
    pub(super) fn read(&self) -> Option<Es256Verifier> {
        Es256Verifier::named_by_digest(&hex::decode(&self.public_key).ok()?).ok()
    }
}

/// The transparency log, and whose cosignatures of its checkpoints prove when a file existed (design §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRule {
    /// Its origin, the first line of its checkpoints.
    pub origin: String,
    /// Its keys, in the form of signed notes (`name+id+key`): more than one while a key is being replaced.
    pub keys: Vec<String>,
    /// Keys of the witnesses, in the same form.
    pub witnesses: Vec<String>,
    /// How many of them have to have cosigned; at least one.
    pub quorum: usize,
}

impl LogRule {
    pub(super) fn read(&self) -> Option<Quorum> {
        let keys = |texts: &[String]| {
            let keys = texts.iter().map(|text| VerifierKey::parse(text).ok());
            keys.collect::<Option<Vec<_>>>()
        };
        let origin = Origin::new(&self.origin)?;
        let quorum = Quorum::new(origin, keys(&self.keys)?, keys(&self.witnesses)?, self.quorum).ok()?;
        (self.quorum > 0).then_some(quorum)
    }
}

/// What else a bundle names: nothing, unless said otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// Keys by which QR symbols are read offline.
    pub qr_keys: &'a [QrKey],
    /// Keys by which provinces sign their lists of announcements, so that a list is checked by what the bundle says and not
    /// by a key that came with it.
    pub announcement_keys: &'a [AnnouncementKey],
    /// Keys by which status lists are read.
    pub status_list_keys: &'a [StatusListKey],
    /// The transparency log with its witnesses.
    pub log: Option<&'a LogRule>,
}

/// A bundle to be signed.
#[derive(Debug, Clone)]
pub struct BundleDraft<'a> {
    /// When it is signed.
    pub issued_at: Timestamp,
    /// Until when it may be relied on.
    pub expires_at: Timestamp,
    /// The issuing authorities.
    pub authorities: Vec<IssuingAuthority>,
    /// [`file::SEAL_ROOT`].
    pub seal_root: &'a [u8],
    /// [`file::PDF_ROOT`].
    pub pdf_root: &'a [u8],
    /// [`file::TIMESTAMP_ANCHORS`].
    pub timestamp_anchors: Option<&'a [u8]>,
    /// [`file::REVOCATION_LISTS`].
    pub revocation_lists: Option<&'a [u8]>,
}

/// The files that signing makes; the certificates stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBundle {
    /// [`file::STATEMENT`].
    pub statement: Vec<u8>,
    /// [`file::SIGNATURE`].
    pub signature: String,
    /// [`file::KEY`].
    pub key: String,
}

/// The content of [`file::STATEMENT`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    format: u32,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) authorities: Vec<IssuingAuthority>,
    /// Keys of provinces, which sign lists of announcements and no document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) announcement_keys: Vec<AnnouncementKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) qr_keys: Vec<QrKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) status_list_keys: Vec<StatusListKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) log: Option<LogRule>,
    /// Hex SHA-256 by file name.
    files: BTreeMap<String, String>,
}

impl BundleDraft<'_> {
    pub(super) fn to_json(&self, also: Named<'_>) -> Result<Vec<u8>, TrustError> {
        let named = [
            (file::SEAL_ROOT, Some(self.seal_root)),
            (file::PDF_ROOT, Some(self.pdf_root)),
            (file::TIMESTAMP_ANCHORS, self.timestamp_anchors),
            (file::REVOCATION_LISTS, self.revocation_lists),
        ];
        let digests = named.into_iter().filter_map(|(name, content)| {
            content.map(|content| (name.to_owned(), hex::encode(Sha256::digest(content))))
        });
        let statement = Statement {
            format: if self.timestamp_anchors.is_some() {
                FORMAT_WITH_TIMESTAMP_ANCHORS
            } else {
                FORMAT
            },
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            authorities: self.authorities.clone(),
            announcement_keys: also.announcement_keys.to_vec(),
            qr_keys: also.qr_keys.to_vec(),
            status_list_keys: also.status_list_keys.to_vec(),
            log: also.log.cloned(),
            files: digests.collect(),
        };
        statement.check()?;
        let mut json =
            serde_json::to_vec_pretty(&statement).map_err(|_| TrustError::Statement("cannot be written"))?;
        json.push(b'\n');
        Ok(json)
    }
}

impl Statement {
    pub(super) fn parse(json: &[u8]) -> Result<Self, TrustError> {
        let statement: Self = serde_json::from_slice(json)
            .map_err(|_| TrustError::Malformed(file::STATEMENT, "not a statement of this format"))?;
        statement.check().map(|()| statement)
    }

    pub(super) fn digest(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    fn check(&self) -> Result<(), TrustError> {
        let known = [
            file::SEAL_ROOT,
            file::PDF_ROOT,
            file::TIMESTAMP_ANCHORS,
            file::REVOCATION_LISTS,
        ];
        let format = if self.digest(file::TIMESTAMP_ANCHORS).is_some() {
            FORMAT_WITH_TIMESTAMP_ANCHORS
        } else {
            FORMAT
        };
        let faults = [
            (self.format != format, "another format"),
            (
                self.expires_at <= self.issued_at,
                "it expires before it is issued",
            ),
            (self.authorities.is_empty(), "it names no authority"),
            (
                self.authorities
                    .iter()
                    .any(|one| one.licence_types.is_empty() || one.signers.organisations.is_empty()),
                "an authority issues nothing or signs by nobody",
            ),
            (
                self.announcement_keys
                    .iter()
                    .any(|one| Province::from_code(&one.province).is_none() || one.read().is_none()),
                "a key of announcements is of no province, or no key",
            ),
            (
                self.qr_keys.iter().any(|key| key.raw().is_none()),
                "a key of QR symbols is no Ed25519 key",
            ),
            (
                self.status_list_keys.iter().any(|key| key.read().is_none()),
                "a key of status lists is no key of P-256",
            ),
            (
                self.log.as_ref().is_some_and(|log| log.read().is_none()),
                "its log and witnesses are no quorum",
            ),
            (
                self.files.keys().any(|name| !known.contains(&name.as_str())),
                "it names files that are not part of a bundle",
            ),
        ];
        match faults.into_iter().find(|(faulty, _)| *faulty) {
            Some((_, what)) => Err(TrustError::Statement(what)),
            None => Ok(()),
        }
    }
}
