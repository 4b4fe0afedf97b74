//! The wire: decodes a request, calls one command or query, encodes its answer. Nothing is decided here.

pub(crate) mod certificate;
mod comparison;
pub(crate) mod consents;
mod exchange;
mod history;
pub(crate) mod issuance;
mod log;
mod migration;
mod moves;
mod national_acts;
mod notifications;
pub(crate) mod packages;
mod province_streams;
mod provincial_event;
mod push;
mod register;
mod restoration;
mod standing;
mod status_lists;

use std::sync::Arc;

use api::convert::Malformed;
use api::types::v1 as types;
use domain::province::Province;
use service_runtime::auth::{Allow, Rule};
use service_runtime::tls::PeerIdentity;
use service_runtime::{Caller, Lifecycle, Refusal};
use tokio::time::Instant;
use tonic::{Request, Status};

use crate::deps::Deps;
use crate::error::{EXCHANGE_MALFORMED, Error, PROVINCE_MISMATCH, PROVINCE_NOT_ENROLLED};
use crate::positions::{Place, Positions};

/// Implements the services of the rooms register, exchange and log.
#[derive(Clone)]
pub(crate) struct Rpc {
    pub(crate) deps: Arc<Deps>,
    pub(crate) life: Lifecycle,
}

const PROVINCE: &[Rule] = &[Rule::ProvinceService("registration")];
const PUBLIC: &[Rule] = &[Rule::Public];
const HOLDER: &[Rule] = &[Rule::Holder];
const REGISTRAR: &[Rule] = &[Rule::Employer(&["REGISTRAR"])];
/// That the officer acts for the ministry is the domain's rule.
const OFFICER: &[Rule] = &[Rule::Officer(&["OFFICER"])];
/// How fresh the second factor must be by which a holder has copies made and takes files away (design §6).
const STEP_UP: std::time::Duration = std::time::Duration::from_secs(300);
/// Narrowed by the queries to grants without a province.
pub(crate) const NATIONAL_OFFICER: &[Rule] = &[Rule::Officer(&["OFFICER", "NATIONAL_ADMINISTRATOR"])];

