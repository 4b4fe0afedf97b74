//! Use copies (加注件) beside their period: how many a day, the consents (授权) by which an employer may have them made, and
//! what an employer is told where there is none (domain §1.10; 个人信息保护法 art 14–15).

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::plus_days;
use crate::certificate::Purpose;
use crate::policy::UseCopyPolicy;
use crate::reason::{BilingualText, reasons};

#[cfg(test)]
mod tests;

/// Most living consents of one person, and most requests of one employer that wait for one person.
pub const MOST_CONSENTS: usize = 20;
/// Most open requests.
pub const MOST_REQUESTS: usize = 20;

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 6] = [
        Self::Tender,
        Self::EnterpriseQualification,
        Self::ConstructionPermit,
        Self::Inspection,
        Self::Employment,
        Self::Other,
    ];

    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tender => "TENDER",
            Self::EnterpriseQualification => "ENTERPRISE_QUALIFICATION",
            Self::ConstructionPermit => "CONSTRUCTION_PERMIT",
            Self::Inspection => "INSPECTION",
            Self::Employment => "EMPLOYMENT",
            Self::Other => "OTHER",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// What a copy is for. Copies of one version that say the same on one day are one copy.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyTerms {
    /// 用途.
    pub purpose: Purpose,
    /// The case, such as a tender number.
    pub purpose_reference: String,
    /// 使用对象.
    pub recipient: String,
}

/// A recipient may be a person: nothing of it is shown.
impl std::fmt::Debug for CopyTerms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CopyTerms({})", self.purpose.code())
    }
}

/// By whose wish a copy is made. An employer uses nothing up of what the holder may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The holder's own.
    Holder,
    /// An employer's, under a standing consent.
    Consent,
}

/// Copies made today, revoked ones included: a copy that is taken back still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MadeToday {
    /// By the holder, of this version.
    pub of_version: u32,
    /// By the holder, of any version.
    pub of_holder: u32,
    /// Under consents, of any version.
    pub by_consent: u32,
}

reasons! {
    /// Why no further copy can be made today (2021通知; domain §1.10, the number is the policy's).
    pub enum DailyLimit {
        /// Of this version.
        OfVersion { /// Of the policy.
            per_day: u16 } => "USE_COPY_LIMIT_REACHED", "2021通知 7; domain §1.10",
            "该证书版本今日加注次数已达上限（每日{per_day}次）。可使用今日已有的加注件，或明日再办。",
            "no more than {per_day} copies of this version can be made in a day";
        /// Of this holder, whatever the version.
        OfHolder { /// Of the policy.
            per_day: u16 } => "HOLDER_COPY_LIMIT_REACHED", "2021通知 7; domain §1.10",
            "您今日加注次数已达上限（每日{per_day}次）。可使用今日已有的加注件，或明日再办。",
            "no more than {per_day} copies can be made by a holder in a day";
        /// Under the holder's consents.
        ByConsent { /// Of the policy.
            per_day: u16 } => "CONSENT_COPY_LIMIT_REACHED", "2021通知 7; domain §1.10",
            "今日依授权办理的加注件已达上限（每日{per_day}次），请明日再办。",
            "no more than {per_day} copies of a holder can be made under consents in a day";
    }
}

impl UseCopyPolicy {
    /// Whether one more copy may be made today.
    ///
    /// # Errors
    /// Which limit is reached. For the holder's eyes alone.
    pub fn admit(&self, maker: Maker, made: MadeToday) -> Result<(), DailyLimit> {
        let (of_version, of_holder) = (u32::from(self.per_day), u32::from(self.per_day_holder));
        match maker {
            Maker::Holder if made.of_version >= of_version => Err(DailyLimit::OfVersion {
                per_day: self.per_day,
            }),
            Maker::Holder if made.of_holder >= of_holder => Err(DailyLimit::OfHolder {
                per_day: self.per_day_holder,
            }),
            Maker::Consent if made.by_consent >= u32::from(self.per_day_consent) => {
                Err(DailyLimit::ByConsent {
                    per_day: self.per_day_consent,
                })
            }
            Maker::Holder | Maker::Consent => Ok(()),
        }
    }
}

reasons! {
    /// Why a consent, or the answer to an employer's request, is not taken.
    pub enum ConsentRefused {
        /// Nothing is allowed by it.
        WithoutPurpose => "CONSENT_WITHOUT_PURPOSE", "个人信息保护法 art 14; domain §1.10",
            "授权须至少列明一项用途。", "a consent names at least one purpose";
        /// The end has been.
        EndsInThePast => "CONSENT_ENDS_IN_THE_PAST", "个人信息保护法 art 14; domain §1.10",
            "授权截止日不得早于今日。", "a consent cannot end before today";
        /// It would stand too long.
        TooLong { /// The last day that is possible.
            latest: Date } => "CONSENT_TOO_LONG", "个人信息保护法 art 14; domain §1.10",
            "授权期限过长，截止日不得晚于{latest}。", "a consent must end on {latest} at the latest";
        /// Consents are given to the employer of the registration alone.
        NotTheEmployer => "CONSENT_NOT_TO_EMPLOYER", "153号 art 15; domain §1.10",
            "只能授权给当前注册的聘用单位。", "a consent can be given to the employer of the registration alone";
        /// So many stand already.
        TooMany => "CONSENTS_TOO_MANY", "domain §1.10",
            "生效中的授权过多，请先撤回不再需要的授权。", "too many consents stand; revoke those that are not needed";
        /// Answered before, or lapsed.
        RequestSettled => "COPY_REQUEST_SETTLED", "domain §1.10",
            "该请求已处理或已失效。", "this request was answered before, or has lapsed";
    }
}

