//! Cancellations that no officer grants: by the employer's confirmation (2018 practice, domain §1.3), and the cases that
//! the authority opens on its own motion.

use jiff::Timestamp;

use super::{
    Acceptance, Act, Application, ApplicationEvent, ApplicationState, Claim, ClearanceGrant, Completed,
    Filing, MoveRefused, Particulars, Submission,
};
use crate::authority::{Actor, Officer};
use crate::cancellation::{CancellationCompletion, CancellationInitiator};
use crate::employment::Confirmation;
use crate::ids::AccountId;
use crate::policy::PolicyProfile;

impl Application {
    /// Whether the employer's confirmation completes it: the person's own cancellation of the whole registration, under a
    /// policy that says so.
    #[must_use]
    pub fn completes_at_confirmation(&self, policy: &PolicyProfile) -> bool {
        policy.cancellation_completion == CancellationCompletion::EmployerConfirmation
            && self
                .cancellation()
                .is_some_and(|details| details.whole && details.initiator == CancellationInitiator::Holder)
    }

    /// As [`Application::request_employment`], with the person's commitment (承诺) where the confirmation completes it.
    ///
    /// # Errors
    /// As [`Application::request_employment`].
    pub fn hand_over(
        mut self,
        commitment: bool,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        if let Particulars::Cancellation(details) = &mut self.particulars {
            details.commitment = commitment;
        }
        self.request_employment(by, at)
    }

    /// The employer's confirmation of a cancellation that it completes: nothing but the nation's clearance is left. That
    /// the registrar is one of the employer, and that no rule stands against it, is the caller's check.
    ///
    /// # Errors
    /// It does not wait for the employer, is not completed this way, or materials or commitment are missing.
    pub fn confirm_and_complete(
        mut self,
        filing: &Filing<'_>,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::ConfirmCancellation;
        let waits = matches!(self.state, ApplicationState::EmployerPending { .. });
        if !waits || !self.completes_at_confirmation(filing.policy) {
            return Err(self.out_of_order(act));
        }
        let commitment = self.cancellation().is_some_and(|details| details.commitment);
        let filing = Filing {
            commitment,
            ..*filing
        };
        self.check_filing(&filing)?;
        self.policy = Some(filing.policy.reference());
        let submission = Submission {
            at,
            by,
            confirmation: Some(Confirmation { by, at }),
            correction: None,
            renewal: None,
        };
        let state = ApplicationState::Completing(Box::new(submission));
        Ok(self.advance(act, Actor::Registrar { account: by }, at, state))
    }

    /// The nation cleared it: from here on the registration is cancelled, without an announcement.
    ///
    /// # Errors
    /// It does not wait for that, or the clearance binds something else.
    pub fn complete(
        self,
        policy: &PolicyProfile,
        grant: ClearanceGrant,
        application_hash: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::Complete;
        let ApplicationState::Completing(submission) = &self.state else {
            return Err(self.out_of_order(act));
        };
        self.check_policy(policy)?;
        if grant.application_hash != application_hash {
            return Err(MoveRefused::ClearanceMismatch);
        }
        let completed = Completed {
            submission: (**submission).clone(),
            clearance: grant.id,
            number: grant.number,
            application_hash: grant.application_hash,
            at,
        };
        let state = ApplicationState::Completed(Box::new(completed));
        Ok(self.advance(act, Actor::Nation, at, state))
    }

    /// The authority files the case that it opened on its own motion; the officer who does stands where otherwise the one
    /// who accepts does, so that another reviews and decides (101号 art 16).
    ///
    /// # Errors
    /// Not the authority's own case, not a draft, another authority, or the evidence missing.
    pub fn file_on_own_motion(
        mut self,
        filing: &Filing<'_>,
        officer: Officer,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::FileOnOwnMotion;
        self.check_initiator(Actor::Officer(officer))?;
        let ApplicationState::Draft { .. } = self.state else {
            return Err(self.out_of_order(act));
        };
        self.check_authority(
            officer.authority,
            filing.policy.accepting_authority.of(self.jurisdiction),
        )?;
        self.check_filing(&Filing {
            commitment: true,
            ..*filing
        })?;
        self.policy = Some(filing.policy.reference());
        let acceptance = Acceptance {
            submission: Submission {
                at,
                by: AccountId::from_uuid(officer.id.as_uuid()),
                confirmation: None,
                correction: None,
                renewal: None,
            },
            at,
            by: Some(officer),
            claim: Claim::Exempt,
        };
        let state = ApplicationState::Accepted(Box::new(acceptance));
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// The employer files the cancellation that it opened; its own word is the confirmation.
    ///
    /// # Errors
    /// Not the employer's own case, not a draft (or a notice of correction), materials or commitment missing.
    pub fn submit_by_employer(
        self,
        filing: &Filing<'_>,
        by: AccountId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let actor = Actor::Registrar { account: by };
        self.check_initiator(actor)?;
        self.submit_as(filing, by, actor, at)
    }
}
