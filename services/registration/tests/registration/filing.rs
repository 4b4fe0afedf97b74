//! Applications of the types that say more, one call each.

use api::exchange::v1 as exchange;
use api::exchange::v1::provincial_event::Event;
use api::registration::v1 as wire;
use api::registration::v1::create_application_request::Details;
use api::types::v1::{ApplicationType, CancellationGround, CorrectedFact, CorrectionNature, Specialty};
use tonic::Status;
use wire::application::State;

use crate::world::{Actor, Employment, Holder, World, id};

pub(crate) const BUILDING: Specialty = Specialty::Building;

pub(crate) async fn registered() -> (World, Holder, Employment) {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    (world, holder, firm)
}

pub(crate) fn on_ground(ground: CancellationGround) -> wire::CancellationDetails {
    wire::CancellationDetails {
        ground: ground.into(),
        ..Default::default()
    }
}

pub(crate) fn correcting(facts: &[CorrectedFact]) -> Details {
    Details::Correction(wire::CorrectionDetails {
        facts: facts.iter().map(|fact| (*fact).into()).collect(),
        nature: CorrectionNature::RegisterError.into(),
        ..Default::default()
    })
}

pub(crate) fn rules(refused: &Status) -> Vec<String> {
    let details = tonic_types::StatusExt::get_error_details(refused);
    let violations = details.bad_request().map(|bad| bad.field_violations.clone());
    violations
        .unwrap_or_default()
        .into_iter()
        .map(|one| one.field)
        .collect()
}

impl World {
    pub(crate) async fn say(
        &self,
        holder: &Holder,
        firm: &Employment,
        kind: ApplicationType,
        (specialties, details): (&[Specialty], Option<Details>),
    ) -> Result<wire::Application, Status> {
        let message = wire::CreateApplicationRequest {
            contract_from: None,
            details,
            ..self.drafting(kind, specialties, &firm.name)
        };
        let answer = self
            .applications()
            .create_application(self.signed(&holder.actor, message))
            .await?;
        Ok(answer.into_inner().application.expect("the resource comes back"))
    }

    /// From the draft over the employer to the submission.
    pub(crate) async fn filed(
        &self,
        holder: &Holder,
        firm: &Employment,
        kind: ApplicationType,
        said: (&[Specialty], Option<Details>),
    ) -> Result<String, Status> {
        let name = self.say(holder, firm, kind, said).await?.name;
        self.attach_missing(holder, &name).await;
        self.hand_over(&holder.actor, &name, true).await?;
        self.confirm_employment(&firm.registrar, &name, true, "").await?;
        self.submit_application(&holder.actor, &name, true).await?;
        Ok(name)
    }

    pub(crate) async fn open_cancellation(
        &self,
        actor: &Actor,
        holder: &Holder,
        details: wire::CancellationDetails,
    ) -> Result<wire::Application, Status> {
        let message = wire::OpenCancellationRequest {
            request_id: id(),
            person: format!("persons/{}", holder.id),
            specialties: Vec::new(),
            details: Some(details),
        };
        let answer = self
            .cancellations()
            .open_cancellation(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().application.expect("the resource comes back"))
    }

    pub(crate) async fn stands(&self, holder: &Holder, name: &str, state: State) {
        while self
            .application(&holder.actor, name)
            .await
            .expect("shown")
            .state()
            != state
        {
            tokio::task::yield_now().await;
        }
    }

    /// Announces what the nation has cleared; returns what the province then told.
    pub(crate) async fn announced(&self, holder: &Holder, name: &str) -> exchange::AnnouncedRegistration {
        self.stands(holder, name, State::Cleared).await;
        let position = self
            .publish(&[name])
            .await
            .expect("announced")
            .position
            .expect("a position");
        self.nation.applied(position.value).await;
        let told = self
            .nation
            .register()
            .events
            .last()
            .cloned()
            .expect("an event")
            .event;
        let Some(Event::Announced(told)) = told else {
            panic!("an announcement")
        };
        told
    }

    /// What the nation was asked to clear.
    pub(crate) fn asked(&self, name: &str) -> exchange::ClearanceItem {
        self.nation
            .register()
            .cleared
            .get(name)
            .expect("cleared")
            .0
            .clone()
    }
}
