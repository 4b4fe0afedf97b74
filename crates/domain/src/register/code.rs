//! The national code sets of status and operation, and the causes that end a registration (domain §1.6).

use serde::{Deserialize, Serialize};

use super::RegisterAct;

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal, $zh:literal;)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Two digits.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The word of the code set.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }

            /// Reads two digits.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.code() == code)
            }
        }
    };
}

codes! {
    /// Outward status of a certificate, the national collection's set.
    StatusCode {
        /// 有效.
        Valid = "01", "有效";
        /// 暂扣.
        Suspended = "02", "暂扣";
        /// 撤销: wrongly granted.
        Revoked = "03", "撤销";
        /// 注销: procedural end.
        Cancelled = "04", "注销";
        /// 失效.
        Lapsed = "05", "失效";
        /// 办理转出.
        MovingOut = "06", "办理转出";
        /// 吊销: a penalty.
        Stripped = "07", "吊销";
        /// 其他; needs a description.
        Other = "99", "其他";
    }
}

codes! {
    /// Operation that led to a status, the national collection's set.
    OperationCode {
        /// 新发.
        Issue = "01", "新发";
        /// 延续.
        Renew = "02", "延续";
        /// 暂扣.
        Suspend = "03", "暂扣";
        /// 过期失效.
        Lapse = "04", "过期失效";
        /// 注销（撤销/吊销/转出）.
        End = "05", "注销";
        /// 暂扣发还.
        Restore = "06", "暂扣发还";
        /// 其他.
        Other = "07", "其他";
        /// 转入.
        MoveIn = "08", "转入";
        /// 变更.
        Change = "09", "变更";
        /// 取消转出.
        CancelMoveOut = "10", "取消转出";
    }
}

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident = $status:ident, $article:literal, $zh:literal;)*) => {
        /// What ended a registration, and in which of the legal states it left it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum EndCause {
            $($(#[$doc])* $variant,)*
        }

        impl EndCause {
            /// Every cause.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The outward status it leads to.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// The article.
            #[must_use]
            pub const fn article(self) -> &'static str {
                match self { $(Self::$variant => $article,)* }
            }

            /// The cause in words.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
        }
    };
}

causes! {
    /// Art 16(1).
    EmployerBankrupt = Lapsed, "153号 art 16(1)", "聘用单位破产";
    /// Art 16(2).
    EmployerLicenceRevoked = Lapsed, "153号 art 16(2)", "聘用单位被吊销营业执照";
    /// Art 16(3).
    EmployerQualificationRevoked = Lapsed, "153号 art 16(3)", "聘用单位被吊销或者撤回资质证书";
    /// Art 16(4).
    EmploymentEnded = Lapsed, "153号 art 16(4)", "已与聘用单位解除聘用合同关系";
    /// Art 16(5).
    TermExpired = Lapsed, "153号 art 16(5)", "注册有效期满且未延续注册";
    /// Art 16(6).
    OverAge = Lapsed, "153号 art 16(6)", "年龄超过65周岁";
    /// Art 16(7).
    DeadOrIncapable = Lapsed, "153号 art 16(7)", "死亡或不具有完全民事行为能力";
    /// Art 17: applied for, or ordered after an event of art 16.
    Cancelled = Cancelled, "153号 art 17", "注销注册";
    /// 行政许可法 art 69.
    WronglyGranted = Revoked, "行政许可法 art 69", "违法准予注册被撤销";
    /// Art 34.
    Fraud = Revoked, "153号 art 34", "以欺骗、贿赂等不正当手段取得注册被撤销";
    /// A penalty.
    Penalty = Stripped, "153号 art 17", "依法被吊销注册证书";
    /// Art 16(8): another event that makes a registration lapse.
    OtherStatute = Lapsed, "153号 art 16(8)", "其他导致注册失效的情形";
}

impl EndCause {
    /// Whether whoever verifies is told the cause: death and incapacity are nobody else's.
    #[must_use]
    pub const fn is_told_to_all(self) -> bool {
        !matches!(self, Self::DeadOrIncapable)
    }
}

impl RegisterAct {
    /// The operation code it is reported under.
    #[must_use]
    pub const fn operation(&self) -> OperationCode {
        match self {
            Self::Register { .. } => OperationCode::Issue,
            Self::Renew { .. } | Self::DeemRenewed { .. } => OperationCode::Renew,
            Self::ChangeEmployer { .. }
            | Self::AddSpecialties { .. }
            | Self::CancelSpecialties { .. }
            | Self::Correct { .. } => OperationCode::Change,
            Self::Cancel { .. } => OperationCode::End,
            Self::Lapse { .. } => OperationCode::Lapse,
            Self::Suspend { .. } => OperationCode::Suspend,
            Self::Restore => OperationCode::Restore,
            Self::MoveOut => OperationCode::End,
            Self::MoveIn { .. } => OperationCode::MoveIn,
            Self::CancelMoveOut => OperationCode::CancelMoveOut,
            Self::End { cause } => match cause.status() {
                StatusCode::Lapsed => OperationCode::Lapse,
                _ => OperationCode::End,
            },
            Self::UndoLapse { .. }
            | Self::Reinstate { .. }
            | Self::ReissueSeal
            | Self::NoteRenewalAccepted
            | Self::NoteRenewalClosed
            | Self::NoteMoveBegun { .. } => OperationCode::Other,
        }
    }

    /// Whether it makes a new certificate version, which supersedes the one before.
    #[must_use]
    pub const fn makes_version(&self) -> bool {
        // What is reinstated supersedes nothing: its last version ended with it.
        matches!(self, Self::Reinstate { .. }) || crate::certificate::SupersessionReason::of(self).is_some()
    }
}
