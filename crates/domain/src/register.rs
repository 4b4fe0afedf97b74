//! The national register: who is registered where, as the sum of acts (domain §1.6, §1.13; design §2, §4).
//!
//! [`decide`] may refuse an act; [`RegisterEntry::apply`] cannot. An entry is derived from its acts and from nothing
//! else; whether a specialty has run out is derived from the day and never written (domain §0.9).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::authority::Authority;
use crate::calendar::day_of;
use crate::cancellation::{CancellationGround, CancellationInitiator};
use crate::correction::CorrectionTerms;
use crate::credit_code::CreditCode;
use crate::ids::{ApplicationId, EmployerId, LapseRowId, PersonId, RegisterActId};
use crate::province::Province;
use crate::qualification::QualificationNumber;
use crate::registration_number::RegistrationNumber;
use crate::specialty::Specialty;
use crate::validity::{LeapDay, Validity, last_day_of_age};

mod code;
mod decide;
pub mod history;
mod suspension;
#[cfg(test)]
mod tests;
mod transition;

pub use code::{EndCause, OperationCode, StatusCode};
pub use decide::{RegisterRefusal, decide};
pub use suspension::CertificateSuspended;
pub use transition::{TimeCause, TimeTransition};

/// An employer as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredEmployer {
    /// Its id.
    pub id: EmployerId,
    /// Its name on the certificate.
    pub name: String,
    /// Its credit code.
    pub credit_code: CreditCode,
    /// Where it is registered; gives the prefix of the number.
    pub province: Province,
}

/// A specialty as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialtyRegistration {
    /// Which.
    pub specialty: Specialty,
    /// Its own term.
    pub validity: Validity,
    /// The qualification behind it.
    pub qualification_number: QualificationNumber,
}

/// What is done to a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RegisterAct {
    /// 初始注册 or 重新注册.
    Register {
        /// The number.
        number: RegistrationNumber,
        /// Decides the last day of age.
        birth_date: Date,
        /// With whom.
        employer: RegisteredEmployer,
        /// The specialties.
        specialties: Vec<SpecialtyRegistration>,
    },
    /// 延续注册, granted.
    Renew {
        /// The new terms.
        terms: Vec<(Specialty, Validity)>,
    },
    /// 视为准予延续 (行政许可法 art 50), recorded explicitly.
    DeemRenewed {
        /// The new terms.
        terms: Vec<(Specialty, Validity)>,
    },
    /// A renewal filed in time is pending: the end of the term does not end the registration (art 50).
    NoteRenewalAccepted,
    /// The pending renewal is closed.
    NoteRenewalClosed,
    /// 变更注册: another employer, or the same under a new name. Terms stay (153号 art 13).
    ChangeEmployer {
        /// With whom from now on.
        employer: RegisteredEmployer,
    },
    /// 增项注册. Other terms stay (101号 art 10).
    AddSpecialties {
        /// The new ones.
        added: Vec<SpecialtyRegistration>,
    },
    /// 信息更正: facts about the person; the register itself keeps only the birth date.
    Correct {
        /// The birth date from now on.
        birth_date: Date,
        /// What was corrected, and since when it had been wrong.
        terms: CorrectionTerms,
    },
    /// 注销注册 of the whole registration (153号 art 17).
    Cancel {
        /// Who asked.
        initiator: CancellationInitiator,
        /// Why.
        ground: CancellationGround,
    },
    /// 注销注册 of some specialties; the others stay with their terms.
    CancelSpecialties {
        /// Who asked.
        initiator: CancellationInitiator,
        /// Why.
        ground: CancellationGround,
        /// Which.
        specialties: Vec<Specialty>,
    },
    /// The practice seal was lost and replaced (domain §1.9).
    ReissueSeal,
    /// 暂扣.
    Suspend {
        /// The last day, where it is stated.
        until: Option<Date>,
    },
    /// 暂扣发还.
    Restore,
    /// An application for a move to another province is under way (办理转出 begun). The registration stands as it does
    /// until the announcement, which alone is the legal moment.
    NoteMoveBegun {
        /// Where the person is going.
        to: Province,
    },
    /// 办理转出, written together with [`Self::MoveIn`].
    MoveOut,
    /// 转入: with an employer of another province from now on. Terms and digits stay, the prefix moves (domain §1.8).
    MoveIn {
        /// With whom from now on.
        employer: RegisteredEmployer,
    },
    /// 取消转出.
    CancelMoveOut,
    /// A reconsideration or a judgment undid a cancellation (行政复议、行政诉讼): it stands again, terms and digits as they were.
    Reinstate {
        /// Number of the document (文书号).
        document: String,
    },
    /// 失效 by an event that an authority recorded (153号 art 16).
    Lapse {
        /// Which; one that leads to 失效.
        cause: EndCause,
        /// The day of the event, from which the law counts; not after `at`.
        effective_on: Date,
        /// The province's row, by which alone it is undone.
        row: LapseRowId,
    },
    /// A lapse was recorded wrongly: the registration stands as it did before, terms and all. Both acts stay.
    UndoLapse {
        /// The row of the lapse.
        row: LapseRowId,
    },
    /// 失效, 注销, 撤销 or 吊销: three legal states that are never confused.
    End {
        /// Which, and why.
        cause: EndCause,
    },
}