/// What a standing consent allows its employer: copies for these purposes until the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentTerms {
    /// At least one.
    pub purposes: BTreeSet<Purpose>,
    /// The last day.
    pub ends_on: Date,
}

impl ConsentTerms {
    /// Whether such a consent can be given today to the employer of the registration; `living` others stand.
    ///
    /// # Errors
    /// What it lacks.
    pub fn check(&self, today: Date, policy: &UseCopyPolicy, living: usize) -> Result<(), ConsentRefused> {
        let latest = plus_days(today, i32::from(policy.consent_days));
        if self.purposes.is_empty() {
            Err(ConsentRefused::WithoutPurpose)
        } else if self.ends_on < today {
            Err(ConsentRefused::EndsInThePast)
        } else if self.ends_on > latest {
            Err(ConsentRefused::TooLong { latest })
        } else if living >= MOST_CONSENTS {
            Err(ConsentRefused::TooMany)
        } else {
            Ok(())
        }
    }
}

/// What ended a consent before its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentEnd {
    /// The holder took it back (个人信息保护法 art 15).
    Revoked,
    /// The registration left the employer, or ended.
    EmploymentEnded,
}

impl ConsentEnd {
    /// As stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::EmploymentEnded => "employment_ended",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Revoked, Self::EmploymentEnded]
            .into_iter()
            .find(|end| end.code() == code)
    }
}

/// Where a consent stands on a day. Its last day passes by the calendar, without a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentState {
    /// It allows.
    Standing,
    /// Its last day has passed.
    Expired,
    /// It was ended before.
    Ended(ConsentEnd),
}

impl ConsentTerms {
    /// Where it stands on a day, given what ended it.
    #[must_use]
    pub fn state(&self, ended: Option<ConsentEnd>, today: Date) -> ConsentState {
        match ended {
            Some(end) => ConsentState::Ended(end),
            None if today > self.ends_on => ConsentState::Expired,
            None => ConsentState::Standing,
        }
    }

    /// Whether it allows a copy for a purpose on a day.
    #[must_use]
    pub fn allows(&self, purpose: Purpose, ended: Option<ConsentEnd>, today: Date) -> bool {
        self.state(ended, today) == ConsentState::Standing && self.purposes.contains(&purpose)
    }
}

macro_rules! missing {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal, $en:literal;)*) => {
        /// Why a package lacks somebody's copy: what the employer needs to know and no more. A limit, an age or a
        /// suspension is told to the holder, never to the employer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MissingReason {
            $($(#[$doc])* $name,)*
        }

        impl MissingReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As stored.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Reads what [`Self::code`] wrote.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.code() == code)
            }

            /// What people read.
            #[must_use]
            pub fn text(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($zh, $en),)* }
            }
        }
    };
}

missing! {
    /// Not registered with the employer now; whether ever, or elsewhere, is not said.
    NotMember = "NOT_MEMBER", "该人员当前未注册于贵单位。", "not registered with you now";
    /// There is no copy for this recipient and no consent; the holder was asked.
    HolderAsked = "HOLDER_ASKED", "没有面向该使用对象的加注件，也没有授权；已请持证人确认。",
        "there is neither a copy for this recipient nor a consent; the holder was asked";
    /// The holder has said no to the same request.
    Declined = "DECLINED", "持证人未同意。", "the holder declined";
    /// Nothing can be had at present; the holder sees why.
    Unavailable = "UNAVAILABLE", "目前无法取得，具体情况请持证人登录查看。", "nothing can be had at present; the holder sees why";
    /// The copy is not ready yet: the same request gives it.
    BeingMade = "BEING_MADE", "加注件正在制作，请稍后以同一请求再取。", "the copy is being made; repeat the same request shortly";
}

/// Where an employer's request for a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyRequestState {
    /// The holder has not answered.
    Pending,
    /// The copy was made.
    Approved,
    /// The holder declined.
    Declined,
    /// Nobody answered in time, or the employment ended.
    Lapsed,
}

impl CopyRequestState {
    /// As stored. That a request's days have passed is derived and never stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Declined, Self::Lapsed]
            .into_iter()
            .find(|state| state.code() == code)
    }

    /// Where it stands on a day.
    #[must_use]
    pub fn on(self, today: Date, expires_on: Date) -> Self {
        match self {
            Self::Pending if today > expires_on => Self::Lapsed,
            state => state,
        }
    }

    /// Whether the holder may answer.
    ///
    /// # Errors
    /// It was answered, or lapsed.
    pub fn check_open(self, today: Date, expires_on: Date) -> Result<(), ConsentRefused> {
        match self.on(today, expires_on) {
            Self::Pending => Ok(()),
            Self::Approved | Self::Declined | Self::Lapsed => Err(ConsentRefused::RequestSettled),
        }
    }
}
