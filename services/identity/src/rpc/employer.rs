//! `identity.v1.EmployerService`

use api::convert::instant;
use api::identity::v1::employer_service_server::EmployerService;
use api::identity::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, GetEmployerRequest, GetEmployerResponse,
    InviteRegistrarRequest, InviteRegistrarResponse, ListMembersRequest, ListMembersResponse,
    RegisterEmployerRequest, RegisterEmployerResponse, RemoveMemberRequest, RemoveMemberResponse,
};
use domain::credit_code::CreditCode;
use domain::ids::EmployerId;
use domain::province::Province;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status, async_trait};

use super::{Rpc, name, status, terms};
use crate::command::{accept_invitation, invite_registrar, register_employer, remove_member};
use crate::employer::parse_member_name;
use crate::error::violation;
use crate::query::{get_employer, list_members};

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
}

fn credit_code(text: &str) -> Result<CreditCode, Refusal> {
    CreditCode::parse(text).map_err(|fault| Refusal::invalid("credit_code", violation(&fault)))
}

fn title(text: &str) -> Result<String, Refusal> {
    let title = text.trim();
    if (2..=100).contains(&title.chars().count()) && !title.chars().any(char::is_control) {
        return Ok(title.to_owned());
    }
    Err(Refusal::invalid("title", "must have 2 to 100 characters"))
}
