//! Identity as issuance sees it: people and employers that the test has made known, and one key of tokens.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use api::identity::v1 as wire;
use api::identity::v1::access_service_server::{AccessService, AccessServiceServer};
use api::identity::v1::directory_service_server::{DirectoryService, DirectoryServiceServer};
use futures_util::Stream;
use service_runtime::auth::{Allow, Authenticator, NoKeys, PublicJwk, Revocations, Rule};
use service_runtime::config::Common;
use service_runtime::server::Running;
use service_runtime::{Lifecycle, Server};
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// Who is known.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    persons: HashMap<String, wire::Person>,
    employers: HashMap<String, wire::Employer>,
}

impl Directory {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().expect("no test panics with the directory in hand")
    }

    pub(crate) fn add_person(&self, person: wire::Person) {
        self.known().persons.insert(person.name.clone(), person);
    }

    pub(crate) fn add_employer(&self, employer: wire::Employer) {
        self.known().employers.insert(employer.name.clone(), employer);
    }

    pub(crate) fn rename(&self, employer: &str, title: &str) {
        let mut known = self.known();
        let found = known.employers.get_mut(employer).expect("a known employer");
        found.title = title.to_owned();
    }

    /// Listens as `nation/identity`.
    pub(crate) async fn serve(&self, common: &Common, life: &Lifecycle, key: PublicJwk) -> Running {
        let clock = common.clocks.register.clone();
        let authenticator = Authenticator::new(NoKeys, common.tokens.clone(), clock, Revocations::new());
        Server::new(common, life, authenticator, api::FILE_DESCRIPTOR_SET)
            .allow(ALLOW)
            .service(DirectoryServiceServer::new(self.clone()))
            .service(AccessServiceServer::new(Access(key)))
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
            request.purpose.starts_with("provinces/"),
            "the access log learns what it was for"
        );
        let found = self.known().persons.get(&request.name).cloned();
        let person = Some(found.ok_or_else(|| Status::not_found("nobody"))?);
        Ok(Response::new(wire::GetPersonResponse { person }))
    }

    async fn find_person(&self, _: Request<wire::FindPersonRequest>) -> Answer<wire::FindPersonResponse> {
        Err(Status::unimplemented("not asked by issuance"))
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

struct Access(PublicJwk);

macro_rules! not_asked {
    ($($method:ident $request:ident $response:ident;)*) => {
        #[tonic::async_trait]
        impl AccessService for Access {
            type WatchRevocationsStream =
                Pin<Box<dyn Stream<Item = Result<wire::WatchRevocationsResponse, Status>> + Send + 'static>>;

            async fn get_key_set(&self, _: Request<wire::GetKeySetRequest>) -> Answer<wire::GetKeySetResponse> {
                let jwks = serde_json::json!({ "keys": [self.0] }).to_string();
                Ok(Response::new(wire::GetKeySetResponse { jwks }))
            }

            async fn watch_revocations(
                &self,
                _: Request<wire::WatchRevocationsRequest>,
            ) -> Answer<Self::WatchRevocationsStream> {
                Ok(Response::new(Box::pin(futures_util::stream::pending())))
            }

            $(async fn $method(&self, _: Request<wire::$request>) -> Answer<wire::$response> {
                Err(Status::unimplemented("not asked by issuance"))
            })*
        }
    };
}

not_asked! {
    grant_role GrantRoleRequest GrantRoleResponse;
    revoke_role RevokeRoleRequest RevokeRoleResponse;
    list_grants ListGrantsRequest ListGrantsResponse;
    register_client RegisterClientRequest RegisterClientResponse;
    issue_client_token IssueClientTokenRequest IssueClientTokenResponse;
}

macro_rules! issuance_only {
    ($($method:literal)*) => {
        &[$(Allow::new(concat!("/jianzheng.identity.v1.", $method), &[Rule::Service("issuance")])),*]
    };
}

const ALLOW: &[Allow] = issuance_only!(
    "DirectoryService/GetPerson" "DirectoryService/FindPerson" "DirectoryService/LookUpEmployer"
    "AccessService/GrantRole" "AccessService/RevokeRole" "AccessService/ListGrants" "AccessService/RegisterClient"
    "AccessService/IssueClientToken" "AccessService/GetKeySet" "AccessService/WatchRevocations"
);
