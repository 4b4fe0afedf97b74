//! Who may file an application: whoever opened it (153号 art 17).

use domain::application::{Application, MoveRefused};
use domain::authority::Actor;
use domain::cancellation::CancellationInitiator;
use domain::policy::PolicyProfile;
use domain::province::Jurisdiction;

use super::Call;
use crate::deps::Deps;
use crate::error::Error;

/// The caller as the initiator of an application; everybody else is refused, also who may read it.
pub(super) fn initiator(
    deps: &Deps,
    call: &Call,
    application: &Application,
    policy: &PolicyProfile,
) -> Result<Actor, Error> {
    let initiator = application.initiator();
    let account = call.account()?;
    let actor = match initiator {
        CancellationInitiator::Holder => {
            let own = call.scope.own_person() == Some(application.person.as_uuid());
            own.then_some(Actor::Holder { account })
        }
        CancellationInitiator::Employer => call
            .scope
            .employers()
            .any(|employer| employer == application.employer.as_uuid())
            .then_some(Actor::Registrar { account }),
        CancellationInitiator::Authority if call.scope.grants().is_empty() => None,
        CancellationInitiator::Authority => {
            let needed = policy
                .accepting_authority
                .of(Jurisdiction::Province(deps.province));
            Some(Actor::Officer(call.officer(needed)?))
        }
    };
    actor.ok_or_else(|| MoveRefused::NotInitiator { initiator }.into())
}
