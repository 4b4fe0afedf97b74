//! The nation's register restored to an earlier point (design §3, §4): the steps by which it comes to agree with what others hold, what may
//! be found on the way, and when it opens.

use crate::authority::{Authority, Officer};
use crate::four_eyes::FourEyesRefused;
use crate::ids::OfficerId;
use crate::reason::{findings, reasons};

findings! {
    /// What was found.
    #[derive(PartialOrd, Ord)]
    pub enum Finding {
        /// A change was told that no province's event explains.
        ChangeNotRebuilt => "CHANGE_NOT_REBUILT", "已对外告知的变更未能由各省记录重建", "a change was told that nothing a province sent makes again: an act of the nation, or what follows from one",
            "开放后由两名人员按原决定文书重新办理该人员的国家行为", "once open, two officers do the act of the nation upon this person again, by its decision";
        /// A leaf of the log belongs to no act that is known now.
        LeafWithoutAct => "LEAF_WITHOUT_ACT", "透明日志的叶子没有可重建的登记行为", "a leaf of the log belongs to no act that could be rebuilt",
            "查明该省数据流停在何处（ListProvinceStreams）；该省数据库亦丢失的，先恢复该省，再次恢复全国数据库", "look where that province's stream stands (ListProvinceStreams); if its database lost the event as well restore that first, and this database once more";
        /// The regrown tree is another than the counterfoils say.
        RootDiffers => "ROOT_DIFFERS", "重建的日志与存根的根不一致", "the tree that was regrown has another root than the counterfoils state",
            "保全对象存储与数据库；存根被改动的，由对象存储备份恢复，再次恢复数据库", "keep copies of object store and database as they are; where a counterfoil was altered restore it from a backup of the store, and the database once more";
        /// A province has cosigned another tree.
        WitnessContradicts => "WITNESS_CONTRADICTS", "见证省份签署过的检查点与重建的日志不一致", "a witness has cosigned a checkpoint with another root",
            "不得开放；两份检查点即为证据，须查明何者被改动", "do not open: the two checkpoints are the evidence; find out which of the two was altered";
        /// A province has cosigned a larger tree.
        LogShorter => "LOG_SHORTER", "见证省份签署过更大的日志", "a witness has cosigned a larger tree than could be regrown",
            "补齐对象存储中缺少的存根后，再次恢复数据库", "bring back the counterfoils that are missing in the object store, and restore the database once more";
        /// The keeper has signed what nobody remembers.
        IntentLost => "INTENT_LOST", "印章日志中的签章没有对应的签发意图", "the keeper's journal holds an act whose intent could not be rebuilt",
            "核对该意图的文件；不能说明来源的按密钥泄露预案处置", "find the document of that intent; one that cannot be explained is treated as a compromise";
        /// Rows that belong to a change cannot be stored again.
        RowsNotRebuilt => "ROWS_NOT_REBUILT", "随变更保存的行未能补回", "rows that belong to a change could not be stored again",
            "按名称核对该行；多为其所依赖的批量任务或授权已丢失", "look at the row that is named: mostly a bulk or a consent that it refers to is lost";
    }
}

impl Finding {
    /// Whether the nation stays closed whatever officers say: opening would show two histories.
    #[must_use]
    pub const fn bars_opening(self) -> bool {
        match self {
            Self::LeafWithoutAct | Self::RootDiffers | Self::WitnessContradicts | Self::LogShorter => true,
            Self::ChangeNotRebuilt | Self::IntentLost | Self::RowsNotRebuilt => false,
        }
    }
}

/// Where a restoration stands. It goes through the steps in their order, each repeated until it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RestorationStep {
    /// The counterfoils are read.
    Load,
    /// Provinces tell again what was lost.
    Replay,
    /// What was told and no province tells again is put back.
    Rebuild,
    /// The log grows to the size that it had.
    Regrow,
    /// Witnesses and the keeper's journal are compared.
    Compare,
    /// The nation works.
    Opened,
}

impl RestorationStep {
    /// All of them, in their order.
    pub const ALL: &'static [Self] = &[
        Self::Load,
        Self::Replay,
        Self::Rebuild,
        Self::Regrow,
        Self::Compare,
        Self::Opened,
    ];

    /// Stable name, as stored and shown.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Load => "LOAD",
            Self::Replay => "REPLAY",
            Self::Rebuild => "REBUILD",
            Self::Regrow => "REGROW",
            Self::Compare => "COMPARE",
            Self::Opened => "OPENED",
        }
    }

    /// Of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|step| step.code() == code)
    }
}

