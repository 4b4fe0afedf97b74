//! What the person and the employer do: draft, confirm, submit, withdraw.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Act, Application, ApplicationEvent, ApplicationState, ApplicationType, MaterialKind, MoveRefused,
    Particulars, RenewalFiling, Submission,
};
use crate::authority::Actor;
use crate::cancellation::CancellationInitiator;
use crate::employment::{Confirmation, Termination};
use crate::ids::{AccountId, ApplicationId, EmployerId, PersonId};
use crate::policy::{EmployerChangeMode, PolicyProfile};
use crate::province::Jurisdiction;
use crate::specialty::Specialty;

/// What a new application says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApplication {
    /// Its id.
    pub id: ApplicationId,
    /// Who will hold the file: where the employer is registered (101号 art 7).
    pub jurisdiction: Jurisdiction,
    /// What is applied for.
    pub kind: ApplicationType,
    /// Whom it is about.
    pub person: PersonId,
    /// The employer the registration is (or was) for.
    pub employer: EmployerId,
    /// For a change to another employer: the one before.
    pub previous_employer: Option<EmployerId>,
    /// How the employment ended, where a paper shows it from the start.
    pub termination: Option<Termination>,
    /// Specialties.
    pub specialties: Vec<Specialty>,
    /// What the type says beyond.
    pub particulars: Particulars,
}

/// What is filed with a submission.
#[derive(Debug, Clone, Copy)]
pub struct Filing<'a> {
    /// The materials attached.
    pub materials: &'a [MaterialKind],
    /// What decides which are needed; whether the termination is confirmed is read off the application.
    pub education_due: bool,
    /// The commitment to the truth of what is filed.
    pub commitment: bool,
    /// The policy in force on the day.
    pub policy: &'a PolicyProfile,
    /// For a renewal: what it is filed against.
    pub renewal: Option<RenewalFiling>,
}

impl Application {
    /// Opens the person's draft.
    ///
    /// # Errors
    /// As [`Application::create_by`].
    pub fn create(
        new: NewApplication,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        Self::create_by(new, Actor::Holder { account: by }, at)
    }

    /// Opens a draft for whoever asks, who must be the initiator that its particulars name.
    ///
    /// # Errors
    /// No specialty, or one twice; particulars of another type, or another initiator's.
    pub fn create_by(
        new: NewApplication,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let mut distinct = new.specialties.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.is_empty() || distinct.len() != new.specialties.len() {
            return Err(MoveRefused::Specialties);
        }
        if !new.particulars.fits(new.kind) {
            return Err(MoveRefused::Particulars);
        }
        let draft = ApplicationState::Draft { since: at };
        let application = Self::restore(new, None, Vec::new(), draft.clone());
        application.check_initiator(actor)?;
        Ok(application.advance(Act::Create, actor, at, draft))
    }

    /// Hands the draft to the employer's registrar.
    ///
    /// # Errors
    /// It is no draft.
    pub fn request_employment(
        self,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::RequestEmployment;
        self.check_initiator(Actor::Holder { account: by })?;
        let ApplicationState::Draft { .. } = self.state else {
            return Err(self.out_of_order(act));
        };
        let state = ApplicationState::EmployerPending { since: at };
        Ok(self.advance(act, Actor::Holder { account: by }, at, state))
    }

    /// The employer stands behind the application. That `by` is a registrar of the employer is the caller's check.
    ///
    /// # Errors
    /// It does not wait for the employer.
    pub fn confirm_employment(
        self,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::ConfirmEmployment;
        let ApplicationState::EmployerPending { .. } = self.state else {
            return Err(self.out_of_order(act));
        };
        let state = ApplicationState::EmployerConfirmed {
            confirmation: Confirmation { by, at },
        };
        Ok(self.advance(act, Actor::Registrar { account: by }, at, state))
    }

    /// The employer does not.
    ///
    /// # Errors
    /// It does not wait for the employer, or no grounds are given.
    pub fn reject_employment(
        self,
        by: AccountId,
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::RejectEmployment;
        let ApplicationState::EmployerPending { .. } = self.state else {
            return Err(self.out_of_order(act));
        };
        let state = ApplicationState::EmployerRejected {
            by,
            at,
            grounds: required(grounds)?,
        };
        Ok(self.advance(act, Actor::Registrar { account: by }, at, state))
    }

    /// Takes an application that the employer has or has had back to a draft.
    ///
    /// # Errors
    /// It was submitted, or is a draft already.
    pub fn revise(self, by: AccountId, at: Timestamp) -> Result<(Self, ApplicationEvent), MoveRefused> {
        match self.state {
            ApplicationState::EmployerPending { .. }
            | ApplicationState::EmployerConfirmed { .. }
            | ApplicationState::EmployerRejected { .. } => {
                let state = ApplicationState::Draft { since: at };
                Ok(self.advance(Act::Revise, Actor::Holder { account: by }, at, state))
            }
            _ => Err(self.out_of_order(Act::Revise)),
        }
    }

    /// Records how the previous employment ended: the old employer's word or a paper. Possible until submission.
    ///
    /// # Errors
    /// It was submitted already, or is not about an employment that ended.
    pub fn show_termination(
        mut self,
        termination: Termination,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let before_submission = self.state.kind() < super::StateKind::Submitted;
        if !before_submission || !matches!(self.kind, ApplicationType::Change | ApplicationType::Cancellation)
        {
            return Err(self.out_of_order(Act::ShowTermination));
        }
        self.termination = Some(termination);
        let state = self.state.clone();
        Ok(self.advance(Act::ShowTermination, actor, at, state))
    }

