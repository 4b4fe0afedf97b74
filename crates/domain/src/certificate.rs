//! Certificates: the canonical facts of a version, its use copies, the metadata its files carry.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::authority::Authority;
use crate::credit_code::CreditCode;
use crate::document_number::{DocumentNumber, Sex};
use crate::ids::CopyId;
use crate::licence_identifier::LicenceIdentifier;
use crate::name::PersonName;
use crate::qualification::QualificationNumber;
use crate::register::OperationCode;
use crate::registration_number::RegistrationNumber;
use crate::specialty::Specialty;
use crate::validity::UsePeriodCap;

mod canonical;
pub mod metadata;
#[cfg(test)]
mod tests;
mod version;

pub use canonical::FactsError;
pub use version::{CertificateVersion, Supersession, SupersessionReason, VersionState};

/// The name of the certificate (ZZMC).
pub const CERTIFICATE_NAME: &str = "中华人民共和国一级建造师注册证书";

/// The format of the record below.
pub const FACTS_FORMAT: u32 = 1;

/// Everything a certificate states, in one canonical record (design §4): what is drawn, sealed, logged and compared.
///
/// Its bytes are RFC 8785 JSON of NFC strings ([`Self::canonical_bytes`]). Unknown fields are refused: a later format
/// has another number. Debug shows the identifier alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsRecord {
    /// [`FACTS_FORMAT`].
    pub format: u32,
    /// 电子证照标识 (ZZBS).
    pub licence_identifier: LicenceIdentifier,
    /// 证照名称.
    pub certificate_name: String,
    /// 证照类型代码.
    pub type_code: String,
    /// 证照编号, which is the registration number.
    pub number: RegistrationNumber,
    /// Version, equal to that of the identifier until a new serial is drawn.
    pub version: u16,
    /// 颁发机构.
    pub issuer: Organisation,
    /// 持证主体.
    pub holder: Holder,
    /// 聘用企业.
    pub employer: Organisation,
    /// 注册专业, in the order of the table.
    pub specialties: Vec<SpecialtyFacts>,
    /// First day on which any specialty is valid.
    pub valid_from: Date,
    /// Last day on which any specialty is valid, the 65th birthday at most.
    pub valid_to: Date,
    /// 签发日期.
    pub issued_on: Date,
    /// 执业印章.
    pub practice_seal: PracticeSeal,
    /// Hex SM3 of the photo.
    pub photo_sm3: String,
    /// Hex SM3 of the handwritten-signature image.
    pub signature_image_sm3: String,
    /// How it is drawn.
    pub layout: Layout,
    /// The version this one takes the place of (关联证照).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<LicenceIdentifier>,
    /// The operation that made it.
    pub operation: OperationCode,
    /// Who decided.
    pub decided_by: Authority,
    /// Who announced.
    pub announced_by: Authority,
    /// 公告文号.
    pub announcement_number: String,
    /// Made with keys that carry the specimen mark.
    pub specimen: bool,
    /// Hex salt of the facts leaf, once the log exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// Where the status of this version (or copy) can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_list: Option<StatusListEntry>,
    /// Where the facts leaf is logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogEntry>,
    /// What makes this a use copy (加注件); none for the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_copy: Option<UseCopyFacts>,
}

/// An organisation with its credit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Full name.
    pub name: String,
    /// Unified social credit code.
    pub credit_code: CreditCode,
}

/// The person a certificate is about. Debug shows nothing of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// 姓名.
    pub name: PersonName,
    /// 性别.
    pub sex: Sex,
    /// 出生日期.
    pub birth_date: Date,
    /// Kind and number of the identity document.
    pub document: DocumentNumber,
    /// Its code type of GB/T 36903 annex A.
    pub document_code_type: String,
}

/// One specialty as certified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialtyFacts {
    /// Which.
    pub specialty: Specialty,
    /// 专业有效期起.
    pub valid_from: Date,
    /// 专业有效期止.
    pub valid_to: Date,
    /// 资格证书管理号.
    pub qualification_number: QualificationNumber,
}

