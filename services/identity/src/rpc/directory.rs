//! `identity.v1.DirectoryService`

use api::identity::v1::directory_service_server::DirectoryService;
use api::identity::v1::{
    FindPersonRequest, FindPersonResponse, GetPersonRequest, GetPersonResponse, LinkPersonsRequest,
    LinkPersonsResponse, LookUpEmployerRequest, LookUpEmployerResponse,
};
use domain::ids::{EmployerId, PersonId};
use service_runtime::Caller;
use tonic::{Request, Response, Status, async_trait};

use super::{Rpc, name, status, terms};
use crate::command::link_persons::link_persons;
use crate::purpose::Purpose;
use crate::query::{find_person, get_person, look_up_employer};

#[async_trait]
impl DirectoryService for Rpc {
    async fn get_person(
        &self,
        request: Request<GetPersonRequest>,
    ) -> Result<Response<GetPersonResponse>, Status> {
        let caller = Caller::of(&request)?;
        let person = name(PersonId::from_resource_name(&request.get_ref().name), "name")?;
        let purpose = Purpose::parse(&request.get_ref().purpose)?;
        let found = get_person::get_person(&self.deps, caller, person, &purpose)
            .await
            .map_err(status)?;
        Ok(Response::new(GetPersonResponse {
            person: Some(terms::person(&found)),
        }))
    }

    async fn find_person(
        &self,
        request: Request<FindPersonRequest>,
    ) -> Result<Response<FindPersonResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.get_ref();
        let number = terms::document(
            message.document_kind,
            &message.document_number,
            self.deps.clock.today(),
        )?;
        let purpose = Purpose::parse(&message.purpose)?;
        let found = find_person::find_person(&self.deps, caller, &number, &purpose)
            .await
            .map_err(status)?;
        Ok(Response::new(FindPersonResponse {
            person: found.as_ref().map(terms::person),
        }))
    }

    async fn link_persons(
        &self,
        request: Request<LinkPersonsRequest>,
    ) -> Result<Response<LinkPersonsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.get_ref();
        let merged = name(PersonId::from_resource_name(&message.name), "name")?;
        let survivor = match message.survivor.as_str() {
            "" => None,
            survivor => Some(name(PersonId::from_resource_name(survivor), "survivor")?),
        };
        link_persons(&self.deps, caller, merged, survivor)
            .await
            .map_err(status)?;
        Ok(Response::new(LinkPersonsResponse {}))
    }

    async fn look_up_employer(
        &self,
        request: Request<LookUpEmployerRequest>,
    ) -> Result<Response<LookUpEmployerResponse>, Status> {
        let caller = Caller::of(&request)?;
        let id = name(EmployerId::from_resource_name(&request.get_ref().name), "name")?;
        let employer = look_up_employer::look_up_employer(&self.deps, caller, id)
            .await
            .map_err(status)?;
        Ok(Response::new(LookUpEmployerResponse {
            employer: Some(terms::employer(employer)),
        }))
    }
}