    /// Submits, or answers the correction notice; the policy of the first submission stays.
    ///
    /// # Errors
    /// Not confirmed by the employer, the end of the previous employment not shown, materials or the commitment missing. A
    /// forced cancellation needs no confirmation: a paper stands in its place, whether the employer was never asked, is
    /// silent or refused (强制注销; domain §1.3).
    pub fn submit(
        self,
        filing: &Filing<'_>,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let actor = Actor::Holder { account: by };
        self.check_initiator(actor)?;
        self.submit_as(filing, by, actor, at)
    }

    pub(super) fn submit_as(
        mut self,
        filing: &Filing<'_>,
        by: AccountId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let by_employer = self.initiator() == CancellationInitiator::Employer;
        let submission = match &self.state {
            ApplicationState::EmployerConfirmed { confirmation } => Submission {
                at,
                by,
                confirmation: Some(*confirmation),
                correction: None,
                renewal: filing.renewal,
            },
            ApplicationState::Draft { .. }
            | ApplicationState::EmployerPending { .. }
            | ApplicationState::EmployerRejected { .. }
                if self.is_forced_cancellation() =>
            {
                Submission {
                    at,
                    by,
                    confirmation: None,
                    correction: None,
                    renewal: None,
                }
            }
            ApplicationState::Draft { .. } if by_employer => Submission {
                at,
                by,
                confirmation: Some(Confirmation { by, at }),
                correction: None,
                renewal: None,
            },
            ApplicationState::CorrectionRequested {
                submission,
                correction,
            } => {
                self.check_policy(filing.policy)?;
                Submission {
                    correction: Some((correction.clone(), at)),
                    ..(**submission).clone()
                }
            }
            _ => return Err(self.out_of_order(Act::Submit)),
        };
        self.check_filing(filing)?;
        self.policy = Some(filing.policy.reference());
        let state = ApplicationState::Submitted(Box::new(submission));
        Ok(self.advance(Act::Submit, actor, at, state))
    }

    /// What every filing needs, whoever files.
    pub(super) fn check_filing(&self, filing: &Filing<'_>) -> Result<(), MoveRefused> {
        self.check_employer_change(filing.policy)?;
        if filing.policy.commitment_required && !filing.commitment {
            return Err(MoveRefused::CommitmentMissing);
        }
        let missing = filing.policy.missing_materials(
            self.kind,
            self.material_context(filing.education_due),
            filing.materials,
        );
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = missing.into_iter().map(MaterialKind::name).collect();
        Err(MoveRefused::MaterialsMissing {
            names: names.join("、"),
        })
    }

    /// Withdraws before the decision.
    ///
    /// # Errors
    /// It is decided, withdrawn, somebody else's, or no grounds are given.
    pub fn withdraw(
        self,
        by: Actor,
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        self.check_initiator(by)?;
        let from = self.state.kind();
        if !from.is_before_decision() {
            return Err(self.out_of_order(Act::Withdraw));
        }
        let state = ApplicationState::Withdrawn {
            at,
            by,
            grounds: required(grounds)?,
            from,
        };
        Ok(self.advance(Act::Withdraw, by, at, state))
    }

    /// The old employer that may be given notice of the end of the employment (解聘告知): before submission, while nothing
    /// shows that end.
    ///
    /// # Errors
    /// Submitted already, no change to another employer, or the end is shown.
    pub fn termination_due(&self) -> Result<EmployerId, MoveRefused> {
        let previous = self
            .previous_employer
            .filter(|previous| *previous != self.employer);
        let before_submission = self.state.kind() < super::StateKind::Submitted;
        match previous {
            Some(_) if self.termination.is_some() => Err(MoveRefused::TerminationShown),
            Some(previous) if before_submission && self.kind == ApplicationType::Change => Ok(previous),
            _ => Err(self.out_of_order(Act::ShowTermination)),
        }
    }

    /// Ends a move between provinces between its decision and its announcement (取消转出). That the application moves the
    /// person to another province is the caller's check.
    ///
    /// # Errors
    /// Not decided, announced already, no change, or no grounds are given.
    pub fn cancel_move(
        self,
        by: Actor,
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let from = self.state.kind();
        let decided = self.state.decision().is_some() && !from.is_final();
        if self.kind != ApplicationType::Change || !decided {
            return Err(self.out_of_order(Act::CancelMove));
        }
        let state = ApplicationState::Withdrawn {
            at,
            by,
            grounds: required(grounds)?,
            from,
        };
        Ok(self.advance(Act::CancelMove, by, at, state))
    }

    /// A change to another employer needs a policy that offers it and the end of the old employment (153号 art 13).
    fn check_employer_change(&self, policy: &PolicyProfile) -> Result<(), MoveRefused> {
        if self
            .previous_employer
            .is_none_or(|previous| previous == self.employer)
        {
            return Ok(());
        }
        if self.kind == ApplicationType::Change
            && policy.employer_change_mode == EmployerChangeMode::CancelAndReregister
        {
            return Err(MoveRefused::ChangeNotOffered);
        }
        if self.termination.is_none() {
            Err(MoveRefused::TerminationNotShown)
        } else {
            Ok(())
        }
    }

    fn is_forced_cancellation(&self) -> bool {
        self.kind == ApplicationType::Cancellation
            && self
                .termination
                .as_ref()
                .is_some_and(|termination| termination.evidence.is_forced())
    }
}

/// Grounds, trimmed; empty ones are refused (行政许可法 art 38).
pub(super) fn required(grounds: &str) -> Result<String, MoveRefused> {
    match grounds.trim() {
        "" => Err(MoveRefused::GroundsMissing),
        grounds => Ok(grounds.to_owned()),
    }
}