/// An act as recorded: what, when in law, on whose authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActRecord {
    /// Its id.
    pub id: RegisterActId,
    /// The person.
    pub person: PersonId,
    /// The legal moment: that of the announcement, or of the decision where nothing is announced.
    pub at: Timestamp,
    /// What.
    pub act: RegisterAct,
    /// Who decided.
    pub decided_by: Authority,
    /// Who announced.
    pub announced_by: Authority,
    /// 公告文号, where there is one.
    pub announcement_number: Option<String>,
    /// The application behind it, where there is one.
    pub application: Option<ApplicationId>,
}

/// Where a registration stands, dates aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RegistrationState {
    /// In force while a specialty lives and age allows.
    Active,
    /// 暂扣.
    Suspended {
        /// From when.
        at: Timestamp,
        /// The last day, where it is stated.
        until: Option<Date>,
    },
    /// 办理转出.
    MovingOut {
        /// From when.
        at: Timestamp,
    },
    /// Ended by an act.
    Ended {
        /// From when.
        at: Timestamp,
        /// Which, and why.
        cause: EndCause,
    },
}

/// What a recorded lapse left: since when, and what undoing it restores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LapseOnRecord {
    /// The row that recorded it.
    pub row: LapseRowId,
    /// The day of the event.
    pub effective_on: Date,
    /// Where the registration stood.
    pub before: RegistrationState,
    /// Whether a renewal filed in time is pending, told on while it lapses.
    pub renewal_pending: bool,
    /// The province that the person was moving to.
    pub moving_to: Option<Province>,
}

/// A person's registration, derived from the acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterEntry {
    /// Whose.
    pub person: PersonId,
    /// The number to print.
    pub number: RegistrationNumber,
    /// Numbers printed before, with other prefixes: recorded aliases.
    pub former_numbers: Vec<RegistrationNumber>,
    /// Decides the last day of age.
    pub birth_date: Date,
    /// With whom.
    pub employer: RegisteredEmployer,
    /// The specialties, in the order of the table.
    pub specialties: Vec<SpecialtyRegistration>,
    /// Where it stands.
    pub state: RegistrationState,
    /// A renewal filed in time is pending.
    pub renewal_pending: bool,
    /// The province that the person is moving to, while that is under way.
    #[serde(default)]
    pub moving_to: Option<Province>,
    /// The recorded lapse, while nothing else has ended the registration.
    #[serde(default)]
    pub lapse: Option<Box<LapseOnRecord>>,
    /// Re-issues of the practice seal.
    pub seal_check_code: u8,
    /// The last act.
    pub last_act: RegisterActId,
    /// Its legal moment.
    pub since: Timestamp,
    /// Who decided it.
    pub decided_by: Authority,
    /// Who announced it.
    pub announced_by: Authority,
}

