//! What two officers of the nation do about a province's stream that stands, or about a clearance that will never be used
//! (design §3). An event that cannot be applied stops its own province alone; nobody lets it go on alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Officer};
use crate::four_eyes::{FourEyes, FourEyesRefused};
use crate::ids::{ClearanceId, StreamRepairId};
use crate::province::Province;
use crate::reason::reasons;

/// Longest reference or statement, in characters.
const TEXT: usize = 500;

/// Why a stream stands, as far as it decides on the cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// An event was refused, or could not be applied.
    Refused,
    /// The province contradicts what it told before: no event can be left out to cure that.
    Parted,
    /// More acts of a kind than the province's ceiling; each is in order.
    Held,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "measure", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RepairMeasure {
    /// 跳过: the event on which the stream stands takes no effect; it is kept, and the province is told.
    Skip,
    /// 重试: it is judged again, its cause being cured.
    Retry,
    /// 放行: as many acts more than the ceiling, within its day.
    Release {
        /// How many more.
        allowance: u32,
    },
    /// 核准作废: a clearance that the province cannot use any more.
    VoidClearance {
        /// Which.
        clearance: ClearanceId,
    },
}

impl RepairMeasure {
    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Skip => "SKIP",
            Self::Retry => "RETRY",
            Self::Release { .. } => "RELEASE",
            Self::VoidClearance { .. } => "VOID_CLEARANCE",
        }
    }

    /// Whether it can cure a stream that stands so; none: the stream runs.
    #[must_use]
    pub const fn cures(self, standing: Option<Standing>) -> bool {
        match (self, standing) {
            (Self::VoidClearance { .. }, _)
            | (Self::Skip | Self::Retry, Some(Standing::Refused))
            | (Self::Retry, Some(Standing::Parted))
            | (Self::Release { .. }, Some(Standing::Held)) => true,
            (Self::Skip | Self::Retry | Self::Release { .. }, _) => false,
        }
    }
}

/// The event on which a stream stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedAt {
    /// Its number.
    pub sequence: u64,
    /// Its hash, in hexadecimal: the repair is of these bytes and no others.
    pub hash: String,
    /// Why the stream stands, as the province was told.
    pub reason: String,
}

/// A repair, proposed and settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRepair {
    /// Its id.
    pub id: StreamRepairId,
    /// Whose stream.
    pub province: Province,
    /// What.
    pub measure: RepairMeasure,
    /// Where the stream stood when it was proposed; none for a clearance.
    pub at: Option<StoppedAt>,
    /// Number of the document it rests on (文书号); nothing personal.
    pub reference: String,
    /// SM3 of that document in hexadecimal; the document stays in the officers' own file.
    pub evidence: String,
    /// The grounds in words; nothing personal.
    pub statement: String,
    /// The two officers.
    pub four_eyes: FourEyes,
}

/// What a repair rests on.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// Number of the document.
    pub reference: &'a str,
    /// SM3 of the document in hexadecimal.
    pub evidence: &'a str,
    /// The grounds in words.
    pub statement: &'a str,
}

reasons! {
    /// Why a repair is not proposed, or not carried out.
    pub enum StreamRepairRefused {
        /// Another authority's officer.
        Authority => "STREAM_REPAIR_AUTHORITY", "design §3",
            "省级数据流的处置由注册机关办理。", "Only the registration authority repairs the stream of a province.";
        /// Nothing shows it, or nothing is said.
        Evidence => "STREAM_REPAIR_EVIDENCE_MISSING", "design §3",
            "请填写文书号、事由和文书的SM3摘要。", "Name the document with its SM3 digest, and say the grounds.";
        /// The stream does not stand, or for another cause.
        Measure => "STREAM_REPAIR_CURES_NOTHING", "design §3",
            "该数据流当前状态不适用此项处置。", "The stream does not stand, or this does not cure why it stands.";
        /// It stands elsewhere by now.
        MovedOn => "STREAM_MOVED_ON", "design §3",
            "该数据流已不停在原来的记录上，请重新提出。", "The stream stands elsewhere by now; propose it anew.";
        /// Used or released already, or another province's.
        ClearanceClosed => "CLEARANCE_NOT_OPEN", "design §3",
            "该核准已使用、已退回或者不属于该省。", "The clearance was used or released, or is another province's.";
    }
}

reasons! {
    /// Why a province may publish nothing: its outbox does not go with what the nation has applied of it.
    pub enum Parted {
        /// The database is on another chain than the nation applied.
        Fork => "FORK", "design §3",
            "本省数据库与全国已接收的记录不一致，查明并修复之前不得公告。", "The province's outbox is on another chain than the nation applied; nothing is published before that is repaired.";
        /// The nation has the announcement that a restored database does not know of.
        AnnouncedBefore => "ANNOUNCED_BEFORE_RESTORE", "design §3",
            "该申请在数据库恢复之前已经公告，不得再次公告。", "The application was announced before the database was restored; it is not announced again.";
    }
}

