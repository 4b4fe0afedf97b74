//! An application follows the registration that it rests on: where the employer is succeeded by another (企业合并、分立), the
//! contracts go on with the successor and nobody applies anew (153号 art 13; [`crate::succession`]).

use jiff::Timestamp;

use super::{Act, Application, ApplicationEvent, ApplicationType, MoveRefused, StateKind};
use crate::authority::Actor;
use crate::ids::EmployerId;

impl Application {
    /// The employer of the registration that it rests on: for a change the one before; none for whoever is not registered
    /// yet.
    #[must_use]
    pub fn rests_on(&self) -> Option<EmployerId> {
        match self.kind {
            ApplicationType::Initial | ApplicationType::Reregistration => None,
            ApplicationType::Change => self.previous_employer,
            ApplicationType::Renewal
            | ApplicationType::Addition
            | ApplicationType::Cancellation
            | ApplicationType::Correction
            | ApplicationType::SealReissue => Some(self.employer),
        }
    }

    /// The employer that it rests on was succeeded by another: it goes on as it stands, with what the old employer confirmed,
    /// which binds the successor. What the nation has cleared keeps the employer that the clearance names.
    ///
    /// # Errors
    /// It rests on another employer, or has been cleared or is final.
    pub fn follow_employer(
        mut self,
        (from, to): (EmployerId, EmployerId),
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let kind = self.state.kind();
        let bound = matches!(kind, StateKind::Cleared | StateKind::Completing);
        if kind.is_final() || bound || self.rests_on() != Some(from) {
            return Err(self.out_of_order(Act::FollowEmployer));
        }
        if self.kind == ApplicationType::Change {
            self.previous_employer = Some(to);
        } else {
            self.employer = to;
        }
        let state = self.state.clone();
        Ok(self.advance(Act::FollowEmployer, Actor::System, at, state))
    }
}
