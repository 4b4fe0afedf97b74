//! `identity.v1.EmployerService`

use api::convert::{Read as _, instant};
use api::identity::v1::employer_service_server::EmployerService;
use api::identity::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, GetEmployerRequest, GetEmployerResponse,
    InviteRegistrarRequest, InviteRegistrarResponse, ListEmployerFactsRequest, ListEmployerFactsResponse,
    ListMembersRequest, ListMembersResponse, RecordEmployerFactsRequest, RecordEmployerFactsResponse,
    RegisterEmployerRequest, RegisterEmployerResponse, RemoveMemberRequest, RemoveMemberResponse,
};
use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use domain::province::Province;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status, async_trait};

use super::{Rpc, name, status, terms};
use crate::command::{
    accept_invitation, invite_registrar, record_employer_facts, register_employer, remove_member,
};
use crate::employer::parse_member_name;
use crate::error::violation;
use crate::query::{get_employer, list_employer_facts, list_members};

#[async_trait]
impl EmployerService for Rpc {
    async fn register_employer(
        &self,
        request: Request<RegisterEmployerRequest>,
    ) -> Result<Response<RegisterEmployerResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.EmployerService/RegisterEmployer";
        let write = self.write(&request, &id, method, "register_employer")?;
        let message = request.into_inner();
        let input = register_employer::Input {
            write,
            title: title(&message.title)?,
            credit_code: credit_code(&message.credit_code)?,
            province: Province::from_code(&message.province)
                .ok_or_else(|| Refusal::invalid("province", "two digits of a known province"))?,
            qualifications: terms::qualifications(&message.qualifications)?,
        };
        let employer = register_employer::register_employer(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(RegisterEmployerResponse {
            employer: Some(terms::employer(employer)),
        }))
    }

    async fn get_employer(
        &self,
        request: Request<GetEmployerRequest>,
    ) -> Result<Response<GetEmployerResponse>, Status> {
        let message = request.into_inner();
        let by = match message.name.as_str() {
            "employers/-" => get_employer::By::CreditCode(credit_code(&message.credit_code)?),
            other => get_employer::By::Id(name(EmployerId::from_resource_name(other), "name")?),
        };
        let employer = get_employer::get_employer(&self.deps, &by)
            .await
            .map_err(status)?;
        Ok(Response::new(GetEmployerResponse {
            employer: Some(terms::employer(employer)),
        }))
    }

    async fn invite_registrar(
        &self,
        request: Request<InviteRegistrarRequest>,
    ) -> Result<Response<InviteRegistrarResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.EmployerService/InviteRegistrar";
        let write = self.write(&request, &id, method, "invite_registrar")?;
        let employer = name(
            EmployerId::from_resource_name(&request.get_ref().employer),
            "employer",
        )?;
        let input = invite_registrar::Input { write, employer };
        let invitation = invite_registrar::invite_registrar(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(InviteRegistrarResponse {
            invitation_code: invitation
                .code
                .map(|code| code.as_str().to_owned())
                .unwrap_or_default(),
            expires_at: Some(instant(invitation.expires_at)),
        }))
    }

    async fn accept_invitation(
        &self,
        request: Request<AcceptInvitationRequest>,
    ) -> Result<Response<AcceptInvitationResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.EmployerService/AcceptInvitation";
        let write = self.write(&request, &id, method, "accept_invitation")?;
        let input = accept_invitation::Input::new(write, &request.get_ref().invitation_code);
        let member = accept_invitation::accept_invitation(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(AcceptInvitationResponse {
            member: Some(terms::member(&member)),
        }))
    }

    async fn list_members(
        &self,
        request: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.get_ref();
        let employer = name(EmployerId::from_resource_name(&message.employer), "employer")?;
        let page = list_members::list_members(
            &self.deps,
            caller,
            employer,
            message.page_size,
            &message.page_token,
        )
        .await
        .map_err(status)?;
        Ok(Response::new(ListMembersResponse {
            members: page.items.iter().map(terms::member).collect(),
            next_page_token: page.next,
        }))
    }

    async fn remove_member(
        &self,
        request: Request<RemoveMemberRequest>,
    ) -> Result<Response<RemoveMemberResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(
            &request,
            &id,
            "identity.v1.EmployerService/RemoveMember",
            "remove_member",
        )?;
        let (employer, account) = parse_member_name(&request.get_ref().name)
            .ok_or_else(|| Refusal::invalid("name", "not an employers/{employer}/members/{account}"))?;
        let input = remove_member::Input {
            write,
            employer,
            account,
        };
        remove_member::remove_member(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(RemoveMemberResponse {}))
    }

    async fn record_employer_facts(
        &self,
        request: Request<RecordEmployerFactsRequest>,
    ) -> Result<Response<RecordEmployerFactsResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.EmployerService/RecordEmployerFacts";
        let write = self.write(&request, &id, method, "record_employer_facts")?;
        let message = request.into_inner();
        let given = |text: &str| !text.is_empty();
        let from = message
            .from
            .read("from")
            .map_err(|fault| Refusal::invalid(fault.field, fault.expected))?;
        let input = record_employer_facts::Input {
            write,
            employer: name(EmployerId::from_resource_name(&message.employer), "employer")?,
            title: given(&message.title).then(|| title(&message.title)).transpose()?,
            credit_code: given(&message.credit_code)
                .then(|| credit_code(&message.credit_code))
                .transpose()?,
            standing: terms::standing(message.standing)?,
            from,
            evidence: evidence(&message.evidence)?,
        };
        if input.title.is_none() && input.credit_code.is_none() && input.standing.is_none() {
            return Err(Refusal::invalid("title", "something must change").into());
        }
        let employer = record_employer_facts::record_employer_facts(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(RecordEmployerFactsResponse {
            employer: Some(terms::employer(employer)),
        }))
    }

    async fn list_employer_facts(
        &self,
        request: Request<ListEmployerFactsRequest>,
    ) -> Result<Response<ListEmployerFactsResponse>, Status> {
        let employer = name(
            EmployerId::from_resource_name(&request.get_ref().employer),
            "employer",
        )?;
        let facts = list_employer_facts::list_employer_facts(&self.deps, employer)
            .await
            .map_err(status)?;
        Ok(Response::new(ListEmployerFactsResponse {
            facts: facts.into_iter().map(terms::employer_fact).collect(),
        }))
    }
}

fn credit_code(text: &str) -> Result<CreditCode, Refusal> {
    CreditCode::parse(text).map_err(|fault| Refusal::invalid("credit_code", violation(&fault)))
}

fn evidence(text: &str) -> Result<String, Refusal> {
    let evidence = text.trim();
    if (1..=200).contains(&evidence.chars().count()) && !evidence.chars().any(char::is_control) {
        return Ok(evidence.to_owned());
    }
    Err(Refusal::invalid("evidence", "must have 1 to 200 characters"))
}

fn title(text: &str) -> Result<String, Refusal> {
    let title = text.trim();
    if (2..=100).contains(&title.chars().count()) && !title.chars().any(char::is_control) {
        return Ok(title.to_owned());
    }
    Err(Refusal::invalid("title", "must have 2 to 100 characters"))
}
