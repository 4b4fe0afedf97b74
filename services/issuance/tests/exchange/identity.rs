//! Identity as issuance sees it: people and employers that the test has made known, and one key of tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use api::identity::v1 as wire;
use api::identity::v1::bulk_directory_service_server::{BulkDirectoryService, BulkDirectoryServiceServer};
use api::identity::v1::directory_service_server::{DirectoryService, DirectoryServiceServer};
use service_runtime::Lifecycle;
use service_runtime::auth::{Allow, PublicJwk, Rule};
use service_runtime::config::Common;
use service_runtime::server::Running;
use testkit::access::Access;
use testkit::double;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// Who is known.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    persons: HashMap<String, wire::Person>,
    employers: HashMap<String, wire::Employer>,
    links: Vec<(String, String)>,
}

impl Directory {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().expect("no test panics with the directory in hand")
    }

    /// Who stands for whom, as it was told; nobody where empty.
    pub(crate) fn links(&self) -> Vec<(String, String)> {
        self.known().links.clone()
    }

    pub(crate) fn add_person(&self, person: wire::Person) {
        self.known().persons.insert(person.name.clone(), person);
    }

    pub(crate) fn rename(&self, name: &str, full_name: &str) {
        let mut known = self.known();
        let person = known.persons.get_mut(name).expect("a known person");
        full_name.clone_into(&mut person.full_name);
    }

    pub(crate) fn add_employer(&self, employer: wire::Employer) {
        self.known().employers.insert(employer.name.clone(), employer);
    }

    pub(crate) fn retitle(&self, employer: &str, title: &str) {
        let mut known = self.known();
        let found = known.employers.get_mut(employer).expect("a known employer");
        found.title = title.to_owned();
    }

    /// Listens as `nation/identity`.
    pub(crate) async fn serve(&self, common: &Common, life: &Lifecycle, key: PublicJwk) -> Running {
        double::server(common, life)
            .allow(DIRECTORY)
            .allow(&Access::allow(ISSUANCE))
            .service(DirectoryServiceServer::new(self.clone()))
            .service(BulkDirectoryServiceServer::new(self.clone()))
            .service(Access::new(&[key]).server())
            .start()
            .await
            .expect("it listens")
    }
}

#[tonic::async_trait]
impl DirectoryService for Directory {
    async fn get_person(&self, request: Request<wire::GetPersonRequest>) -> Answer<wire::GetPersonResponse> {
        let request = request.into_inner();
        assert!(
            request.purpose.starts_with("provinces/") || request.purpose.starts_with("nationalActs/"),
            "the access log learns what it was for"
        );
        let found = self.known().persons.get(&request.name).cloned();
        let person = Some(found.ok_or_else(|| Status::not_found("nobody"))?);
        Ok(Response::new(wire::GetPersonResponse { person }))
    }

    async fn find_person(&self, _: Request<wire::FindPersonRequest>) -> Answer<wire::FindPersonResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }

    async fn link_persons(
        &self,
        request: Request<wire::LinkPersonsRequest>,
    ) -> Answer<wire::LinkPersonsResponse> {
        let request = request.into_inner();
        self.known().links.push((request.name, request.survivor));
        Ok(Response::new(wire::LinkPersonsResponse {}))
    }

    async fn look_up_employer(
        &self,
        request: Request<wire::LookUpEmployerRequest>,
    ) -> Answer<wire::LookUpEmployerResponse> {
        let found = self.known().employers.get(&request.into_inner().name).cloned();
        let employer = Some(found.ok_or_else(|| Status::not_found("no employer"))?);
        Ok(Response::new(wire::LookUpEmployerResponse { employer }))
    }
}

#[tonic::async_trait]
impl BulkDirectoryService for Directory {
    async fn resolve_persons(
        &self,
        _: Request<wire::ResolvePersonsRequest>,
    ) -> Answer<wire::ResolvePersonsResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }

    async fn get_persons(
        &self,
        request: Request<wire::GetPersonsRequest>,
    ) -> Answer<wire::GetPersonsResponse> {
        let request = request.into_inner();
        assert!(request.purpose.starts_with("provinces/32/imports/"));
        let known = self.known();
        let persons = request
            .names
            .iter()
            .filter_map(|name| known.persons.get(name).cloned());
        Ok(Response::new(wire::GetPersonsResponse {
            persons: persons.collect(),
        }))
    }

    async fn resolve_employers(
        &self,
        request: Request<wire::ResolveEmployersRequest>,
    ) -> Answer<wire::ResolveEmployersResponse> {
        let (keys, known) = (request.into_inner().keys, self.known());
        let employers = keys.iter().map(|key| wire::ResolvedEmployer {
            employer: known.employers.get(key).cloned(),
        });
        Ok(Response::new(wire::ResolveEmployersResponse {
            employers: employers.collect(),
        }))
    }

    async fn record_employers(
        &self,
        _: Request<wire::RecordEmployersRequest>,
    ) -> Answer<wire::RecordEmployersResponse> {
        Err(Status::unimplemented("not asked by issuance"))
    }
}

const ISSUANCE: &[Rule] = &[Rule::Service("issuance")];
const DIRECTORY: &[Allow] = &[
    Allow::new("/jianzheng.identity.v1.DirectoryService/GetPerson", ISSUANCE),
    Allow::new("/jianzheng.identity.v1.DirectoryService/FindPerson", ISSUANCE),
    Allow::new("/jianzheng.identity.v1.DirectoryService/LookUpEmployer", ISSUANCE),
    Allow::new("/jianzheng.identity.v1.DirectoryService/LinkPersons", ISSUANCE),
    Allow::new(
        "/jianzheng.identity.v1.BulkDirectoryService/ResolvePersons",
        ISSUANCE,
    ),
    Allow::new("/jianzheng.identity.v1.BulkDirectoryService/GetPersons", ISSUANCE),
    Allow::new(
        "/jianzheng.identity.v1.BulkDirectoryService/ResolveEmployers",
        ISSUANCE,
    ),
    Allow::new(
        "/jianzheng.identity.v1.BulkDirectoryService/RecordEmployers",
        ISSUANCE,
    ),
];
