//! The wire: decodes a request, calls one command or query, encodes its answer. Nothing is decided here.

mod access;
mod account;
mod bulk_directory;
mod directory;
mod employer;
mod session;
mod terms;

use std::sync::Arc;

use prost::Message;
use service_runtime::auth::{Allow, Rule};
use service_runtime::{Caller, Lifecycle, Refusal};
use tokio::sync::watch;
use tonic::{Request, Status};
use zeroize::Zeroizing;

use crate::access::{NATIONAL_ADMINISTRATOR, REGISTRAR};
use crate::command::Write;
use crate::deps::Deps;
use crate::error::Error;

/// Implements every service of the package.
#[derive(Clone)]
pub(crate) struct Rpc {
    pub(crate) deps: Arc<Deps>,
    pub(crate) life: Lifecycle,
    /// Number of the newest revocation known here.
    pub(crate) revoked: watch::Receiver<u64>,
}

const ADMINISTRATOR: Rule = Rule::Officer(&[NATIONAL_ADMINISTRATOR]);
/// How recent a second factor must be to touch roles, or who somebody is.
const STEP_UP_AGE: std::time::Duration = std::time::Duration::from_secs(300);

macro_rules! method {
    ($service:literal, $method:literal, $rules:expr) => {
        Allow::new(concat!("/jianzheng.identity.v1.", $service, "/", $method), $rules)
    };
}

/// Who may call what. `ClientCertificate` is narrowed further by the commands: to the backends that may sign people
/// in (`[sessions] carriers`), to the operator, to the real-name authority, to registered backends.
pub(crate) const ALLOW: &[Allow] = &[
    method!("AccountService", "EnrollAccount", &[Rule::ClientCertificate]),
    method!(
        "AccountService",
        "ConfirmSecondFactor",
        &[Rule::ClientCertificate]
    ),
    method!("AccountService", "GetAccount", &[Rule::Account, ADMINISTRATOR]),
    method!("AccountService", "UpdateIdentity", &[Rule::Account]).step_up(STEP_UP_AGE),
    method!("AccountService", "ImportRealNames", &[Rule::ClientCertificate]),
    method!("SessionService", "CreateSession", &[Rule::ClientCertificate]),
    method!("SessionService", "VerifySecondFactor", &[Rule::ClientCertificate]),
    method!("SessionService", "StepUp", &[Rule::Account]),
    method!(
        "SessionService",
        "RefreshSession",
        &[Rule::ClientCertificate, Rule::Account]
    ),
    method!("SessionService", "ListSessions", &[Rule::Account]),
    method!("SessionService", "RevokeSession", &[Rule::Account]),
    method!("EmployerService", "RegisterEmployer", &[ADMINISTRATOR]),
    method!("EmployerService", "GetEmployer", &[Rule::Public]),
    method!(
        "EmployerService",
        "InviteRegistrar",
        &[Rule::Employer(&[REGISTRAR]), ADMINISTRATOR]
    ),
    method!("EmployerService", "AcceptInvitation", &[Rule::Account]),
    method!("EmployerService", "RecordEmployerFacts", &[ADMINISTRATOR]),
    method!("EmployerService", "ListEmployerFacts", &[Rule::Public]),
    method!(
        "EmployerService",
        "ListMembers",
        &[Rule::Employer(&[REGISTRAR]), ADMINISTRATOR]
    ),
    method!(
        "EmployerService",
        "RemoveMember",
        &[Rule::Employer(&[REGISTRAR]), ADMINISTRATOR]
    ),
    method!(
        "AccessService",
        "GrantRole",
        &[Rule::ClientCertificate, ADMINISTRATOR]
    )
    .step_up(STEP_UP_AGE),
    method!(
        "AccessService",
        "RevokeRole",
        &[Rule::ClientCertificate, ADMINISTRATOR]
    )
    .step_up(STEP_UP_AGE),
    method!("AccessService", "ListGrants", &[Rule::Account, ADMINISTRATOR]),
    method!("AccessService", "RegisterClient", &[ADMINISTRATOR]),
    method!("AccessService", "IssueClientToken", &[Rule::ClientCertificate]),
    method!("AccessService", "GetKeySet", &[Rule::Public]),
    method!("AccessService", "WatchRevocations", WATCHERS),
    method!("DirectoryService", "GetPerson", DIRECTORY),
    method!("DirectoryService", "FindPerson", DIRECTORY),
    method!("DirectoryService", "LookUpEmployer", DIRECTORY),
    method!("DirectoryService", "LinkPersons", REGISTER),
    method!("BulkDirectoryService", "ResolvePersons", IMPORTERS),
    method!("BulkDirectoryService", "GetPersons", DIRECTORY),
    method!("BulkDirectoryService", "ResolveEmployers", DIRECTORY),
    method!("BulkDirectoryService", "RecordEmployers", IMPORTERS),
    audit_service::VERIFY,
    audit_service::EXPORT,
];

/// Services that verify tokens.
const WATCHERS: &[Rule] = &[
    Rule::Service("issuance"),
    Rule::Service("verification"),
    Rule::Service("seal"),
    Rule::ProvinceService("registration"),
];
/// Services that must know who somebody is.
const DIRECTORY: &[Rule] = &[Rule::Service("issuance"), Rule::ProvinceService("registration")];
/// The register, whose officers decide who is one with whom.
const REGISTER: &[Rule] = &[Rule::Service("issuance")];
/// Services that bring what a province kept before.
const IMPORTERS: &[Rule] = &[Rule::ProvinceService("registration")];

impl Rpc {
    /// What every write carries. `request_id` is the field of that name.
    fn write<M: Message>(
        &self,
        request: &Request<M>,
        request_id: &str,
        method: &'static str,
        verb: &'static str,
    ) -> Result<Write, Status> {
        let caller = Caller::of(request)?.clone();
        let body = Zeroizing::new(request.get_ref().encode_to_vec());
        Ok(Write {
            actor: caller.name(),
            caller,
            method,
            verb,
            request_id: service_runtime::request::request_id(request_id)?,
            body: self.deps.sealing.body_digest(&body),
            at: self.deps.now(),
        })
    }
}

fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}

/// Reads a resource name.
fn name<T>(read: Result<T, domain::ids::IdError>, field: &str) -> Result<T, Status> {
    read.map_err(|error| Refusal::invalid(field, error.to_string()).into_status())
}
