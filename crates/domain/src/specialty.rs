//! The ten specialties (注册专业) of a Level-1 constructor (domain §1.7).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the ten specialties, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Specialty {
    /// 建筑工程.
    Building,
    /// 公路工程.
    Highway,
    /// 铁路工程.
    Railway,
    /// 民航机场工程.
    CivilAviation,
    /// 港口与航道工程.
    PortAndWaterway,
    /// 水利水电工程.
    WaterAndHydropower,
    /// 矿业工程.
    Mining,
    /// 市政公用工程.
    Municipal,
    /// 通信与广电工程.
    Communications,
    /// 机电工程.
    MechanicalAndElectrical,
}

impl Specialty {
    /// All ten, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::Building,
        Self::Highway,
        Self::Railway,
        Self::CivilAviation,
        Self::PortAndWaterway,
        Self::WaterAndHydropower,
        Self::Mining,
        Self::Municipal,
        Self::Communications,
        Self::MechanicalAndElectrical,
    ];

    /// The name printed on the certificate, as in 水利水电工程.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Building => "建筑工程",
            Self::Highway => "公路工程",
            Self::Railway => "铁路工程",
            Self::CivilAviation => "民航机场工程",
            Self::PortAndWaterway => "港口与航道工程",
            Self::WaterAndHydropower => "水利水电工程",
            Self::Mining => "矿业工程",
            Self::Municipal => "市政公用工程",
            Self::Communications => "通信与广电工程",
            Self::MechanicalAndElectrical => "机电工程",
        }
    }

    /// The abbreviation on the practice seal (domain §1.9).
    #[must_use]
    pub const fn seal_abbreviation(self) -> &'static str {
        match self {
            Self::Building => "建筑",
            Self::Highway => "公路",
            Self::Railway => "铁路",
            Self::CivilAviation => "民航",
            Self::PortAndWaterway => "港航",
            Self::WaterAndHydropower => "水利",
            Self::Mining => "矿业",
            Self::Municipal => "市政",
            Self::Communications => "通信",
            Self::MechanicalAndElectrical => "机电",
        }
    }

    /// The stable English name used in files and messages, as in `WATER_AND_HYDROPOWER`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Building => "BUILDING",
            Self::Highway => "HIGHWAY",
            Self::Railway => "RAILWAY",
            Self::CivilAviation => "CIVIL_AVIATION",
            Self::PortAndWaterway => "PORT_AND_WATERWAY",
            Self::WaterAndHydropower => "WATER_AND_HYDROPOWER",
            Self::Mining => "MINING",
            Self::Municipal => "MUNICIPAL",
            Self::Communications => "COMMUNICATIONS",
            Self::MechanicalAndElectrical => "MECHANICAL_AND_ELECTRICAL",
        }
    }

    /// Reads the certificate name, the seal abbreviation or the code.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|s| [s.name(), s.seal_abbreviation(), s.code()].contains(&text))
    }

    /// The central department that co-reviews the specialty by regulation (domain §1.2, 101号 art 5). A policy
    /// profile may depart from it.
    #[must_use]
    pub const fn joint_reviewer(self) -> Option<JointReviewer> {
        match self {
            Self::Highway | Self::PortAndWaterway => Some(JointReviewer::Transport),
            Self::Railway => Some(JointReviewer::Railway),
            Self::CivilAviation => Some(JointReviewer::CivilAviation),
            Self::WaterAndHydropower => Some(JointReviewer::WaterResources),
            Self::Communications => Some(JointReviewer::IndustryAndInformation),
            Self::Building | Self::Mining | Self::Municipal | Self::MechanicalAndElectrical => None,
        }
    }
}

impl fmt::Display for Specialty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A central department that co-reviews specialties of its trade (domain §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JointReviewer {
    /// 交通运输主管部门.
    Transport,
    /// 铁路主管部门.
    Railway,
    /// 民航主管部门.
    CivilAviation,
    /// 水利主管部门.
    WaterResources,
    /// 工业和信息化主管部门.
    IndustryAndInformation,
}

impl JointReviewer {
    /// Every co-reviewing department.
    pub const ALL: [Self; 5] = [
        Self::Transport,
        Self::Railway,
        Self::CivilAviation,
        Self::WaterResources,
        Self::IndustryAndInformation,
    ];

    /// The department in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transport => "国务院交通运输主管部门",
            Self::Railway => "国务院铁路主管部门",
            Self::CivilAviation => "国务院民航主管部门",
            Self::WaterResources => "国务院水行政主管部门",
            Self::IndustryAndInformation => "国务院工业和信息化主管部门",
        }
    }

    /// The stable name used in grants and messages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Transport => "TRANSPORT",
            Self::Railway => "RAILWAY",
            Self::CivilAviation => "CIVIL_AVIATION",
            Self::WaterResources => "WATER_RESOURCES",
            Self::IndustryAndInformation => "INDUSTRY_AND_INFORMATION",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reviewer| reviewer.code() == code)
    }

    /// The last segment of the department's resource name, as in `ministries/water-resources`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Railway => "railways",
            Self::CivilAviation => "civil-aviation",
            Self::WaterResources => "water-resources",
            Self::IndustryAndInformation => "industry-and-information",
        }
    }
}

/// Codes of specialties in the legacy exchange. Configuration, because four of the ten are not known and must not be
/// guessed (domain §1.7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegacySpecialtyCodes(BTreeMap<Specialty, String>);

impl LegacySpecialtyCodes {
    /// The six codes seen in real data.
    #[must_use]
    pub fn known() -> Self {
        Self(BTreeMap::from([
            (Specialty::Building, "10401001".to_owned()),
            (Specialty::Highway, "10401002".to_owned()),
            (Specialty::WaterAndHydropower, "10401005".to_owned()),
            (Specialty::Mining, "10401007".to_owned()),
            (Specialty::Municipal, "10401010".to_owned()),
            (Specialty::MechanicalAndElectrical, "10401012".to_owned()),
        ]))
    }

    /// The code of a specialty, where one is configured.
    #[must_use]
    pub fn code(&self, specialty: Specialty) -> Option<&str> {
        self.0.get(&specialty).map(String::as_str)
    }

    /// The specialty of a code, where one is configured.
    #[must_use]
    pub fn specialty(&self, code: &str) -> Option<Specialty> {
        self.0
            .iter()
            .find(|(_, known)| *known == code)
            .map(|(specialty, _)| *specialty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_specialty() {
        for specialty in Specialty::ALL {
            for text in [specialty.name(), specialty.seal_abbreviation(), specialty.code()] {
                assert_eq!(Specialty::from_text(text), Some(specialty));
            }
            let json = serde_json::to_string(&specialty).expect("a name");
            assert_eq!(json, format!("\"{}\"", specialty.code()));
        }
        assert_eq!(Specialty::from_text("装饰装修工程"), None);
    }

    #[test]
    fn four_specialties_are_reviewed_by_the_ministry_alone() {
        let alone: Vec<_> = Specialty::ALL
            .into_iter()
            .filter(|s| s.joint_reviewer().is_none())
            .map(Specialty::seal_abbreviation)
            .collect();
        assert_eq!(alone, ["建筑", "矿业", "市政", "机电"]);
    }

    #[test]
    fn unknown_legacy_codes_stay_unknown() {
        let codes = LegacySpecialtyCodes::known();
        assert_eq!(codes.code(Specialty::WaterAndHydropower), Some("10401005"));
        assert_eq!(codes.specialty("10401010"), Some(Specialty::Municipal));
        assert_eq!(codes.code(Specialty::Railway), None);
    }
}
