//! 信息更正: which facts of the register are not so, why, and since when (domain §0.10, §1.3).
//!
//! The new facts are those that identity holds; nobody types them in. What is claimed must be what differs: nothing that
//! is as the register says it, and nothing left out, for the new version takes all of it.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::cancellation::CancellationInitiator;
use crate::document_number::{DocumentNumber, Sex};
use crate::name::PersonName;
use crate::reason::{BilingualText, reasons};

#[cfg(test)]
mod tests;

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident = $field:literal, $zh:literal, $en:literal;)*) => {
        /// A fact of the certificate that a correction is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum CorrectedFact {
            $($(#[$doc])* $name,)*
        }

        impl CorrectedFact {
            /// Every fact.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its field of the facts record.
            #[must_use]
            pub const fn field(self) -> &'static str {
                match self { $(Self::$name => $field,)* }
            }

            /// The fact in words.
            #[must_use]
            pub fn name(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($zh, $en),)* }
            }
        }
    };
}

facts! {
    /// 姓名.
    Name = "holder.name", "姓名", "name";
    /// Kind and number of the document.
    Document = "holder.document", "证件", "identity document";
    /// 性别.
    Sex = "holder.sex", "性别", "sex";
    /// 出生日期.
    BirthDate = "holder.birth_date", "出生日期", "birth date";
    /// 照片.
    Photo = "photo", "照片", "photo";
    /// 手写签名图片.
    SignatureImage = "signature_image", "手写签名图片", "signature image";
}

impl CorrectedFact {
    /// Reads what [`Self::field`] names.
    #[must_use]
    pub fn of_field(field: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fact| fact.field() == field)
    }

    /// Whether it is a picture that the person hands in, not a fact that identity holds.
    #[must_use]
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Photo | Self::SignatureImage)
    }
}

impl fmt::Display for CorrectedFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().zh)
    }
}

/// Why what the register says is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "nature", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionNature {
    /// 登记错误: the version was wrong from its beginning.
    RegisterError,
    /// 依法变更: it was right until a day.
    LegalChange {
        /// The first day on which the new facts hold.
        changed_on: Date,
    },
}

/// A correction as asked for, cleared and announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionTerms {
    /// Which facts.
    pub facts: Vec<CorrectedFact>,
    /// Why.
    pub nature: CorrectionNature,
}

/// What an application for correction says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionDetails {
    /// What is to be corrected, and why.
    pub terms: CorrectionTerms,
    /// In words.
    pub statement: String,
    /// Who asks: the person, or the authority on its own motion.
    #[serde(default = "holder")]
    pub initiator: CancellationInitiator,
}

const fn holder() -> CancellationInitiator {
    CancellationInitiator::Holder
}

/// The facts about a person that identity holds and a certificate prints.
#[derive(Clone, Copy)]
pub struct IdentityFacts<'a> {
    /// 姓名.
    pub name: &'a PersonName,
    /// Kind and number.
    pub document: &'a DocumentNumber,
    /// 性别; none where it is not known.
    pub sex: Option<Sex>,
    /// 出生日期.
    pub birth_date: Date,
}

impl IdentityFacts<'_> {
    /// What differs from other facts about the same person.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<CorrectedFact> {
        let sexes_differ = matches!((self.sex, other.sex), (Some(one), Some(other)) if one != other);
        let comparisons = [
            (CorrectedFact::Name, self.name != other.name),
            (CorrectedFact::Document, self.document != other.document),
            (CorrectedFact::Sex, sexes_differ),
            (CorrectedFact::BirthDate, self.birth_date != other.birth_date),
        ];
        let differing = comparisons.into_iter().filter(|(_, differs)| *differs);
        differing.map(|(fact, _)| fact).collect()
    }
}

/// Shows nothing.
impl fmt::Debug for IdentityFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityFacts(***)")
    }
}

reasons! {
    /// Why a correction cannot be made as it is asked for.
    pub enum CorrectionRefused {
        /// No fact is named, or one twice.
        Facts => "CORRECTION_FACTS", "domain §1.3",
            "请选择需要更正的信息，且不得重复。", "Name the facts to be corrected, each once.";
        /// The change lies ahead.
        ChangeAhead => "CORRECTION_CHANGE_AHEAD", "domain §1.3",
            "依法变更的日期不得晚于当日。", "A legal change cannot lie ahead.";
        /// The register says it as identity does.
        Unfounded { /** Which. */ fact: CorrectedFact }
            => "CORRECTION_UNFOUNDED", "domain §1.3",
            "登记信息与实名信息一致，无需更正：{fact}。", "The register and the real-name record agree on this fact: {fact}.";
        /// Another fact differs as well.
        Incomplete { /** Which. */ fact: CorrectedFact }
            => "CORRECTION_INCOMPLETE", "domain §1.3",
            "另有信息与实名信息不一致，须一并更正：{fact}。", "Another fact differs from the real-name record and must be corrected along: {fact}.";
        /// The picture to put in place is not there.
        PictureMissing { /** Which. */ fact: CorrectedFact }
            => "CORRECTION_PICTURE_MISSING", "domain §1.3, §1.10",
            "缺少用于更正的图片：{fact}。", "The new picture is missing: {fact}.";
    }
}

impl CorrectionTerms {
    /// Checks what is claimed by itself.
    ///
    /// # Errors
    /// Nothing or something twice, or a change that lies ahead.
    pub fn check(&self, today: Date) -> Result<(), CorrectionRefused> {
        let mut distinct = self.facts.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.is_empty() || distinct.len() != self.facts.len() {
            return Err(CorrectionRefused::Facts);
        }
        match self.nature {
            CorrectionNature::LegalChange { changed_on } if changed_on > today => {
                Err(CorrectionRefused::ChangeAhead)
            }
            CorrectionNature::LegalChange { .. } | CorrectionNature::RegisterError => Ok(()),
        }
    }

    /// Checks what is claimed against what differs between the register and identity.
    ///
    /// # Errors
    /// A fact that does not differ, or one that does and is left out.
    pub fn check_against(&self, differing: &[CorrectedFact]) -> Result<(), CorrectionRefused> {
        let claimed = self.facts.iter().filter(|fact| !fact.is_picture());
        if let Some(fact) = claimed.into_iter().find(|fact| !differing.contains(fact)) {
            return Err(CorrectionRefused::Unfounded { fact: *fact });
        }
        match differing.iter().find(|fact| !self.facts.contains(fact)) {
            Some(fact) => Err(CorrectionRefused::Incomplete { fact: *fact }),
            None => Ok(()),
        }
    }

    /// Whether a fact is claimed.
    #[must_use]
    pub fn is_about(&self, fact: CorrectedFact) -> bool {
        self.facts.contains(&fact)
    }
}