impl StreamRepair {
    /// Proposes one; it has no effect until another officer confirms it.
    ///
    /// # Errors
    /// The officer's authority, what shows it, or a measure that cures nothing.
    pub fn propose(
        (id, province, measure): (StreamRepairId, Province, RepairMeasure),
        (standing, at): (Option<Standing>, Option<StoppedAt>),
        grounds: Grounds<'_>,
        by: Officer,
        now: Timestamp,
    ) -> Result<Self, StreamRepairRefused> {
        if by.authority != Authority::Ministry {
            return Err(StreamRepairRefused::Authority);
        }
        let (reference, statement) = (grounds.reference.trim(), grounds.statement.trim());
        let said = |text: &str| (1..=TEXT).contains(&text.chars().count());
        let digest = grounds.evidence.len() == 64
            && grounds
                .evidence
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if !said(reference) || !said(statement) || !digest {
            return Err(StreamRepairRefused::Evidence);
        }
        if !measure.cures(standing) {
            return Err(StreamRepairRefused::Measure);
        }
        let about_clearance = matches!(measure, RepairMeasure::VoidClearance { .. });
        Ok(Self {
            id,
            province,
            measure,
            at: at.filter(|_| !about_clearance),
            reference: reference.to_owned(),
            evidence: grounds.evidence.to_owned(),
            statement: statement.to_owned(),
            four_eyes: FourEyes::propose(by, now),
        })
    }

    /// A second officer confirms it. `at` is where the stream stands now.
    ///
    /// # Errors
    /// The stream stands elsewhere; see [`FourEyes::confirm`] for the rest.
    pub fn confirm(
        self,
        at: Option<&StoppedAt>,
        by: Officer,
        now: Timestamp,
    ) -> Result<Result<Self, FourEyesRefused>, StreamRepairRefused> {
        if self.at.is_some() && self.at.as_ref() != at {
            return Err(StreamRepairRefused::MovedOn);
        }
        Ok(self
            .four_eyes
            .clone()
            .confirm(by, now)
            .map(|four_eyes| Self { four_eyes, ..self }))
    }

    /// A second officer does not agree.
    ///
    /// # Errors
    /// See [`FourEyes::decline`].
    pub fn decline(self, by: Officer, grounds: &str, now: Timestamp) -> Result<Self, FourEyesRefused> {
        let four_eyes = self.four_eyes.decline(by, grounds, now)?;
        Ok(Self { four_eyes, ..self })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::OfficerId;

    const NOW: Timestamp = Timestamp::constant(1_777_860_000, 0);

    fn officer(id: u128, authority: &str) -> Officer {
        Officer {
            id: OfficerId::from_uuid(Uuid::from_u128(id)),
            authority: authority.parse().expect("an authority"),
        }
    }

    fn at(sequence: u64) -> StoppedAt {
        StoppedAt {
            sequence,
            hash: "ab".repeat(32),
            reason: "NO_CLEARANCE".to_owned(),
        }
    }

    fn propose(
        measure: RepairMeasure,
        standing: Option<Standing>,
        authority: &str,
        evidence: &str,
    ) -> Result<StreamRepair, StreamRepairRefused> {
        let province = Province::from_code("32").expect("Jiangsu");
        let what = (StreamRepairId::from_uuid(Uuid::from_u128(9)), province, measure);
        let grounds = Grounds {
            reference: "建市函〔2026〕7号",
            evidence,
            statement: "省厅确认该条系程序缺陷产生",
        };
        StreamRepair::propose(what, (standing, Some(at(4))), grounds, officer(1, authority), NOW)
    }

    #[test]
    fn each_cause_has_its_own_cure() {
        let clearance = ClearanceId::from_uuid(Uuid::from_u128(3));
        let (release, void) = (
            RepairMeasure::Release { allowance: 5 },
            RepairMeasure::VoidClearance { clearance },
        );
        for (standing, cures) in [
            (None, [false, false, false, true]),
            (Some(Standing::Refused), [true, true, false, true]),
            (Some(Standing::Parted), [false, true, false, true]),
            (Some(Standing::Held), [false, false, true, true]),
        ] {
            let measures = [RepairMeasure::Skip, RepairMeasure::Retry, release, void];
            assert_eq!(
                measures.map(|measure| measure.cures(standing)),
                cures,
                "{standing:?}"
            );
        }
    }

    #[test]
    fn it_takes_the_ministry_its_document_and_a_second_officer() {
        let digest = "0c".repeat(32);
        let refused = Some(Standing::Refused);
        assert_eq!(
            propose(RepairMeasure::Skip, refused, "provinces/32", &digest),
            Err(StreamRepairRefused::Authority)
        );
        for evidence in ["", "no digest", &digest[1..]] {
            assert_eq!(
                propose(RepairMeasure::Skip, refused, "ministry", evidence),
                Err(StreamRepairRefused::Evidence)
            );
        }
        let proposed = propose(RepairMeasure::Skip, refused, "ministry", &digest).expect("proposed");
        let same = proposed
            .clone()
            .confirm(Some(&at(4)), officer(1, "ministry"), NOW);
        assert_eq!(same, Ok(Err(FourEyesRefused::SameOfficer)));
        let confirmed = proposed.confirm(Some(&at(4)), officer(2, "ministry"), NOW);
        assert!(
            confirmed
                .expect("it stands there")
                .expect("another officer")
                .four_eyes
                .is_confirmed()
        );
    }

    #[test]
    fn a_repair_is_of_the_event_that_was_looked_at() {
        let digest = "0c".repeat(32);
        let proposed =
            propose(RepairMeasure::Skip, Some(Standing::Refused), "ministry", &digest).expect("proposed");
        for elsewhere in [None, Some(at(5))] {
            let refused = proposed
                .clone()
                .confirm(elsewhere.as_ref(), officer(2, "ministry"), NOW);
            assert_eq!(refused, Err(StreamRepairRefused::MovedOn));
        }
    }
}