impl RegisterEntry {
    /// The entry after an act. Cannot fail: an act that [`decide`] would refuse leaves the entry as it is.
    #[must_use]
    pub fn apply(entry: Option<Self>, record: &ActRecord) -> Option<Self> {
        let before = entry
            .as_ref()
            .map(|known| (known.number, known.former_numbers.clone(), known.seal_check_code));
        let mut next = match (&record.act, entry) {
            (
                RegisterAct::Register {
                    number,
                    birth_date,
                    employer,
                    specialties,
                },
                _,
            ) => {
                let (former, seal_check_code) = match before {
                    Some((old, former, check_code)) => (with_former(former, old, *number), check_code),
                    None => (Vec::new(), 0),
                };
                Self {
                    person: record.person,
                    number: *number,
                    former_numbers: former,
                    birth_date: *birth_date,
                    employer: employer.clone(),
                    specialties: specialties.clone(),
                    state: RegistrationState::Active,
                    renewal_pending: false,
                    moving_to: None,
                    lapse: None,
                    seal_check_code,
                    last_act: record.id,
                    since: record.at,
                    decided_by: record.decided_by,
                    announced_by: record.announced_by,
                }
            }
            (_, Some(entry)) => entry,
            (_, None) => return None,
        };
        next.change(&record.act, record.at);
        next.specialties.sort_by_key(|known| known.specialty);
        next.last_act = record.id;
        next.since = record.at;
        next.decided_by = record.decided_by;
        next.announced_by = record.announced_by;
        Some(next)
    }

    fn change(&mut self, act: &RegisterAct, at: Timestamp) {
        match act {
            RegisterAct::Register { .. } => {}
            RegisterAct::Renew { terms } | RegisterAct::DeemRenewed { terms } => {
                for known in &mut self.specialties {
                    let term = terms.iter().find(|(specialty, _)| *specialty == known.specialty);
                    known.validity = term.map_or(known.validity, |(_, validity)| *validity);
                }
                self.renewal_pending = false;
            }
            RegisterAct::NoteRenewalAccepted => self.note_renewal(true),
            RegisterAct::NoteRenewalClosed => self.note_renewal(false),
            RegisterAct::ChangeEmployer { employer } | RegisterAct::MoveIn { employer } => {
                let number = self.number.moved_to(employer.province);
                self.former_numbers =
                    with_former(std::mem::take(&mut self.former_numbers), self.number, number);
                self.number = number;
                self.employer = employer.clone();
                self.state = RegistrationState::Active;
                self.moving_to = None;
            }
            RegisterAct::AddSpecialties { added } => {
                let is_added =
                    |known: &SpecialtyRegistration| added.iter().any(|one| one.specialty == known.specialty);
                self.specialties.retain(|known| !is_added(known));
                self.specialties.extend(added.iter().cloned());
            }
            RegisterAct::Correct { birth_date, .. } => self.birth_date = *birth_date,
            RegisterAct::CancelSpecialties { specialties, .. } => self
                .specialties
                .retain(|known| !specialties.contains(&known.specialty)),
            RegisterAct::Cancel { .. } => self.end(EndCause::Cancelled, at),
            RegisterAct::ReissueSeal => self.seal_check_code = self.seal_check_code.saturating_add(1),
            RegisterAct::Suspend { until } => self.state = RegistrationState::Suspended { at, until: *until },
            RegisterAct::NoteMoveBegun { to } => self.moving_to = Some(*to),
            RegisterAct::MoveOut => self.state = RegistrationState::MovingOut { at },
            RegisterAct::CancelMoveOut => {
                self.moving_to = None;
                if matches!(self.state, RegistrationState::MovingOut { .. }) {
                    self.state = RegistrationState::Active;
                }
            }
            RegisterAct::Restore | RegisterAct::Reinstate { .. } => self.state = RegistrationState::Active,
            RegisterAct::End { cause } => self.end(*cause, at),
            RegisterAct::Lapse {
                cause,
                effective_on,
                row,
            } => self.lapse(*cause, *effective_on, *row, at),
            RegisterAct::UndoLapse { .. } => {
                if let Some(lapse) = self.lapse.take() {
                    self.state = lapse.before;
                    self.renewal_pending = lapse.renewal_pending;
                    self.moving_to = lapse.moving_to;
                }
            }
        }
    }

    /// Of a lapsed registration it is kept for the case that the lapse is undone.
    fn note_renewal(&mut self, pending: bool) {
        match &mut self.lapse {
            Some(lapse) => lapse.renewal_pending = pending,
            None => self.renewal_pending = pending,
        }
    }

