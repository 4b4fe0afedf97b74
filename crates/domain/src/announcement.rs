//! Announcements (公告): how they are numbered, and how one is corrected: by another announcement only, row by row, with
//! both kept (行政许可法 art 40; domain §1.2, §1.6).

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::{Application, ApplicationState, ApplicationType};
use crate::authority::Officer;
use crate::cancellation::{CancellationDetails, CancellationGround, CancellationInitiator};
use crate::correction::{CorrectionNature, CorrectionTerms};
use crate::ids::{AnnouncementCorrectionId, AnnouncementId, ApplicationId, PersonId};
use crate::province::Province;
use crate::reason::reasons;

#[cfg(test)]
mod tests;

/// How announcements are numbered (公告文号): a text in which `{prefix}` stands for the province's character, `{year}` for
/// the year and `{serial}` for the number within authority and year. No source prescribes it; the default is the
/// project's (domain §0.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumberFormat(String);

impl NumberFormat {
    /// Writes a number.
    #[must_use]
    pub fn number(&self, province: Province, year: i32, serial: i32) -> String {
        let text = self.0.replace("{prefix}", &province.prefix().to_string());
        let text = text.replace("{year}", &year.to_string());
        text.replace("{serial}", &serial.to_string())
    }
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self("{prefix}建注公告〔{year}〕{serial}号".to_owned())
    }
}

impl TryFrom<String> for NumberFormat {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let once = |part: &str| text.matches(part).count() == 1;
        if ["{prefix}", "{year}", "{serial}"].into_iter().all(once) && text.chars().count() <= 60 {
            Ok(Self(text))
        } else {
            Err(
                "a number needs {prefix}, {year} and {serial}, each once, and at most 60 characters"
                    .to_owned(),
            )
        }
    }
}

impl From<NumberFormat> for String {
    fn from(format: NumberFormat) -> Self {
        format.0
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal, $article:literal;)*) => {
        /// What was wrong with a row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum ListingFault {
            $($(#[$doc])* $name,)*
        }

        impl ListingFault {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as stored and sent.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// In words, as the correcting announcement prints it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// What it rests on.
            #[must_use]
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }
        }
    };
}

kinds! {
    /// 笔误: something printed in the row is not so. The register is put right by a correction of a register error.
    Typo = "TYPO", "笔误", "domain §1.3; 行政许可法 art 40";
    /// 原不应公告: the row should not have been there. The registration is ended by the authority.
    NeverShouldHaveBeen = "NEVER_SHOULD_HAVE_BEEN", "原不应公告", "行政许可法 art 69, 70; 153号 art 17";
    /// 漏列: granted before the announcement, and not on it. It is announced now; its legal moment is now.
    Omitted = "OMITTED", "漏列", "行政许可法 art 40, 44";
}

impl ListingFault {
    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.code() == code)
    }
}

impl fmt::Display for ListingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One row of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCorrection {
    /// What was wrong.
    pub fault: ListingFault,
    /// The row of the announcement, from 1; none for one that was omitted.
    pub row: Option<u32>,
    /// What puts it right: the cleared application that the correcting announcement announces.
    pub application: ApplicationId,
}

/// A row of the announcement that is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedPerson {
    /// From 1.
    pub row: u32,
    /// Whose.
    pub person: PersonId,
    /// An earlier correction said that it should never have been.
    pub void: bool,
}

/// What of an application decides whether a row can rest on it.
#[derive(Debug, Clone, Copy)]
pub struct Remedy<'a> {
    /// Its id.
    pub application: ApplicationId,
    /// Whose.
    pub person: PersonId,
    /// Its type.
    pub kind: ApplicationType,
    /// When it was decided, if it is cleared and waits to be announced.
    pub decided_at: Option<Timestamp>,
    /// What a correction says.
    pub correction: Option<&'a CorrectionTerms>,
    /// What a cancellation says.
    pub cancellation: Option<&'a CancellationDetails>,
}

impl<'a> From<&'a Application> for Remedy<'a> {
    fn from(application: &'a Application) -> Self {
        Self {
            application: application.id,
            person: application.person,
            kind: application.kind,
            decided_at: match application.state() {
                ApplicationState::Cleared(cleared) => Some(cleared.decision.at),
                _ => None,
            },
            correction: application.correction_terms(),
            cancellation: application.cancellation(),
        }
    }
}