reasons! {
    /// Why the nation is not opened.
    pub enum OpeningRefused {
        /// It is open.
        NotClosed => "NATION_NOT_RESTORING", "design §3",
            "全国系统未处于恢复状态。", "The nation is not being restored.";
        /// The steps before are not done.
        NotCompared => "RESTORATION_UNFINISHED", "design §4",
            "恢复步骤尚未完成，不能开放。", "The steps of the restoration are not done yet.";
        /// Something was found that no officer may pass over.
        Barred => "RESTORATION_CONTRADICTED", "design §4",
            "重建的日志与他方持有的不一致，不得开放。", "What was rebuilt contradicts what others hold: it may not open.";
        /// Provinces hold the other side.
        NotMinistry => "RESTORATION_OF_MINISTRY", "design §2",
            "须由住房城乡建设部人员办理。", "It belongs to officers of the ministry.";
        /// Why it opens all the same.
        GroundsMissing => "RESTORATION_GROUNDS_MISSING", "行政许可法 art 38",
            "请写明开放的理由。", "Grounds must be given.";
    }
}

/// Why an officer's word does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordRefused {
    /// Of the restoration.
    Opening(OpeningRefused),
    /// Of two officers.
    FourEyes(FourEyesRefused),
}

/// Whether it opens by itself: everything agrees.
#[must_use]
pub fn opens_by_itself(findings: &[Finding]) -> bool {
    findings.is_empty()
}

/// An officer says that the nation opens although something was found. True once a second one has said so.
///
/// # Errors
/// Why the word does not count.
pub fn word_to_open(
    step: RestorationStep,
    findings: &[Finding],
    officer: &Officer,
    first: Option<OfficerId>,
    grounds: &str,
) -> Result<bool, WordRefused> {
    let opening = |refused| Err(WordRefused::Opening(refused));
    if officer.authority != Authority::Ministry {
        return opening(OpeningRefused::NotMinistry);
    }
    if step == RestorationStep::Opened {
        return opening(OpeningRefused::NotClosed);
    }
    if findings.iter().any(|finding| finding.bars_opening()) {
        return opening(OpeningRefused::Barred);
    }
    if step != RestorationStep::Compare {
        return opening(OpeningRefused::NotCompared);
    }
    if grounds.trim().is_empty() {
        return opening(OpeningRefused::GroundsMissing);
    }
    match first {
        None => Ok(false),
        Some(first) if first == officer.id => Err(WordRefused::FourEyes(FourEyesRefused::SameOfficer)),
        Some(_) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::province::Province;

    fn officer(id: u128, authority: Authority) -> Officer {
        Officer {
            id: OfficerId::from_uuid(uuid::Uuid::from_u128(id)),
            authority,
        }
    }

    #[test]
    fn two_officers_of_the_ministry_open_what_does_not_contradict_the_log() {
        let first = officer(1, Authority::Ministry);
        let second = officer(2, Authority::Ministry);
        let lost = [Finding::ChangeNotRebuilt];
        let word = |officer: &Officer, said: Option<&Officer>, step| {
            word_to_open(step, &lost, officer, said.map(|said| said.id), "已核对")
        };
        assert_eq!(word(&first, None, RestorationStep::Compare), Ok(false));
        assert_eq!(word(&second, Some(&first), RestorationStep::Compare), Ok(true));
        assert_eq!(
            word(&first, Some(&first), RestorationStep::Compare),
            Err(WordRefused::FourEyes(FourEyesRefused::SameOfficer))
        );
        assert_eq!(
            word(&first, None, RestorationStep::Replay),
            Err(WordRefused::Opening(OpeningRefused::NotCompared))
        );
        assert_eq!(
            word(&first, None, RestorationStep::Opened),
            Err(WordRefused::Opening(OpeningRefused::NotClosed))
        );
    }

    #[test]
    fn nobody_opens_what_would_show_two_histories() {
        let contradicted = [Finding::IntentLost, Finding::WitnessContradicts];
        let ministry = officer(1, Authority::Ministry);
        let compare = RestorationStep::Compare;
        assert!(!opens_by_itself(&contradicted));
        assert!(opens_by_itself(&[]));
        assert_eq!(
            word_to_open(compare, &contradicted, &ministry, None, "已核对"),
            Err(WordRefused::Opening(OpeningRefused::Barred))
        );
        let jiangsu = Province::from_code("32").map(Authority::Province);
        let provincial = officer(3, jiangsu.unwrap_or(Authority::Ministry));
        assert_eq!(
            word_to_open(compare, &[], &provincial, None, "已核对"),
            Err(WordRefused::Opening(OpeningRefused::NotMinistry))
        );
        assert_eq!(
            word_to_open(compare, &[], &ministry, None, " "),
            Err(WordRefused::Opening(OpeningRefused::GroundsMissing))
        );
    }

    #[test]
    fn names_are_read_back() {
        for step in RestorationStep::ALL {
            assert_eq!(RestorationStep::from_code(step.code()), Some(*step));
        }
        for finding in Finding::ALL {
            assert_eq!(Finding::from_code(finding.code()), Some(*finding));
            assert!(!finding.text().zh.is_empty() && !finding.advice().zh.is_empty());
        }
    }
}
