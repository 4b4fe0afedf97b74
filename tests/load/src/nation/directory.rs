//! Identity as the nation and its provinces ask it: everybody of a crowd, and one firm for every five hundred of them, told by
//! their ids alone.

use anyhow::Result;
use api::identity::v1 as wire;
use api::identity::v1::directory_service_server::{DirectoryService, DirectoryServiceServer};
use api::types::v1 as types;
use service_runtime::Lifecycle;
use service_runtime::auth::{Allow, PublicJwk, Rule};
use service_runtime::config::Common;
use service_runtime::server::Running;
use testkit::access::Access;
use testkit::people::{Firm, Person};
use testkit::realm::Realm;
use tonic::{Request, Response, Status};
use uuid::Uuid;

type Answer<T> = Result<Response<T>, Status>;

/// The ids of this bench are numbers in a UUID of version 7.
const IDS: u128 = 0x0197_a000_0000_7000_8000_0000_0000_0000;

/// The id of the `ordinal`-th person or firm.
pub(crate) fn id(ordinal: u32) -> Uuid {
    Uuid::from_u128(IDS | u128::from(ordinal))
}

/// People of a province.
const CROWD: u32 = 90_000;

/// The ordinal of the `nth` person of a province.
pub(crate) fn person_of(code: u8, nth: u32) -> u32 {
    u32::from(code) * CROWD + nth
}

/// The firm where a person of a province is employed.
pub(crate) fn employer_of(code: u8, person: u32) -> String {
    format!("employers/{}", id(u32::from(code) * 1_000_000 + person / 500))
}

fn ordinal(name: &str) -> Option<u32> {
    let id: Uuid = name.rsplit('/').next()?.parse().ok()?;
    u32::try_from(id.as_u128() ^ IDS).ok()
}

/// Serves until the life drains.
pub(super) async fn serve(realm: &Realm, life: &Lifecycle, key: &PublicJwk) -> Result<Running> {
    let text = format!(
        "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\nprovinces = \"127.0.0.1:0\"\n{}",
        realm.tls_section("nation/identity")
    );
    let common = service_runtime::config::parse(&text, realm.folder(), Common::read)
        .map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let running = testkit::double::server(&common, life)
        .allow(ALLOW)
        .allow(&Access::allow(OURS))
        .service(DirectoryServiceServer::new(Directory))
        .service(Access::new(std::slice::from_ref(key)).server())
        .start()
        .await?;
    Ok(running)
}

const OURS: &[Rule] = &[
    Rule::Service("issuance"),
    Rule::Service("verification"),
    Rule::ProvinceService("registration"),
];
const ALLOW: &[Allow] = &[
    Allow::new("/jianzheng.identity.v1.DirectoryService/GetPerson", OURS),
    Allow::new("/jianzheng.identity.v1.DirectoryService/FindPerson", OURS),
    Allow::new("/jianzheng.identity.v1.DirectoryService/LookUpEmployer", OURS),
    Allow::new("/jianzheng.identity.v1.DirectoryService/LinkPersons", OURS),
];

struct Directory;

#[tonic::async_trait]
impl DirectoryService for Directory {
    async fn get_person(&self, request: Request<wire::GetPersonRequest>) -> Answer<wire::GetPersonResponse> {
        let name = request.into_inner().name;
        let somebody = ordinal(&name).ok_or_else(|| Status::not_found("nobody"))?;
        let somebody = Person::of_crowd(somebody);
        let digits = |range: std::ops::Range<usize>| {
            let found = somebody.document_number.get(range).unwrap_or_default();
            found.parse::<i32>().unwrap_or_default()
        };
        let sex = if digits(16..17) % 2 == 1 {
            types::Sex::Male
        } else {
            types::Sex::Female
        };
        let person = wire::Person {
            name,
            sex: sex.into(),
            birth_date: Some(types::Date {
                year: digits(6..10),
                month: digits(10..12),
                day: digits(12..14),
            }),
            full_name: somebody.full_name.clone(),
            document_kind: types::DocumentKind::CitizenIdentityCard.into(),
            document_number: somebody.document_number.clone(),
        };
        Ok(Response::new(wire::GetPersonResponse { person: Some(person) }))
    }

    async fn find_person(&self, _: Request<wire::FindPersonRequest>) -> Answer<wire::FindPersonResponse> {
        Err(Status::unimplemented("asked by nobody here"))
    }

    async fn link_persons(&self, _: Request<wire::LinkPersonsRequest>) -> Answer<wire::LinkPersonsResponse> {
        Err(Status::unimplemented("nobody is linked here"))
    }

    async fn look_up_employer(
        &self,
        request: Request<wire::LookUpEmployerRequest>,
    ) -> Answer<wire::LookUpEmployerResponse> {
        let name = request.into_inner().name;
        let known = ordinal(&name).ok_or_else(|| Status::not_found("no employer"))?;
        let province = format!("{:02}", known / 1_000_000);
        let firm = Firm::synthetic(
            &format!("样本建设集团第{known}有限公司"),
            &province,
            known % 1_000_000,
        );
        let employer = wire::Employer {
            name,
            title: firm.title,
            credit_code: firm.credit_code,
            province: firm.province,
            qualifications: vec![wire::EmployerQualification::Construction.into()],
            ..Default::default()
        };
        Ok(Response::new(wire::LookUpEmployerResponse {
            employer: Some(employer),
        }))
    }
}