reasons! {
    /// Why an announcement is not corrected so.
    pub enum AnnouncementCorrectionRefused {
        /// Nothing is named, or a row or an application twice.
        Rows => "ANNOUNCEMENT_CORRECTION_ROWS", "行政许可法 art 40",
            "请列明需要更正的行，且同一行、同一申请只能出现一次。", "Name the rows to be corrected, each row and each application once.";
        /// Why is not said.
        Grounds => "ANNOUNCEMENT_CORRECTION_GROUNDS", "行政许可法 art 40",
            "请写明更正理由。", "Say why the announcement is corrected.";
        /// No such row; or a row is named where none can be, or none where one must.
        UnknownRow => "ANNOUNCEMENT_CORRECTION_UNKNOWN_ROW", "行政许可法 art 40",
            "原公告没有该行；笔误和原不应公告须指明原行，漏列不指明原行。",
            "The announcement has no such row; a typo and a row that should not have been name their row, an omitted one names none.";
        /// The row was taken back before.
        AlreadyVoid { /** Which. */ row: u32 } => "ANNOUNCEMENT_CORRECTION_ALREADY_VOID", "行政许可法 art 40",
            "原公告第{row}行已被更正为“原不应公告”。", "Row {row} was already said to be one that should never have been.";
        /// Somebody else's application.
        AnotherPerson { /** Which. */ row: u32 } => "ANNOUNCEMENT_CORRECTION_ANOTHER_PERSON", "行政许可法 art 40",
            "所附申请与原公告第{row}行不是同一人。", "The application is not of the person of row {row}.";
        /// The application does not do what the fault asks for.
        WrongRemedy { /** Of which fault. */ fault: ListingFault }
            => "ANNOUNCEMENT_CORRECTION_WRONG_REMEDY", "行政许可法 art 40, 69; 153号 art 17",
            "“{fault}”须依据相应的申请：笔误为登记错误的信息更正，原不应公告为依职权全部注销（依法被撤销注册或法定其他情形），漏列为原应公告的申请。",
            "This fault needs its own application ({fault}): a typo a correction of a register error; a row that should never have been a \
             cancellation of the whole by the authority (revoked, or another statute); an omitted row the application that was left out.";
        /// The application is not cleared.
        NotCleared => "ANNOUNCEMENT_CORRECTION_NOT_CLEARED", "design §3",
            "所附申请尚未核准待公告。", "The application is not cleared to be announced.";
        /// It could not have been on the list.
        DecidedLater => "ANNOUNCEMENT_CORRECTION_DECIDED_LATER", "行政许可法 art 44",
            "该申请在原公告之后才作出决定，不属于漏列。", "The application was decided after the announcement; it was not omitted.";
        /// Who proposes does not publish.
        SameOfficer => "ANNOUNCEMENT_CORRECTION_SAME_OFFICER", "101号 art 16",
            "更正公告须由另一名工作人员核发。", "Another officer publishes a correction than the one who proposed it.";
        /// Not the authority that announced.
        OtherAuthority => "ANNOUNCEMENT_CORRECTION_OTHER_AUTHORITY", "domain §1.2",
            "公告只能由作出公告的机关更正。", "Only the authority that announced corrects an announcement.";
        /// Published or declined.
        Settled => "ANNOUNCEMENT_CORRECTION_SETTLED", "行政许可法 art 40",
            "该更正已办结。", "The correction is settled.";
    }
}

/// Whether every row can be corrected as asked, by the applications that are to do it.
///
/// # Errors
/// The first row that cannot.
pub fn check_rows(
    rows: &[RowCorrection],
    listed: &[ListedPerson],
    announced_at: Timestamp,
    remedies: &[Remedy<'_>],
) -> Result<(), AnnouncementCorrectionRefused> {
    use AnnouncementCorrectionRefused as Refused;

    let named: Vec<_> = rows.iter().filter_map(|row| row.row).collect();
    let distinct_rows: BTreeSet<_> = named.iter().collect();
    let distinct: BTreeSet<_> = rows.iter().map(|row| row.application).collect();
    if rows.is_empty() || distinct_rows.len() != named.len() || distinct.len() != rows.len() {
        return Err(Refused::Rows);
    }
    for row in rows {
        let remedy = remedies
            .iter()
            .find(|remedy| remedy.application == row.application);
        let remedy = remedy.ok_or(Refused::NotCleared)?;
        let decided_at = remedy.decided_at.ok_or(Refused::NotCleared)?;
        if !remedy.cures(row.fault) {
            return Err(Refused::WrongRemedy { fault: row.fault });
        }
        match (row.fault, row.row) {
            (ListingFault::Omitted, None) if decided_at > announced_at => return Err(Refused::DecidedLater),
            (ListingFault::Omitted, None) => {}
            (ListingFault::Typo | ListingFault::NeverShouldHaveBeen, Some(number)) => {
                let listed = listed.iter().find(|listed| listed.row == number);
                let listed = listed.ok_or(Refused::UnknownRow)?;
                if listed.void {
                    return Err(Refused::AlreadyVoid { row: number });
                }
                if listed.person != remedy.person {
                    return Err(Refused::AnotherPerson { row: number });
                }
            }
            _ => return Err(Refused::UnknownRow),
        }
    }
    Ok(())
}

impl Remedy<'_> {
    fn cures(&self, fault: ListingFault) -> bool {
        match fault {
            ListingFault::Typo => self
                .correction
                .is_some_and(|terms| terms.nature == CorrectionNature::RegisterError),
            ListingFault::NeverShouldHaveBeen => self.cancellation.is_some_and(|details| {
                let grounds = [
                    CancellationGround::RegistrationRevoked,
                    CancellationGround::OtherStatute,
                ];
                details.initiator == CancellationInitiator::Authority
                    && details.whole
                    && grounds.contains(&details.ground)
            }),
            ListingFault::Omitted => !matches!(
                self.kind,
                ApplicationType::Correction | ApplicationType::Cancellation
            ),
        }
    }
}