/// The practice seal (执业印章; domain §1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PracticeSeal {
    /// Re-issues after loss, 0 to 99.
    pub check_code: u8,
    /// The end printed on it.
    pub valid_to: Date,
}

/// The layout and the program that drew it, for re-rendering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Version of the face.
    pub version: u32,
    /// Version of the library set.
    pub renderer: String,
    /// Whether the face shows the document number in full (policy).
    pub show_document_number: bool,
}

/// An entry of a status list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusListEntry {
    /// The list.
    pub uri: String,
    /// The place in it.
    pub index: u64,
}

/// A leaf of the transparency log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Origin of the log.
    pub origin: String,
    /// Index of the leaf.
    pub leaf_index: u64,
    /// Hex of the commitment to the facts that the leaf is.
    pub commitment: String,
    /// The proof with a checkpoint that a quorum of witnesses has cosigned (C2SP tlog-proof).
    pub proof: String,
}

/// What a use copy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// 招标投标.
    Tender,
    /// 企业资质申报.
    EnterpriseQualification,
    /// 施工许可.
    ConstructionPermit,
    /// 执业检查.
    Inspection,
    /// 入职.
    Employment,
    /// 其他.
    Other,
}

impl Purpose {
    /// The purpose in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tender => "招标投标",
            Self::EnterpriseQualification => "企业资质申报",
            Self::ConstructionPermit => "施工许可",
            Self::Inspection => "执业检查",
            Self::Employment => "入职",
            Self::Other => "其他",
        }
    }
}

/// What a use copy adds (加注; domain §1.10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseCopyFacts {
    /// Its own id.
    pub copy_id: CopyId,
    /// 用途.
    pub purpose: Purpose,
    /// The case, such as a tender number.
    pub purpose_reference: String,
    /// 使用对象.
    pub recipient: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// 使用有效期: the last day.
    pub use_until: Date,
    /// What decided that day.
    pub capped_by: UsePeriodCap,
}

impl FactsRecord {
    /// The facts of a use copy: the same version with the copy's own facts, listing only the specialties alive on the
    /// day it is made (domain §1.10). Its place in a status list is not that of the version: it has none yet.
    #[must_use]
    pub fn for_copy(&self, copy: UseCopyFacts, living: &[Specialty]) -> Self {
        let mut facts = self.clone();
        facts
            .specialties
            .retain(|known| living.contains(&known.specialty));
        facts.use_copy = Some(copy);
        facts.status_list = None;
        facts
    }

    /// Names of the facts that differ from another version, in the order of the record; what every version has of its
    /// own (identifier, version, day of issue, operation, log) does not count.
    #[must_use]
    pub fn changed_facts(&self, other: &Self) -> Vec<&'static str> {
        let comparisons = [
            ("number", self.number == other.number),
            ("holder.name", self.holder.name == other.holder.name),
            ("holder.sex", self.holder.sex == other.holder.sex),
            (
                "holder.birth_date",
                self.holder.birth_date == other.holder.birth_date,
            ),
            ("holder.document", self.holder.document == other.holder.document),
            ("employer", self.employer == other.employer),
            ("specialties", self.specialties == other.specialties),
            ("practice_seal", self.practice_seal == other.practice_seal),
            ("photo", self.photo_sm3 == other.photo_sm3),
            (
                "signature_image",
                self.signature_image_sm3 == other.signature_image_sm3,
            ),
            ("issuer", self.issuer == other.issuer),
        ];
        comparisons
            .into_iter()
            .filter(|(_, same)| !same)
            .map(|(name, _)| name)
            .collect()
    }
}

impl std::fmt::Debug for FactsRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FactsRecord")
            .field("licence_identifier", &self.licence_identifier.to_string())
            .field("use_copy", &self.use_copy.as_ref().map(|copy| copy.copy_id))
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Holder(***)")
    }
}
