//! What officers do until the decision: completeness, acceptance, review, joint review, decision.

use jiff::Timestamp;

use super::filing::required;
use super::{
    Acceptance, Act, Application, ApplicationEvent, ApplicationState, Claim, Correction, Decision,
    JointOpinion, JointReview, MoveRefused, Opinion, Reviewed, Submission, Verdict,
};
use crate::authority::{Actor, Authority, ChargedAuthority, Officer};
use crate::policy::{PolicyProfile, Step};
use crate::refusal::Refusal;
use crate::specialty::Specialty;

impl Application {
    /// Tells the person once everything that is missing (101号 art 17).
    ///
    /// # Errors
    /// Not submitted, told before, nothing named, or the officer's authority does not accept.
    pub fn request_correction(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        points: Vec<String>,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::RequestCorrection;
        let submission = self.submitted_to(act, policy, officer)?;
        if submission.correction.is_some() {
            return Err(MoveRefused::CorrectionAlreadyRequested);
        }
        if points.iter().all(|point| point.trim().is_empty()) {
            return Err(MoveRefused::NothingToCorrect);
        }
        let correction = Correction {
            at,
            by: officer,
            points,
        };
        let state = ApplicationState::CorrectionRequested {
            submission: Box::new(submission.clone()),
            correction,
        };
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// What was submitted to an officer of the accepting authority, who tells what is missing, accepts or declines.
    pub(super) fn submitted_to(
        &self,
        act: Act,
        policy: &PolicyProfile,
        officer: Officer,
    ) -> Result<&Submission, MoveRefused> {
        let ApplicationState::Submitted(submission) = &self.state else {
            return Err(self.out_of_order(act));
        };
        self.check_policy(policy)?;
        self.check_authority(
            officer.authority,
            policy.accepting_authority.of(self.jurisdiction),
        )?;
        Ok(submission)
    }

    /// Accepts (受理). A type that needs a claim goes on with a pending one while the nation is out of reach.
    ///
    /// # Errors
    /// Not submitted, the officer's authority does not accept, or the claim is in conflict.
    pub fn accept(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        claim: Claim,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::Accept;
        let submission = self.submitted_to(act, policy, officer)?;
        let claim = if self.kind.needs_claim() {
            claim
        } else {
            Claim::Exempt
        };
        if matches!(claim, Claim::Conflict { .. }) || (self.kind.needs_claim() && claim == Claim::Exempt) {
            return Err(MoveRefused::ClaimNotHeld);
        }
        let acceptance = Acceptance {
            submission: submission.clone(),
            at,
            by: Some(officer),
            claim,
        };
        let state = ApplicationState::Accepted(Box::new(acceptance));
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// Records the nation's answer to a claim that was pending, wherever the file has got to before clearance.
    ///
    /// # Errors
    /// No claim is pending or in conflict.
    pub fn settle_claim(
        mut self,
        claim: Claim,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::SettleClaim;
        let refused = self.out_of_order(act);
        let acceptance = self.state.acceptance_mut().ok_or_else(|| refused.clone())?;
        if acceptance.claim.is_settled() {
            return Err(refused);
        }
        acceptance.claim = claim;
        let state = self.state.clone();
        Ok(self.advance(act, Actor::Nation, at, state))
    }

    /// Records the province's review (初审), by another officer than the one who accepted (101号 art 16).
    ///
    /// # Errors
    /// Not accepted, a policy without provincial review, another authority, the same officer, or an unfavourable
    /// opinion without grounds.
    pub fn record_review(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        favourable: bool,
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::Review;
        let ApplicationState::Accepted(acceptance) = &self.state else {
            return Err(self.out_of_order(act));
        };
        self.check_policy(policy)?;
        if !policy.provincial_review {
            return Err(self.out_of_order(act));
        }
        self.check_authority(
            officer.authority,
            ChargedAuthority::Province.of(self.jurisdiction),
        )?;
        self.check_four_eyes(policy, Step::Review, officer.id)?;
        let opinion = opinion(officer, favourable, grounds, at)?;
        let reviewed = Reviewed {
            acceptance: (**acceptance).clone(),
            opinion: Some(opinion),
        };
        Ok(self.advance(
            act,
            Actor::Officer(officer),
            at,
            ApplicationState::Reviewed(Box::new(reviewed)),
        ))
    }

    /// Passes the file to the co-reviewing departments of its specialties (会审).
    ///
    /// # Errors
    /// Not reviewed, no specialty is co-reviewed, or the officer neither reviews nor decides.
    pub fn request_joint_review(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::RequestJointReview;
        self.check_policy(policy)?;
        let reviewed = self.examined(policy).ok_or_else(|| self.out_of_order(act))?;
        let required = policy.joint_reviews(self.kind, &self.specialties);
        if required.is_empty() {
            return Err(self.out_of_order(act));
        }
        let deciding = policy.deciding_authority.of(self.jurisdiction);
        if officer.authority != deciding {
            self.check_authority(
                officer.authority,
                policy.accepting_authority.of(self.jurisdiction),
            )?;
        }
        let joint = JointReview {
            reviewed,
            requested_at: at,
            required,
            opinions: Vec::new(),
        };
        Ok(self.advance(
            act,
            Actor::Officer(officer),
            at,
            ApplicationState::JointReviewPending(Box::new(joint)),
        ))
    }

    /// Records a co-reviewing department's opinion on one specialty. Only its own officers can.
    ///
    /// # Errors
    /// No joint review is open for the specialty, another authority, or an unfavourable opinion without grounds.
    pub fn record_joint_review(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        specialty: Specialty,
        favourable: bool,
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::RecordJointReview;
        let ApplicationState::JointReviewPending(joint) = &self.state else {
            return Err(self.out_of_order(act));
        };
        self.check_policy(policy)?;
        let open = !joint.opinions.iter().any(|known| known.specialty == specialty);
        let reviewer = joint.required.get(&specialty).filter(|_| open);
        let reviewer = *reviewer.ok_or(MoveRefused::NotCoReviewed { specialty })?;
        self.check_authority(officer.authority, Authority::JointReviewer(reviewer))?;
        self.check_four_eyes(policy, Step::JointReview, officer.id)?;
        let mut joint = joint.clone();
        joint.opinions.push(JointOpinion {
            specialty,
            opinion: opinion(officer, favourable, grounds, at)?,
        });
        let state = if joint.opinions.len() == joint.required.len() {
            ApplicationState::JointReviewed(joint)
        } else {
            ApplicationState::JointReviewPending(joint)
        };
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// Grants the registration. Only an officer of the deciding authority can, only after every review the policy and
    /// the specialties need, and never against a joint review or a rule of refusal (153号 art 15).
    ///
    /// # Errors
    /// One of these does not hold.
    pub fn grant(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        failing: &[Refusal],
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let (reviewed, joint) = self.ready_to_decide(policy, officer, Act::Grant)?;
        if joint.iter().any(|known| !known.opinion.favourable) {
            return Err(MoveRefused::AgainstJointReview);
        }
        if !failing.is_empty() {
            return Err(MoveRefused::AgainstRules {
                rules: rule_ids(failing).join("、"),
            });
        }
        let decision = Decision {
            reviewed,
            joint,
            at,
            by: officer,
            verdict: Verdict::Granted,
        };
        Ok(self.advance(
            Act::Grant,
            Actor::Officer(officer),
            at,
            ApplicationState::Decided(Box::new(decision)),
        ))
    }

    /// Refuses the registration (不予注册), naming every rule that fails.
    ///
    /// # Errors
    /// The file is not ready to be decided, another authority, the same officer, or neither rule nor grounds.
    pub fn refuse(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        failing: &[Refusal],
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let (reviewed, joint) = self.ready_to_decide(policy, officer, Act::Refuse)?;
        let grounds = if failing.is_empty() {
            required(grounds)?
        } else {
            grounds.trim().to_owned()
        };
        let verdict = Verdict::Refused {
            grounds,
            rules: rule_ids(failing),
        };
        let decision = Decision {
            reviewed,
            joint,
            at,
            by: officer,
            verdict,
        };
        Ok(self.advance(
            Act::Refuse,
            Actor::Officer(officer),
            at,
            ApplicationState::Refused(Box::new(decision)),
        ))
    }

    fn ready_to_decide(
        &self,
        policy: &PolicyProfile,
        officer: Officer,
        act: Act,
    ) -> Result<(Reviewed, Vec<JointOpinion>), MoveRefused> {
        let ready = match &self.state {
            ApplicationState::JointReviewed(joint) => Some((joint.reviewed.clone(), joint.opinions.clone())),
            _ if policy.joint_reviews(self.kind, &self.specialties).is_empty() => {
                self.examined(policy).map(|reviewed| (reviewed, Vec::new()))
            }
            _ => None,
        };
        let ready = ready.ok_or_else(|| self.out_of_order(act))?;
        self.check_policy(policy)?;
        self.check_authority(officer.authority, policy.deciding_authority.of(self.jurisdiction))?;
        self.check_four_eyes(policy, Step::Decide, officer.id)?;
        Ok(ready)
    }

    /// The file once the province is done with it: reviewed, or accepted where the policy has no provincial review.
    fn examined(&self, policy: &PolicyProfile) -> Option<Reviewed> {
        match &self.state {
            ApplicationState::Reviewed(reviewed) => Some((**reviewed).clone()),
            ApplicationState::Accepted(acceptance) if !policy.provincial_review => Some(Reviewed {
                acceptance: (**acceptance).clone(),
                opinion: None,
            }),
            _ => None,
        }
    }
}

impl ApplicationState {
    fn acceptance_mut(&mut self) -> Option<&mut Acceptance> {
        match self {
            Self::Accepted(acceptance) => Some(acceptance),
            Self::Reviewed(reviewed) => Some(&mut reviewed.acceptance),
            Self::JointReviewPending(joint) | Self::JointReviewed(joint) => {
                Some(&mut joint.reviewed.acceptance)
            }
            Self::Decided(decision)
            | Self::Publicized { decision, .. }
            | Self::Objected { decision, .. }
            | Self::PublicityClosed { decision, .. } => Some(&mut decision.reviewed.acceptance),
            _ => None,
        }
    }
}

fn opinion(officer: Officer, favourable: bool, grounds: &str, at: Timestamp) -> Result<Opinion, MoveRefused> {
    let grounds = if favourable {
        grounds.trim().to_owned()
    } else {
        required(grounds)?
    };
    Ok(Opinion {
        by: officer,
        at,
        favourable,
        grounds,
    })
}

fn rule_ids(failing: &[Refusal]) -> Vec<String> {
    failing
        .iter()
        .map(|refusal| refusal.rule.code().to_owned())
        .collect()
}