/// Where a correction stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AnnouncementCorrectionState {
    /// Waits for a second officer.
    Proposed,
    /// Not published. Terminal.
    Declined {
        /// By whom.
        by: Officer,
        /// When.
        at: Timestamp,
        /// Why.
        grounds: String,
    },
    /// A correcting announcement (更正公告) says it. Terminal.
    Published {
        /// The second officer.
        by: Officer,
        /// When.
        at: Timestamp,
        /// Which.
        announcement: AnnouncementId,
    },
}

impl AnnouncementCorrectionState {
    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Declined { .. } => "DECLINED",
            Self::Published { .. } => "PUBLISHED",
        }
    }
}

/// A correction of an announcement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncementCorrection {
    /// Its id.
    pub id: AnnouncementCorrectionId,
    /// What is corrected.
    pub announcement: AnnouncementId,
    /// Row by row.
    pub rows: Vec<RowCorrection>,
    /// Why.
    pub grounds: String,
    /// The first officer.
    pub proposed_by: Officer,
    /// When.
    pub proposed_at: Timestamp,
    state: AnnouncementCorrectionState,
}

impl AnnouncementCorrection {
    /// Proposes one; [`check_rows`] has passed.
    ///
    /// # Errors
    /// Nothing is said of why.
    pub fn propose(
        id: AnnouncementCorrectionId,
        announcement: AnnouncementId,
        (rows, grounds): (Vec<RowCorrection>, &str),
        by: Officer,
        at: Timestamp,
    ) -> Result<Self, AnnouncementCorrectionRefused> {
        let grounds = grounds.trim();
        if grounds.is_empty() {
            return Err(AnnouncementCorrectionRefused::Grounds);
        }
        Ok(Self {
            id,
            announcement,
            rows,
            grounds: grounds.to_owned(),
            proposed_by: by,
            proposed_at: at,
            state: AnnouncementCorrectionState::Proposed,
        })
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &AnnouncementCorrectionState {
        &self.state
    }

    /// Publishes it by a correcting announcement: another officer of the same authority (101号 art 16).
    ///
    /// # Errors
    /// The same officer, another authority, or settled.
    pub fn publish(
        self,
        by: Officer,
        announcement: AnnouncementId,
        at: Timestamp,
    ) -> Result<Self, AnnouncementCorrectionRefused> {
        self.check(by)?;
        if by.id == self.proposed_by.id {
            return Err(AnnouncementCorrectionRefused::SameOfficer);
        }
        let state = AnnouncementCorrectionState::Published { by, at, announcement };
        Ok(Self { state, ..self })
    }

    /// Declines it; the first officer may take it back so.
    ///
    /// # Errors
    /// Another authority, settled, or nothing is said of why.
    pub fn decline(
        self,
        by: Officer,
        grounds: &str,
        at: Timestamp,
    ) -> Result<Self, AnnouncementCorrectionRefused> {
        self.check(by)?;
        let grounds = grounds.trim().to_owned();
        if grounds.is_empty() {
            return Err(AnnouncementCorrectionRefused::Grounds);
        }
        let state = AnnouncementCorrectionState::Declined { by, at, grounds };
        Ok(Self { state, ..self })
    }

    fn check(&self, by: Officer) -> Result<(), AnnouncementCorrectionRefused> {
        if self.state != AnnouncementCorrectionState::Proposed {
            return Err(AnnouncementCorrectionRefused::Settled);
        }
        if by.authority != self.proposed_by.authority {
            return Err(AnnouncementCorrectionRefused::OtherAuthority);
        }
        Ok(())
    }
}
