//! `registration.v1.WorkService`

use api::convert::{Read as _, instant, read_term};
use api::registration::v1 as wire;
use api::registration::v1::batch_act_request::Act;
use api::registration::v1::work_service_server::WorkService;
use domain::ids::{ApplicationId, DelegationId, OfficerId};
use domain::opinion::OpinionText;
use domain::work::{ConflictGround, Delegation};
use jiff::civil::Date;
use service_runtime::{Refusal, Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::reviews::{favourable, words};
use super::{PAGE, Rpc, malformed, officer, status};
use crate::command::{
    assign_work, batch_act, claim_work, declare_conflict, delegate_powers, release_work, revoke_delegation,
    save_opinion_template,
};
use crate::query;
use crate::store::opinion_template::OpinionTemplate;

#[tonic::async_trait]
impl WorkService for Rpc {
    async fn claim_work(
        &self,
        request: Request<wire::ClaimWorkRequest>,
    ) -> Result<Response<wire::ClaimWorkResponse>, Status> {
        let call = self.call("claim_work", &request, &request.get_ref().request_id)?;
        let application = self.application("application", &request.get_ref().application)?;
        claim_work::claim_work(&self.deps, &call, application)
            .await
            .map_err(status)?;
        let claim = self.shown_claim(&call.scope, application).await?;
        Ok(Response::new(wire::ClaimWorkResponse { claim }))
    }

    async fn release_work(
        &self,
        request: Request<wire::ReleaseWorkRequest>,
    ) -> Result<Response<wire::ReleaseWorkResponse>, Status> {
        let call = self.call("release_work", &request, &request.get_ref().request_id)?;
        let application = self.application("application", &request.get_ref().application)?;
        release_work::release_work(&self.deps, &call, application)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ReleaseWorkResponse {}))
    }

    async fn assign_work(
        &self,
        request: Request<wire::AssignWorkRequest>,
    ) -> Result<Response<wire::AssignWorkResponse>, Status> {
        let call = self.call("assign_work", &request, &request.get_ref().request_id)?;
        let application = self.application("application", &request.get_ref().application)?;
        let to = officer("officer", &request.get_ref().officer)?;
        assign_work::assign_work(&self.deps, &call, application, to)
            .await
            .map_err(status)?;
        let claim = self.shown_claim(&call.scope, application).await?;
        Ok(Response::new(wire::AssignWorkResponse { claim }))
    }

    async fn declare_conflict(
        &self,
        request: Request<wire::DeclareConflictRequest>,
    ) -> Result<Response<wire::DeclareConflictResponse>, Status> {
        let call = self.call("declare_conflict", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let application = self.application("application", &message.application)?;
        let ground = read_term::<wire::ConflictGround, ConflictGround>(message.ground, "ground");
        let ground = ground.map_err(malformed)?;
        let of = match message.officer.as_str() {
            "" => None,
            name => Some(officer("officer", name)?),
        };
        declare_conflict::declare_conflict(&self.deps, &call, application, ground, of)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DeclareConflictResponse {}))
    }

    async fn delegate_powers(
        &self,
        request: Request<wire::DelegatePowersRequest>,
    ) -> Result<Response<wire::DelegatePowersResponse>, Status> {
        let call = self.call("delegate_powers", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let delegate = officer("delegate", &message.delegate)?;
        let from: Date = message.from.read("from").map_err(malformed)?;
        let to: Date = message.to.read("to").map_err(malformed)?;
        let id = delegate_powers::delegate_powers(&self.deps, &call, delegate, (from, to))
            .await
            .map_err(status)?;
        let delegation = self.shown_delegation(&call.scope, id).await?;
        Ok(Response::new(wire::DelegatePowersResponse { delegation }))
    }

    async fn revoke_delegation(
        &self,
        request: Request<wire::RevokeDelegationRequest>,
    ) -> Result<Response<wire::RevokeDelegationResponse>, Status> {
        let call = self.call("revoke_delegation", &request, &request.get_ref().request_id)?;
        let id = self.own_id("name", &request.get_ref().name, "delegations")?;
        let id = revoke_delegation::revoke_delegation(&self.deps, &call, DelegationId::from_uuid(id))
            .await
            .map_err(status)?;
        let delegation = self.shown_delegation(&call.scope, id).await?;
        Ok(Response::new(wire::RevokeDelegationResponse { delegation }))
    }

    async fn list_delegations(
        &self,
        request: Request<wire::ListDelegationsRequest>,
    ) -> Result<Response<wire::ListDelegationsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let before: Option<Uuid> = page::cursor(&"delegations", &message.page_token)?;
        let found = query::work::delegations(&self.deps, &scope, before, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|last| page::token(&"delegations", &last.id.as_uuid()));
        Ok(Response::new(wire::ListDelegationsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            delegations: found.iter().map(|one| self.encoded_delegation(one)).collect(),
        }))
    }

    async fn batch_act(
        &self,
        request: Request<wire::BatchActRequest>,
    ) -> Result<Response<wire::BatchActResponse>, Status> {
        let call = self.call("batch_act", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let step = match message.act {
            Some(Act::Accept(_)) => batch_act::Step::Accept,
            Some(Act::Review(review)) => batch_act::Step::Review {
                favourable: favourable(review.opinion)?,
                words: words(self, "review.template", review.grounds, review.template)?,
            },
            Some(Act::Decide(decide)) => batch_act::Step::Decide {
                granted: decide.granted,
                grounds: decide.grounds,
            },
            None => return Err(Refusal::invalid("act", "must be given").into()),
        };
        let mut rows = Vec::new();
        for (index, row) in message.rows.into_iter().enumerate() {
            rows.push(batch_act::Row {
                application: self.application(&format!("rows[{index}].name"), &row.name)?,
                etag: row.etag,
            });
        }
        let done = batch_act::batch_act(&self.deps, &call, &rows, &step)
            .await
            .map_err(status)?;
        let mut outcomes = Vec::new();
        for (row, outcome) in rows.iter().zip(done) {
            outcomes.push(self.outcome(&call.scope, row.application, outcome).await?);
        }
        Ok(Response::new(wire::BatchActResponse { outcomes }))
    }

    async fn save_opinion_template(
        &self,
        request: Request<wire::SaveOpinionTemplateRequest>,
    ) -> Result<Response<wire::SaveOpinionTemplateResponse>, Status> {
        let call = self.call("save_opinion_template", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let of = match message.name.as_str() {
            "" => None,
            name => Some(self.own_id("name", name, "opinionTemplates")?),
        };
        let said = (message.title.as_str(), message.text.as_str());
        let id = save_opinion_template::save_opinion_template(&self.deps, &call, of, said)
            .await
            .map_err(status)?;
        let known = query::work::templates(&self.deps, &call.scope)
            .await
            .map_err(status)?;
        let template = known.iter().find(|one| one.version.id == id);
        Ok(Response::new(wire::SaveOpinionTemplateResponse {
            template: template.map(|one| self.encoded_template(one)),
        }))
    }

    async fn list_opinion_templates(
        &self,
        request: Request<wire::ListOpinionTemplatesRequest>,
    ) -> Result<Response<wire::ListOpinionTemplatesResponse>, Status> {
        let scope = Scope::of(&request)?;
        let known = query::work::templates(&self.deps, &scope).await.map_err(status)?;
        Ok(Response::new(wire::ListOpinionTemplatesResponse {
            templates: known.iter().map(|one| self.encoded_template(one)).collect(),
        }))
    }
}

impl Rpc {
    async fn shown_claim(&self, scope: &Scope, id: ApplicationId) -> Result<Option<wire::WorkClaim>, Status> {
        let found = query::work::claim(&self.deps, scope, id).await.map_err(status)?;
        Ok(found.map(|claim| wire::WorkClaim {
            application: self.deps.application_name(id),
            officer: claim.officer.resource_name(),
            authority: claim.authority.to_string(),
            claimed_at: Some(instant(claim.claimed_at)),
            assigned_by: claim
                .assigned_by
                .map(OfficerId::resource_name)
                .unwrap_or_default(),
        }))
    }

    async fn shown_delegation(
        &self,
        scope: &Scope,
        id: DelegationId,
    ) -> Result<Option<wire::Delegation>, Status> {
        let found = query::work::delegation(&self.deps, scope, id)
            .await
            .map_err(status)?;
        Ok(Some(self.encoded_delegation(&found)))
    }

    fn encoded_delegation(&self, delegation: &Delegation) -> wire::Delegation {
        wire::Delegation {
            name: self.deps.delegation_name(delegation.id),
            authority: delegation.authority.to_string(),
            delegator: delegation.delegator.resource_name(),
            delegate: delegation.delegate.resource_name(),
            from: Some(delegation.from.into()),
            to: Some(delegation.to.into()),
            delegated_at: Some(instant(delegation.at)),
            revoked_at: delegation.revoked_at.map(instant),
        }
    }

    fn encoded_template(&self, template: &OpinionTemplate) -> wire::OpinionTemplate {
        let places = OpinionText::parse(&template.title, &template.text);
        let places = places.map(|text| text.places().into_iter().map(str::to_owned).collect());
        wire::OpinionTemplate {
            name: self.deps.template_name(template.version.id),
            authority: template.authority.to_string(),
            version: i32::try_from(template.version.version).unwrap_or(i32::MAX),
            title: template.title.clone(),
            text: template.text.clone(),
            places: places.unwrap_or_default(),
            saved_at: Some(instant(template.saved_at)),
        }
    }

    /// How one row of a batch went.
    async fn outcome(
        &self,
        scope: &Scope,
        id: ApplicationId,
        done: Result<ApplicationId, Refusal>,
    ) -> Result<wire::BatchOutcome, Status> {
        let name = self.deps.application_name(id);
        let refusal = match done {
            Ok(id) => {
                return Ok(wire::BatchOutcome {
                    name,
                    done: true,
                    application: self.shown(scope, Ok(id)).await?,
                    ..Default::default()
                });
            }
            Err(refusal) => refusal,
        };
        let violations = refusal.violations().iter();
        Ok(wire::BatchOutcome {
            name,
            reason: refusal.name(),
            article: refusal.fact("article").unwrap_or_default().to_owned(),
            text_zh: refusal.text_zh().to_owned(),
            violations: violations
                .map(|(field, problem)| format!("{field}: {problem}"))
                .collect(),
            ..Default::default()
        })
    }
}
