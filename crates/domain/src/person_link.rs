//! One human being under several person ids (design §3): merged by two national officers, split by two again. Rows of either id
//! keep their history; a person has at most one registration in force through all of their documents.

use crate::reason::reasons;

reasons! {
    /// Why two persons are not merged, or one is not split off.
    pub enum PersonLinkRefused {
        /// Both have a registration in force.
        BothRegistered => "PERSONS_BOTH_REGISTERED", "153号 art 15(2)",
            "两个人员均有有效注册，一人只能有一项有效注册。请先由持证人申请注销其中一项，或者依法撤销取得不当的一项，再办理合并。",
            "Both have a registration in force, and a person has one. Have one cancelled, or revoke the one wrongly granted; then merge.";
        /// Only the one that would be merged away has one, or ever had one: the registration number would be lost.
        OtherWay => "PERSON_MERGE_OTHER_WAY", "153号 art 15(2)",
            "注册在被合并的人员名下。请以该人员为保留人员，重新提出合并。",
            "The registration stands under the person to be merged away. Propose it the other way round.";
        /// One of the two is merged with somebody already.
        Merged => "PERSON_MERGED", "design §3",
            "其中一个人员已与他人合并。请先拆分，或者直接合并到保留人员。",
            "One of the two is merged already. Split it first, or merge into the surviving person.";
        /// Somebody else stands for the person, under whose id everything about a registration goes on.
        MergedAway => "PERSON_MERGED_AWAY", "153号 art 15(2); design §3",
            "该人员已并入另一人员，注册事项请以保留人员办理；合并有误的，请先拆分。",
            "The person is merged into another, under whom registrations go on. If that is wrong, split them first.";
        /// Not merged with anybody.
        NotMerged => "PERSON_NOT_MERGED", "design §3",
            "该人员未与他人合并，无需拆分。", "The person is not merged with anybody.";
    }
}

/// One of two persons who are to become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// A registration is in force.
    pub registered: bool,
    /// There is or was one.
    pub recorded: bool,
    /// Merged into somebody.
    pub merged: bool,
    /// Somebody is merged into them.
    pub survives_others: bool,
}

/// Whether `merged` may be merged into `surviving`, who then stands for both. Chains are not made: whoever is merged away stands
/// for nobody.
///
/// # Errors
/// One of the refusals, the gravest first.
pub const fn check_merge(merged: Side, surviving: Side) -> Result<(), PersonLinkRefused> {
    if merged.registered && surviving.registered {
        return Err(PersonLinkRefused::BothRegistered);
    }
    if merged.merged || merged.survives_others || surviving.merged {
        return Err(PersonLinkRefused::Merged);
    }
    if merged.registered || (merged.recorded && !surviving.recorded) {
        return Err(PersonLinkRefused::OtherWay);
    }
    Ok(())
}

/// Whether a registration may begin, or stand again, under an id.
///
/// # Errors
/// Somebody else stands for the person.
pub const fn check_beginning(merged: bool) -> Result<(), PersonLinkRefused> {
    if merged {
        return Err(PersonLinkRefused::MergedAway);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
