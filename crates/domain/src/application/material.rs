//! Materials of an application (申请材料; 101号 art 8–10, domain §1.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::reason::reasons;

/// A kind of material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MaterialKind {
    /// 注册申请表.
    ApplicationForm,
    /// 资格证书.
    QualificationCertificate,
    /// 学历证书.
    EducationCertificate,
    /// 身份证明.
    IdentityDocument,
    /// 劳动合同.
    LabourContract,
    /// 继续教育证明.
    ContinuingEducation,
    /// 一寸白底免冠照片.
    Photo,
    /// 手写签名图片.
    SignatureImage,
    /// 工作调动证明.
    TerminationProof,
    /// 原注册证书.
    PreviousCertificate,
    /// 更正事项证明.
    CorrectionProof,
    /// 注销事由证明.
    CancellationProof,
    /// 遗失声明.
    LossNotice,
}

const DOCUMENTS: &[&str] = &["application/pdf", "application/ofd", "image/jpeg", "image/png"];
const PICTURES: &[&str] = &["image/jpeg", "image/png"];
const MEBIBYTE: u64 = 1024 * 1024;

reasons! {
    /// Why a material is not taken.
    pub enum MaterialError {
        /// The media type is not allowed for the kind.
        MediaType { /** The kind. */ kind: MaterialKind, /** What is allowed. */ allowed: String }
            => "MATERIAL_MEDIA_TYPE", "domain §1.3",
            "{kind}的文件格式不符合要求，可上传：{allowed}。", "The media type is not allowed for this material; allowed: {allowed}.";
        /// Nothing was uploaded.
        Empty { /** The kind. */ kind: MaterialKind }
            => "MATERIAL_EMPTY", "domain §1.3", "{kind}的文件为空。", "The material is empty.";
        /// The bytes are not what was announced, not whole, or more than one thing.
        Content { /** The kind. */ kind: MaterialKind, /** What is wrong. */ problem: String }
            => "MATERIAL_CONTENT", "domain §1.3",
            "{kind}的文件已损坏、不完整、夹带其他内容，或与所声明的格式不符（{problem}）。",
            "The file is broken, incomplete, has something else in it, or is not of the announced type ({problem}).";
        /// Larger than allowed.
        TooLarge { /** The kind. */ kind: MaterialKind, /** Bytes allowed. */ limit: u64 }
            => "MATERIAL_TOO_LARGE", "domain §1.3",
            "{kind}的文件过大，不得超过{limit}字节。", "The material is larger than {limit} bytes.";
    }
}

impl MaterialKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::ApplicationForm,
        Self::QualificationCertificate,
        Self::EducationCertificate,
        Self::IdentityDocument,
        Self::LabourContract,
        Self::ContinuingEducation,
        Self::Photo,
        Self::SignatureImage,
        Self::TerminationProof,
        Self::PreviousCertificate,
        Self::CorrectionProof,
        Self::CancellationProof,
        Self::LossNotice,
    ];

    /// The name people know.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApplicationForm => "注册申请表",
            Self::QualificationCertificate => "资格证书",
            Self::EducationCertificate => "学历证书",
            Self::IdentityDocument => "身份证明",
            Self::LabourContract => "劳动合同",
            Self::ContinuingEducation => "继续教育证明",
            Self::Photo => "一寸白底免冠照片",
            Self::SignatureImage => "手写签名图片",
            Self::TerminationProof => "工作调动证明",
            Self::PreviousCertificate => "原注册证书",
            Self::CorrectionProof => "更正事项证明",
            Self::CancellationProof => "注销事由证明",
            Self::LossNotice => "遗失声明",
        }
    }

    /// The stable name, as stored and sent.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ApplicationForm => "APPLICATION_FORM",
            Self::QualificationCertificate => "QUALIFICATION_CERTIFICATE",
            Self::EducationCertificate => "EDUCATION_CERTIFICATE",
            Self::IdentityDocument => "IDENTITY_DOCUMENT",
            Self::LabourContract => "LABOUR_CONTRACT",
            Self::ContinuingEducation => "CONTINUING_EDUCATION",
            Self::Photo => "PHOTO",
            Self::SignatureImage => "SIGNATURE_IMAGE",
            Self::TerminationProof => "TERMINATION_PROOF",
            Self::PreviousCertificate => "PREVIOUS_CERTIFICATE",
            Self::CorrectionProof => "CORRECTION_PROOF",
            Self::CancellationProof => "CANCELLATION_PROOF",
            Self::LossNotice => "LOSS_NOTICE",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Media types that are taken.
    #[must_use]
    pub const fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Photo | Self::SignatureImage => PICTURES,
            Self::ApplicationForm
            | Self::QualificationCertificate
            | Self::EducationCertificate
            | Self::IdentityDocument
            | Self::LabourContract
            | Self::ContinuingEducation
            | Self::TerminationProof
            | Self::PreviousCertificate
            | Self::CorrectionProof
            | Self::CancellationProof
            | Self::LossNotice => DOCUMENTS,
        }
    }

    /// Bytes that are taken at most.
    #[must_use]
    pub const fn size_limit(self) -> u64 {
        match self {
            Self::Photo | Self::SignatureImage => MEBIBYTE,
            Self::LabourContract
            | Self::TerminationProof
            | Self::CorrectionProof
            | Self::CancellationProof => 20 * MEBIBYTE,
            Self::ApplicationForm
            | Self::QualificationCertificate
            | Self::EducationCertificate
            | Self::IdentityDocument
            | Self::ContinuingEducation
            | Self::PreviousCertificate
            | Self::LossNotice => 10 * MEBIBYTE,
        }
    }

    /// Checks the announced media type and size of an upload. Whether the bytes are what they say is checked where
    /// they are read.
    ///
    /// # Errors
    /// Type not allowed, empty, or too large.
    pub fn check(self, media_type: &str, size: u64) -> Result<(), MaterialError> {
        if !self
            .media_types()
            .iter()
            .any(|allowed| media_type.eq_ignore_ascii_case(allowed))
        {
            return Err(MaterialError::MediaType {
                kind: self,
                allowed: self.media_types().join("、"),
            });
        }
        match size {
            0 => Err(MaterialError::Empty { kind: self }),
            size if size > self.size_limit() => Err(MaterialError::TooLarge {
                kind: self,
                limit: self.size_limit(),
            }),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for MaterialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oversized_and_wrong_typed_materials_are_refused() {
        assert_eq!(MaterialKind::Photo.check("image/JPEG", 40_000), Ok(()));
        assert!(matches!(
            MaterialKind::Photo.check("application/pdf", 1),
            Err(MaterialError::MediaType { .. })
        ));
        assert!(matches!(
            MaterialKind::LabourContract.check("application/pdf", 0),
            Err(MaterialError::Empty { .. })
        ));
        let over = MaterialKind::LabourContract.size_limit() + 1;
        assert!(matches!(
            MaterialKind::LabourContract.check("application/pdf", over),
            Err(MaterialError::TooLarge { .. })
        ));
        for kind in MaterialKind::ALL {
            assert_eq!(MaterialKind::from_code(kind.code()), Some(kind));
        }
    }
}
