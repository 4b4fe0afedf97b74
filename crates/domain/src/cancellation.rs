//! 注销注册: who asks for it, on what ground, and of what (153号 art 17; 101号 art 11; domain §1.3, §1.6).

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::reason::reasons;
use crate::specialty::Specialty;
use crate::validity::Validity;

#[cfg(test)]
mod tests;

/// Who asks for a cancellation; only they submit and withdraw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancellationInitiator {
    /// The person.
    Holder,
    /// The registered employer.
    Employer,
    /// The accepting authority on its own motion (依职权).
    Authority,
}

impl CancellationInitiator {
    /// The initiator in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holder => "本人",
            Self::Employer => "聘用单位",
            Self::Authority => "注册机关",
        }
    }
}

impl fmt::Display for CancellationInitiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! grounds {
    ($($(#[$doc:meta])* $name:ident = $article:literal, $zh:literal, by($($by:ident)+);)*) => {
        /// Why a registration is cancelled.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum CancellationGround {
            $($(#[$doc])* $name,)*
        }

        impl CancellationGround {
            /// Every ground.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The ground in words.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// The article.
            #[must_use]
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }

            /// Whether an initiator may state it.
            #[must_use]
            pub fn may_be_stated_by(self, initiator: CancellationInitiator) -> bool {
                match self { $(Self::$name => [$(CancellationInitiator::$by),+].contains(&initiator),)* }
            }
        }
    };
}

grounds! {
    /// Art 16(1).
    EmployerBankrupt = "153号 art 17, 16(1)", "聘用单位破产", by(Holder Employer Authority);
    /// Art 16(2).
    EmployerLicenceRevoked = "153号 art 17, 16(2)", "聘用单位被吊销营业执照", by(Holder Employer Authority);
    /// Art 16(3).
    EmployerQualificationRevoked = "153号 art 17, 16(3)", "聘用单位被吊销或者撤回资质证书", by(Holder Employer Authority);
    /// Art 16(4).
    EmploymentEnded = "153号 art 17, 16(4)", "已与聘用单位解除聘用合同关系", by(Holder Employer Authority);
    /// Art 16(5).
    TermExpired = "153号 art 17, 16(5)", "注册有效期满且未延续注册", by(Holder Employer Authority);
    /// Art 16(6).
    OverAge = "153号 art 17, 16(6)", "年龄超过65周岁", by(Holder Employer Authority);
    /// Art 16(7).
    DeadOrIncapable = "153号 art 17, 16(7)", "死亡或不具有完全民事行为能力", by(Employer Authority);
    /// 撤销.
    RegistrationRevoked = "153号 art 17", "依法被撤销注册", by(Authority);
    /// 吊销.
    CertificateStripped = "153号 art 17", "依法被吊销注册证书", by(Authority);
    /// 刑事处罚.
    CriminalPenalty = "153号 art 17", "受到刑事处罚", by(Holder Employer Authority);
    /// The person no longer wishes to be registered, or not for a specialty.
    OwnWish = "153号 art 17; 101号 art 11", "本人自愿注销", by(Holder);
    /// Art 16(8) and 17: another statute.
    OtherStatute = "153号 art 17, 16(8)", "法律、法规规定应当注销注册的其他情形", by(Holder Employer Authority);
}

impl CancellationGround {
    /// Whether it takes the ground from the whole registration, so that no specialty can be left.
    #[must_use]
    pub const fn ends_all(self) -> bool {
        !matches!(self, Self::TermExpired | Self::OwnWish | Self::OtherStatute)
    }
}

impl fmt::Display for CancellationGround {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an application for cancellation says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationDetails {
    /// Who asks.
    pub initiator: CancellationInitiator,
    /// Why.
    pub ground: CancellationGround,
    /// In words.
    pub statement: String,
    /// The last day of the employment, where that is the ground.
    pub employment_ended_on: Option<Date>,
    /// Everything that is registered when it takes effect, not single specialties.
    pub whole: bool,
    /// The person's commitment, given with the hand-over to an employer whose confirmation completes it.
    pub commitment: bool,
}

reasons! {
    /// Why a cancellation cannot be asked for as it stands.
    pub enum CancellationRefused {
        /// Somebody else's to state.
        GroundOfAnother { /** Which. */ ground: CancellationGround, /** Who states it. */ initiator: CancellationInitiator }
            => "CANCELLATION_GROUND_OF_ANOTHER", "153号 art 17",
            "“{ground}”不能由{initiator}提出。", "This ground is not for {initiator} to state: {ground}.";
        /// The ground leaves no specialty.
        GroundEndsAll { /** Which. */ ground: CancellationGround }
            => "CANCELLATION_GROUND_ENDS_ALL", "153号 art 16–17",
            "“{ground}”的，须注销全部注册专业。", "On this ground the whole registration is cancelled: {ground}.";
        /// The ground is an end that has not come.
        TermNotOver { /** Which. */ specialty: Specialty }
            => "CANCELLATION_TERM_NOT_OVER", "153号 art 16(5)",
            "该专业注册有效期尚未届满：{specialty}。", "The term of the specialty is not over: {specialty}.";
        /// Nothing is said where something must be.
        StatementMissing => "CANCELLATION_STATEMENT_MISSING", "153号 art 17; 行政许可法 art 38",
            "请写明注销事由。", "Say in words why the registration is to be cancelled.";
        /// The end of the employment is not given, or lies ahead.
        EmploymentEnd => "CANCELLATION_EMPLOYMENT_END", "153号 art 16(4)",
            "请填写解除聘用合同关系的日期，且不得晚于当日。", "Give the last day of the employment; it cannot lie ahead.";
    }
}

impl CancellationDetails {
    /// Checks what is said against the specialties it is asked for, with their terms as registered.
    ///
    /// # Errors
    /// The first rule that stands against it.
    pub fn check(&self, asked: &[(Specialty, Validity)], today: Date) -> Result<(), CancellationRefused> {
        let (ground, initiator) = (self.ground, self.initiator);
        if !ground.may_be_stated_by(initiator) {
            return Err(CancellationRefused::GroundOfAnother { ground, initiator });
        }
        if !self.whole && ground.ends_all() {
            return Err(CancellationRefused::GroundEndsAll { ground });
        }
        let alive = asked.iter().find(|(_, term)| !term.is_over(today));
        if let (CancellationGround::TermExpired, Some((specialty, _))) = (ground, alive) {
            return Err(CancellationRefused::TermNotOver {
                specialty: *specialty,
            });
        }
        let must_say =
            initiator == CancellationInitiator::Authority || ground == CancellationGround::OtherStatute;
        if must_say && self.statement.trim().is_empty() {
            return Err(CancellationRefused::StatementMissing);
        }
        let dated = self.employment_ended_on.is_some_and(|day| day <= today);
        if ground == CancellationGround::EmploymentEnded && !dated {
            return Err(CancellationRefused::EmploymentEnd);
        }
        Ok(())
    }

    /// What province and nation bind: what is ended, by whom, why.
    #[must_use]
    pub fn terms(&self, asked: &[Specialty]) -> CancellationTerms {
        CancellationTerms {
            initiator: self.initiator,
            ground: self.ground,
            specialties: (!self.whole).then(|| asked.to_vec()),
        }
    }
}

/// A cancellation as cleared and announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationTerms {
    /// Who asked.
    pub initiator: CancellationInitiator,
    /// Why.
    pub ground: CancellationGround,
    /// These and no others; none: the whole registration.
    pub specialties: Option<Vec<Specialty>>,
}

/// Whether a cancellation that the person asks for is announced or ends with the employer's confirmation (2018 practice;
/// domain §1.3). One of single specialties makes a certificate and is always announced; so is one that somebody else
/// asks for or that is forced, since nobody of the parties then speaks for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancellationCompletion {
    /// Accepted, reviewed, decided, announced.
    #[default]
    Announcement,
    /// The employer's confirmation completes it.
    EmployerConfirmation,
}