    fn lapse(&mut self, cause: EndCause, effective_on: Date, row: LapseRowId, at: Timestamp) {
        let lapse = LapseOnRecord {
            row,
            effective_on,
            before: self.state.clone(),
            renewal_pending: self.renewal_pending,
            moving_to: self.moving_to,
        };
        self.end(cause, at);
        self.lapse = Some(Box::new(lapse));
    }

    fn end(&mut self, cause: EndCause, at: Timestamp) {
        self.state = RegistrationState::Ended { at, cause };
        self.renewal_pending = false;
        self.moving_to = None;
        self.lapse = None;
    }

    /// Since which day it has been suspended or ended by an act, and by what it ended: for a recorded lapse the day of the
    /// event, else that of the act.
    #[must_use]
    pub fn since_act(&self) -> Option<(Date, Option<EndCause>)> {
        match &self.state {
            RegistrationState::Ended { at, cause } => {
                let event = self.lapse.as_ref().map(|lapse| lapse.effective_on);
                Some((event.unwrap_or_else(|| day_of(*at)), Some(*cause)))
            }
            RegistrationState::Suspended { at, .. } => Some((day_of(*at), None)),
            RegistrationState::Active | RegistrationState::MovingOut { .. } => None,
        }
    }

    /// The last day of age (153号 art 16(6)).
    #[must_use]
    pub fn last_day_of_age(&self, leap_day: LeapDay) -> Date {
        last_day_of_age(self.birth_date, leap_day)
    }

    /// The last day a specialty counts: its own end or the 65th birthday, whichever comes first.
    #[must_use]
    pub fn effective_end(&self, specialty: Specialty, leap_day: LeapDay) -> Option<Date> {
        let known = self
            .specialties
            .iter()
            .find(|known| known.specialty == specialty)?;
        Some(known.validity.to.min(self.last_day_of_age(leap_day)))
    }

    /// The specialties that count on a day, acts that end or suspend the whole aside.
    #[must_use]
    pub fn living_specialties(&self, day: Date, leap_day: LeapDay) -> Vec<Specialty> {
        let of_age = day <= self.last_day_of_age(leap_day);
        let living = self
            .specialties
            .iter()
            .filter(|known| of_age && known.validity.contains(day));
        living.map(|known| known.specialty).collect()
    }

    /// The outward status on a day (domain §1.6). A pending timely renewal keeps a term that has run out alive (行政许可法
    /// art 50); age does not wait.
    #[must_use]
    pub fn status(&self, day: Date, leap_day: LeapDay) -> StatusCode {
        match &self.state {
            RegistrationState::Ended { cause, .. } => cause.status(),
            RegistrationState::Suspended { .. } if self.check_not_suspended(day).is_err() => {
                StatusCode::Suspended
            }
            RegistrationState::MovingOut { .. } => StatusCode::MovingOut,
            RegistrationState::Active | RegistrationState::Suspended { .. } => {
                let of_age = day <= self.last_day_of_age(leap_day);
                let alive = !self.living_specialties(day, leap_day).is_empty() || self.renewal_pending;
                if of_age && alive {
                    StatusCode::Valid
                } else {
                    StatusCode::Lapsed
                }
            }
        }
    }

    /// Whether its terms have run out with no renewal pending, so that the person may be registered anew although no act
    /// has ended it: 失效 by date (153号 art 16(5)) is derived and never written.
    #[must_use]
    pub fn has_run_out(&self, day: Date) -> bool {
        let over = self.specialties.iter().all(|known| known.validity.is_over(day));
        matches!(self.state, RegistrationState::Active) && over && !self.renewal_pending
    }

    /// Whether an act has ended it, so that the person may be registered anew.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        matches!(self.state, RegistrationState::Ended { .. })
    }
}

fn with_former(
    mut former: Vec<RegistrationNumber>,
    old: RegistrationNumber,
    new: RegistrationNumber,
) -> Vec<RegistrationNumber> {
    former.retain(|known| *known != new);
    if old != new && !former.contains(&old) {
        former.push(old);
    }
    former
}
