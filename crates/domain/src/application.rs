//! Applications: what is asked for, where it stands, who may move it on (design §1, domain §1.13).
//!
//! A state is an enum whose variants hold only what is true there, nested so that a later state contains the record of
//! every gate before it: nobody can build an announced application that was never decided. Transitions take the
//! application, return the next one with an event, or a [`MoveRefused`] that names the article.

use serde::{Deserialize, Serialize};

use crate::authority::{Actor, Authority};
use crate::employment::{EmploymentGap, Termination};
use crate::ids::{ApplicationId, EmployerId, OfficerId, PersonId};
use crate::policy::{PolicyProfile, PolicyRef, Step};
use crate::province::Jurisdiction;
use crate::specialty::Specialty;
use crate::work::{Acted, Hand};

mod clock;
mod completion;
mod declining;
mod event;
mod examination;
mod filing;
mod following;
mod kind;
mod lifecycle;
mod material;
mod particulars;
mod publication;
mod refused;
mod state;
#[cfg(test)]
mod tests;

pub use clock::{ExtensionRequest, PauseGround, RenewalFiling, StepClock};
pub use declining::{NonAcceptance, NonAcceptanceGround};
pub use event::{Act, ApplicationEvent};
pub use filing::{Filing, NewApplication};
pub use kind::ApplicationType;
pub use lifecycle::{MOVES, documented};
pub use material::{MaterialError, MaterialKind};
pub use particulars::{Particulars, SealReissueDetails, SealReissueReason};
pub use publication::{ClearanceGrant, ReturnReason};
pub use refused::MoveRefused;
pub use state::{
    Acceptance, Announced, ApplicationState, Claim, Cleared, Completed, Correction, Decision, DeemedRenewal,
    JointOpinion, JointReview, Objection, Opinion, Publicity, Reviewed, StateKind, Submission, Verdict,
};

/// An application and where it stands. The state changes only by the transitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Who holds the file.
    pub jurisdiction: Jurisdiction,
    /// What is applied for.
    pub kind: ApplicationType,
    /// Whom it is about.
    pub person: PersonId,
    /// The employer the registration is (or was) for.
    pub employer: EmployerId,
    /// For a change: the employer before.
    pub previous_employer: Option<EmployerId>,
    /// For a change or a cancellation: how the employment ended, once shown.
    pub termination: Option<Termination>,
    /// For a change: the days between the two employments, as judged at submission.
    #[serde(default)]
    pub employment_gap: Option<EmploymentGap>,
    /// Specialties asked for; those registered, where the type asks for none.
    pub specialties: Vec<Specialty>,
    /// What the type says beyond.
    #[serde(default)]
    pub particulars: Particulars,
    /// The profile it was submitted under; none before.
    pub policy: Option<PolicyRef>,
    /// Times the file went back to review, and why.
    pub returns: Vec<ReturnReason>,
    /// In whose name steps were taken beside the officers that the state names (委托).
    #[serde(default)]
    acted: Vec<Acted>,
    state: ApplicationState,
}

impl Application {
    /// Puts an application back together from its parts, as stored; a store keeps kind and facts of the state.
    #[must_use]
    pub fn restore(
        new: NewApplication,
        policy: Option<PolicyRef>,
        returns: Vec<ReturnReason>,
        state: ApplicationState,
    ) -> Self {
        Self {
            id: new.id,
            jurisdiction: new.jurisdiction,
            kind: new.kind,
            person: new.person,
            employer: new.employer,
            previous_employer: new.previous_employer,
            termination: new.termination,
            employment_gap: None,
            specialties: new.specialties,
            particulars: new.particulars,
            policy,
            returns,
            acted: Vec::new(),
            state,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &ApplicationState {
        &self.state
    }

    /// Whether another application of the same person may be open beside this one (design §3): only cancellation and
    /// correction stand beside another, and never two of the same type.
    #[must_use]
    pub fn is_compatible_with(&self, other: ApplicationType) -> bool {
        let open = !self.state.kind().is_final();
        !open || (self.kind != other && (!self.kind.needs_claim() || !other.needs_claim()))
    }

    /// Which officer took which step of this file, and in whose name: everybody whose powers the officer held then.
    #[must_use]
    pub fn steps_taken(&self) -> Vec<(Step, OfficerId)> {
        let mut steps = self.state.steps_taken();
        let behind = |(step, by): &(Step, OfficerId)| {
            let acted = self
                .acted
                .iter()
                .filter(|acted| acted.step == *step && acted.officer == *by);
            let names: Vec<_> = acted
                .flat_map(|acted| acted.principals.iter().map(|one| (acted.step, *one)))
                .collect();
            names
        };
        let others: Vec<_> = steps.iter().flat_map(behind).collect();
        steps.extend(others);
        steps
    }

    /// Keeps in whose name a step has just been taken.
    #[must_use]
    pub fn acted(mut self, step: Step, hand: &Hand) -> Self {
        self.acted
            .retain(|known| known.step != step || known.officer != hand.officer);
        if !hand.principals.is_empty() {
            self.acted.push(Acted {
                step,
                officer: hand.officer,
                principals: hand.principals.clone(),
            });
        }
        self
    }

    fn advance(
        self,
        act: Act,
        actor: Actor,
        at: jiff::Timestamp,
        state: ApplicationState,
    ) -> (Self, ApplicationEvent) {
        let event = ApplicationEvent {
            application: self.id,
            act,
            from: self.state.kind(),
            to: state.kind(),
            actor,
            at,
            article: act.article().to_owned(),
        };
        (Self { state, ..self }, event)
    }

    fn out_of_order(&self, act: Act) -> MoveRefused {
        MoveRefused::OutOfOrder {
            state: self.state.kind(),
            act,
        }
    }

    /// The profile must be the one the application was submitted under.
    fn check_policy(&self, policy: &PolicyProfile) -> Result<(), MoveRefused> {
        if self.policy.as_ref() == Some(&policy.reference()) {
            Ok(())
        } else {
            Err(MoveRefused::OtherPolicy)
        }
    }

    fn check_authority(&self, officer: Authority, needed: Authority) -> Result<(), MoveRefused> {
        if officer == needed {
            Ok(())
        } else {
            Err(MoveRefused::WrongAuthority { needed })
        }
    }

    /// No officer takes two steps of this file that the policy keeps apart (101号 art 16).
    fn check_four_eyes(
        &self,
        policy: &PolicyProfile,
        step: Step,
        officer: OfficerId,
    ) -> Result<(), MoveRefused> {
        let clash = self
            .steps_taken()
            .into_iter()
            .find(|(taken, by)| *by == officer && policy.requires_different_officers(*taken, step));
        if step != Step::JointReview && self.overturned().any(|by| by == officer) {
            return Err(MoveRefused::RefusalOverturned);
        }
        match clash {
            Some((taken, _)) => Err(MoveRefused::SameOfficer { taken, step }),
            None => Ok(()),
        }
    }
}