/// Who may call what.
pub(crate) const ALLOW: &[Allow] = &[
    Allow::new(
        "/jianzheng.exchange.v1.ExchangeService/ClaimApplication",
        PROVINCE,
    ),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/ReleaseClaim", PROVINCE),
    Allow::new(
        "/jianzheng.exchange.v1.ExchangeService/RequestClearance",
        PROVINCE,
    ),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/PushChanges", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/PullChanges", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/CompareRegister", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/ReportHead", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/FetchEnvelopes", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/FetchCheckpoint", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.ExchangeService/Cosign", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.MoveService/ReadRegisterEntry", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.MoveService/ClearSuccession", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.MigrationService/ClearMigration", PROVINCE),
    Allow::new("/jianzheng.exchange.v1.StandingService/ReadStanding", PROVINCE),
    Allow::new(
        "/jianzheng.issuance.v1.CertificateService/ListMyCertificates",
        HOLDER,
    ),
    Allow::new("/jianzheng.issuance.v1.CertificateService/GetCertificate", HOLDER),
    Allow::new("/jianzheng.issuance.v1.CertificateService/CreateUseCopy", HOLDER).step_up(STEP_UP),
    Allow::new("/jianzheng.issuance.v1.CertificateService/ListUseCopies", HOLDER),
    Allow::new("/jianzheng.issuance.v1.CertificateService/RevokeUseCopy", HOLDER),
    Allow::new(
        "/jianzheng.issuance.v1.CertificateService/DownloadDocument",
        HOLDER,
    )
    .step_up(STEP_UP),
    Allow::new("/jianzheng.issuance.v1.CertificateService/ProveDocument", HOLDER),
    Allow::new(
        "/jianzheng.issuance.v1.ConsentService/GrantStandingConsent",
        HOLDER,
    )
    .step_up(STEP_UP),
    Allow::new(
        "/jianzheng.issuance.v1.ConsentService/RevokeStandingConsent",
        HOLDER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.ConsentService/ListStandingConsents",
        HOLDER,
    ),
    Allow::new("/jianzheng.issuance.v1.ConsentService/ListConsentUses", HOLDER),
    Allow::new("/jianzheng.issuance.v1.ConsentService/ListCopyRequests", HOLDER),
    Allow::new("/jianzheng.issuance.v1.ConsentService/ApproveCopyRequest", HOLDER).step_up(STEP_UP),
    Allow::new("/jianzheng.issuance.v1.ConsentService/DeclineCopyRequest", HOLDER),
    Allow::new(
        "/jianzheng.issuance.v1.PackageService/PackageEmployerCertificates",
        REGISTRAR,
    )
    .step_up(STEP_UP),
    Allow::new("/jianzheng.issuance.v1.LogService/GetCheckpoint", PUBLIC),
    Allow::new("/jianzheng.issuance.v1.LogService/GetInclusionProof", PUBLIC),
    Allow::new("/jianzheng.issuance.v1.LogService/GetConsistencyProof", PUBLIC),
    Allow::new("/jianzheng.issuance.v1.LogService/GetTiles", PUBLIC),
    Allow::new("/jianzheng.issuance.v1.LogService/ListCheckpoints", PUBLIC),
    Allow::new("/jianzheng.issuance.v1.StatusService/GetStatusList", PUBLIC),
    Allow::new("/jianzheng.issuance.v1.StatusService/ListStatusLists", PUBLIC),
    Allow::new(
        "/jianzheng.issuance.v1.IssuanceService/GetIssuance",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.IssuanceService/ListIssuances",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.IssuanceService/GetStoreCheck",
        NATIONAL_OFFICER,
    ),
    Allow::new("/jianzheng.issuance.v1.IssuanceService/StartBulk", OFFICER),
    Allow::new("/jianzheng.issuance.v1.IssuanceService/PauseBulk", OFFICER),
    Allow::new("/jianzheng.issuance.v1.IssuanceService/ResumeBulk", OFFICER),
    Allow::new("/jianzheng.issuance.v1.IssuanceService/GetBulk", NATIONAL_OFFICER),
    Allow::new(
        "/jianzheng.issuance.v1.IssuanceService/ListBulkRows",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/RevokeRegistration",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/SuspendRegistration",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/RestoreRegistration",
        OFFICER,
    ),
    Allow::new("/jianzheng.issuance.v1.NationalActService/MergePersons", OFFICER),
    Allow::new("/jianzheng.issuance.v1.NationalActService/SplitPerson", OFFICER),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/ConfirmNationalAct",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/DeclineNationalAct",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/GetNationalAct",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/ListNationalActs",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NationalActService/ReadNationalActEvidence",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.ProvinceStreamService/ListProvinceStreams",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.ProvinceStreamService/ListStreamRepairs",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.ProvinceStreamService/ProposeStreamRepair",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.ProvinceStreamService/ConfirmStreamRepair",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.ProvinceStreamService/DeclineStreamRepair",
        OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.RestorationService/GetRestoration",
        NATIONAL_OFFICER,
    ),
    Allow::new("/jianzheng.issuance.v1.RestorationService/OpenNation", OFFICER),
    Allow::new(
        "/jianzheng.issuance.v1.NotificationService/ListNotifications",
        &[Rule::Holder, Rule::Employer(&["REGISTRAR"])],
    ),
    Allow::new(
        "/jianzheng.issuance.v1.NotificationService/WatchNotifications",
        &[Rule::Client("notifications")],
    ),
    Allow::new(
        "/jianzheng.issuance.v1.RegisterService/GetRegisterEntry",
        NATIONAL_OFFICER,
    ),
    Allow::new(
        "/jianzheng.issuance.v1.RegisterService/WatchChanges",
        &[Rule::Service("verification")],
    ),
    Allow::new(
        "/jianzheng.issuance.v1.RegisterService/ReadHistory",
        &[Rule::Service("verification")],
    ),
    audit_service::VERIFY,
    audit_service::EXPORT,
];

impl Rpc {
    /// The province that a call came from, by its certificate; one whose key the nation knows.
    fn province<T>(&self, request: &Request<T>) -> Result<Province, Status> {
        let caller = Caller::of(request)?;
        let Some(PeerIdentity::Province { code, .. }) = caller.peer() else {
            return Err(PROVINCE_MISMATCH.refusal().into_status());
        };
        let province = Province::from_code(code).filter(|province| self.deps.exchange.knows(*province));
        province.ok_or_else(|| PROVINCE_NOT_ENROLLED.refusal().into_status())
    }
}

/// Waits until a read may be answered; every read with a `min_position` calls it first.
pub(crate) async fn wait_for(
    positions: &Positions,
    least: Option<&types::Position>,
    deadline: Instant,
) -> Result<(), Status> {
    let Some(least) = least.filter(|least| least.value > 0) else {
        return Ok(());
    };
    let place = match least.stream.as_str() {
        "register" => Some(Place::Register(least.value)),
        stream => stream
            .strip_prefix("provinces/")
            .and_then(Province::from_code)
            .map(|province| Place::Province(province, least.value)),
    };
    let place =
        place.ok_or_else(|| Refusal::invalid("min_position.stream", "must be register or provinces/NN"))?;
    Ok(positions.wait_for(place, deadline).await?)
}

#[track_caller]
fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}

fn malformed(fault: Malformed) -> Status {
    EXCHANGE_MALFORMED
        .refusal()
        .field(fault.field, fault.expected)
        .into_status()
}
