//! Kinds of identity documents and the code types that licences use for them.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $stable:literal, $code:literal, $zh:literal;)*) => {
        /// The precise kind of an identity document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum DocumentKind {
            $($(#[$doc])* #[serde(rename = $stable)] $name,)*
        }

        impl DocumentKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as stored and sent.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $stable,)* }
            }

            /// The name people know.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// Code type per GB/T 36903-2018 annex A; residence permits and permanent-resident cards are not in
            /// that annex and count as 999 (domain §2.4).
            #[must_use]
            pub const fn code_type(self) -> HolderCodeType {
                match self { $(Self::$name => HolderCodeType($code),)* }
            }
        }
    };
}

kinds! {
    /// 居民身份证.
    CitizenIdentityCard = "CITIZEN_IDENTITY_CARD", "111", "居民身份证";
    /// 港澳居民居住证, Hong Kong (address code 810000).
    HongKongResidencePermit = "HONG_KONG_RESIDENCE_PERMIT", "999", "港澳居民居住证（香港）";
    /// 港澳居民居住证, Macao (820000).
    MacaoResidencePermit = "MACAO_RESIDENCE_PERMIT", "999", "港澳居民居住证（澳门）";
    /// 台湾居民居住证 (830000).
    TaiwanResidencePermit = "TAIWAN_RESIDENCE_PERMIT", "999", "台湾居民居住证";
    /// 外国人永久居留身份证, 2017 version.
    ForeignPermanentResident2017 = "FOREIGN_PERMANENT_RESIDENT_2017", "999", "外国人永久居留身份证（2017版）";
    /// 外国人永久居留身份证, 2023 version.
    ForeignPermanentResident2023 = "FOREIGN_PERMANENT_RESIDENT_2023", "999", "外国人永久居留身份证（2023版）";
    /// 解放军军官证.
    MilitaryOfficer = "MILITARY_OFFICER", "114", "解放军军官证";
    /// 武警警官证.
    ArmedPoliceOfficer = "ARMED_POLICE_OFFICER", "115", "武警警官证";
    /// 解放军士兵证.
    Soldier = "SOLDIER", "118", "解放军士兵证";
    /// 武警士兵证.
    ArmedPoliceSoldier = "ARMED_POLICE_SOLDIER", "119", "武警士兵证";
    /// 解放军文职人员证.
    MilitaryCivilian = "MILITARY_CIVILIAN", "120", "解放军文职人员证";
    /// 武警文职人员证.
    ArmedPoliceCivilian = "ARMED_POLICE_CIVILIAN", "122", "武警文职人员证";
    /// 外交护照.
    DiplomaticPassport = "DIPLOMATIC_PASSPORT", "411", "外交护照";
    /// 公务护照.
    ServicePassport = "SERVICE_PASSPORT", "412", "公务护照";
    /// 公务普通护照.
    OfficialOrdinaryPassport = "OFFICIAL_ORDINARY_PASSPORT", "413", "公务普通护照";
    /// 普通护照.
    OrdinaryPassport = "ORDINARY_PASSPORT", "414", "普通护照";
    /// 台湾居民来往大陆通行证.
    TaiwanTravelPermit = "TAIWAN_TRAVEL_PERMIT", "511", "台湾居民来往大陆通行证";
    /// 港澳居民来往内地通行证.
    HongKongMacaoTravelPermit = "HONG_KONG_MACAO_TRAVEL_PERMIT", "516", "港澳居民来往内地通行证";
    /// 其他自然人有效证件.
    Other = "OTHER", "999", "其他自然人有效证件";
}

impl DocumentKind {
    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// Whether the number carries a checked birth date (the 18-character kinds).
    #[must_use]
    pub const fn checks_birth_date(self) -> bool {
        matches!(
            self,
            Self::CitizenIdentityCard
                | Self::HongKongResidencePermit
                | Self::MacaoResidencePermit
                | Self::TaiwanResidencePermit
                | Self::ForeignPermanentResident2023
        )
    }

    /// What a folded number looks like; what looks like nothing in particular counts as an ordinary passport.
    #[must_use]
    pub fn of_shape(number: &str) -> Self {
        let leading_digits = number.chars().take_while(char::is_ascii_digit).count();
        match number.chars().count() {
            18 if leading_digits >= 17 => match number.get(..6) {
                Some("810000") => Self::HongKongResidencePermit,
                Some("820000") => Self::MacaoResidencePermit,
                Some("830000") => Self::TaiwanResidencePermit,
                _ if number.starts_with('9') => Self::ForeignPermanentResident2023,
                _ => Self::CitizenIdentityCard,
            },
            15 if leading_digits == 15 => Self::CitizenIdentityCard,
            15 if number.chars().take(3).all(|c| c.is_ascii_uppercase())
                && number.chars().skip(3).all(|c| c.is_ascii_digit()) =>
            {
                Self::ForeignPermanentResident2017
            }
            _ => Self::OrdinaryPassport,
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// 持证主体代码类型 of GB/T 36903-2018 annex A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HolderCodeType(&'static str);

impl HolderCodeType {
    /// Three digits.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// The name of the type in the annex.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            "111" => "公民身份号码",
            "999" => "其他自然人有效证件代码",
            other => DocumentKind::ALL
                .iter()
                .find(|kind| kind.code_type().0 == other)
                .map_or("其他自然人有效证件代码", |kind| kind.name()),
        }
    }
}
