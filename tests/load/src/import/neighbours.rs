//! Identity and the nation, answering imports from memory.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use api::exchange::v1 as exchange;
use api::exchange::v1::migration_service_server::{MigrationService, MigrationServiceServer};
use api::identity::v1 as identity;
use api::identity::v1::bulk_directory_service_server::{BulkDirectoryService, BulkDirectoryServiceServer};
use identity::resolved_person::Outcome;
use service_runtime::auth::{Allow, PublicJwk, Rule};
use service_runtime::config::Common;
use service_runtime::tls::Gate;
use service_runtime::{Lifecycle, Server};
use sha2::{Digest as _, Sha256};
use testkit::access::Access;
use testkit::realm::Realm;
use tonic::{Request, Response, Status};
use uuid::Uuid;

const PROVINCE: &[Rule] = &[Rule::ProvinceService("registration")];
/// As the services themselves take.
const MESSAGE: usize = 4 << 20;

type Answer<T> = Result<Response<T>, Status>;

/// Serves the directory and one token key.
pub(super) async fn identity(realm: &Realm, life: &Lifecycle, key: &PublicJwk) -> Result<SocketAddr> {
    const ALLOW: &[Allow] = &[
        Allow::new(
            "/jianzheng.identity.v1.BulkDirectoryService/ResolvePersons",
            PROVINCE,
        ),
        Allow::new("/jianzheng.identity.v1.BulkDirectoryService/GetPersons", PROVINCE),
        Allow::new(
            "/jianzheng.identity.v1.BulkDirectoryService/ResolveEmployers",
            PROVINCE,
        ),
        Allow::new(
            "/jianzheng.identity.v1.BulkDirectoryService/RecordEmployers",
            PROVINCE,
        ),
    ];
    let access = Access::new(std::slice::from_ref(key));
    let directory = BulkDirectoryServiceServer::new(Directory::new()).max_decoding_message_size(MESSAGE);
    serve(realm, "nation/identity", life, |server| {
        server
            .allow(ALLOW)
            .allow(&Access::allow(PROVINCE))
            .service(directory)
            .service(access.server())
    })
    .await
}

/// Serves the clearing of registers.
pub(super) async fn issuance(realm: &Realm, life: &Lifecycle) -> Result<SocketAddr> {
    const ALLOW: &[Allow] = &[Allow::new(
        "/jianzheng.exchange.v1.MigrationService/ClearMigration",
        PROVINCE,
    )];
    let nation = MigrationServiceServer::new(Nation).max_decoding_message_size(MESSAGE);
    serve(realm, "nation/issuance", life, |server| {
        server.allow(ALLOW).service(nation)
    })
    .await
}

async fn serve(
    realm: &Realm,
    name: &str,
    life: &Lifecycle,
    build: impl FnOnce(Server) -> Server,
) -> Result<SocketAddr> {
    let text = format!(
        "deployment = \"development\"\n[listen]\nprovinces = \"127.0.0.1:0\"\n{}",
        realm.tls_section(name)
    );
    let common = service_runtime::config::parse(&text, realm.folder(), Common::read)
        .map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let running = build(testkit::double::server(&common, life)).start().await?;
    running.address(Gate::Provinces).context("the gate is open")
}

struct Directory {
    employers: Arc<HashMap<String, identity::Employer>>,
}

impl Directory {
    fn new() -> Self {
        let known = (0..super::FIRMS).map(|ordinal| {
            let firm = super::firm(ordinal);
            let employer = identity::Employer {
                name: format!("employers/{}", id(firm.credit_code.as_bytes())),
                title: firm.title,
                credit_code: firm.credit_code.clone(),
                province: firm.province,
                qualifications: vec![identity::EmployerQualification::Construction.into()],
                ..Default::default()
            };
            (firm.credit_code, employer)
        });
        Self {
            employers: Arc::new(known.collect()),
        }
    }
}

/// The same id for the same key.
fn id(key: &[u8]) -> Uuid {
    let digest: [u8; 32] = Sha256::digest(key).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[tonic::async_trait]
impl BulkDirectoryService for Directory {
    async fn resolve_persons(
        &self,
        request: Request<identity::ResolvePersonsRequest>,
    ) -> Answer<identity::ResolvePersonsResponse> {
        let message = request.into_inner();
        let persons = message.persons.iter().map(|stated| {
            let person = format!("persons/{}", id(stated.document_number.as_bytes()));
            let (outcome, person) = if message.record {
                (Outcome::Recorded, person)
            } else {
                (Outcome::Unknown, String::new())
            };
            identity::ResolvedPerson {
                outcome: outcome.into(),
                person,
            }
        });
        Ok(Response::new(identity::ResolvePersonsResponse {
            persons: persons.collect(),
        }))
    }

    async fn get_persons(
        &self,
        _: Request<identity::GetPersonsRequest>,
    ) -> Answer<identity::GetPersonsResponse> {
        Err(Status::unimplemented("a register asks for nobody by id"))
    }

    async fn resolve_employers(
        &self,
        request: Request<identity::ResolveEmployersRequest>,
    ) -> Answer<identity::ResolveEmployersResponse> {
        let keys = request.into_inner().keys;
        let employers = keys.iter().map(|key| identity::ResolvedEmployer {
            employer: self.employers.get(key).cloned(),
        });
        Ok(Response::new(identity::ResolveEmployersResponse {
            employers: employers.collect(),
        }))
    }

    async fn record_employers(
        &self,
        _: Request<identity::RecordEmployersRequest>,
    ) -> Answer<identity::RecordEmployersResponse> {
        Err(Status::unimplemented("a register records no employers"))
    }
}

struct Nation;

#[tonic::async_trait]
impl MigrationService for Nation {
    async fn clear_migration(
        &self,
        request: Request<exchange::ClearMigrationRequest>,
    ) -> Answer<exchange::ClearMigrationResponse> {
        let rows = request.into_inner().rows;
        let rows = rows.iter().map(|_| exchange::MigrationClearance {
            cleared: true,
            reason: String::new(),
        });
        Ok(Response::new(exchange::ClearMigrationResponse {
            rows: rows.collect(),
        }))
    }
}
