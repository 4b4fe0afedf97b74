//! What is refused of repairing a mirror that differs from the national register (design §3, decision 0028).

use crate::reason::reasons;

reasons! {
    /// Why a row that differs is not repaired.
    pub enum RepairRefused {
        /// It is under repair, or repaired.
        NotOpen => "REPAIR_NOT_OPEN", "design §3",
            "该差异已提出修复或已修复。", "A repair of this row was proposed or done before.";
        /// Nobody has proposed it.
        NotProposed => "REPAIR_NOT_PROPOSED", "design §3",
            "该差异尚未提出修复，或已修复。", "No repair of this row waits for a second officer.";
        /// The mirror has changed since.
        Outdated => "REPAIR_OUTDATED", "design §3",
            "对账之后本省数据已有变动，请重新对账。", "The mirror has changed since the comparison: compare again.";
        /// The nation holds no such registration of this province.
        NotHeldByNation => "REPAIR_NOT_HELD_BY_NATION", "design §3",
            "全国注册库中没有该省的此项注册，不能以其修复；请按对账手册报部。",
            "The nation holds no such registration of this province; the runbook says what to do.";
        /// There is nothing in the mirror to put it upon.
        NothingToMend => "REPAIR_NOTHING_TO_MEND", "design §3",
            "本省没有该人员的注册记录，请按对账手册补录。",
            "The province has no record of this person's registration to mend; the runbook says what to do.";
    }
}
