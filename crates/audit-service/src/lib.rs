//! `audit.v1.AuditService` over the audit of one service's database: [`AuditLog`] is mounted by every service that has
//! one, so that the audit is verified and exported in one way.
//!
//! Auditors (审计人员) alone may call it: role [`AUDITOR`], a province's in their province, the ministry's in the nation
//! and everywhere. What they ask is recorded in the audit that they read.

mod export;
mod verify;
mod wire;

use std::pin::Pin;
use std::sync::Arc;

use api::audit::v1 as pb;
use api::audit::v1::audit_service_client::AuditServiceClient;
use api::audit::v1::audit_service_server::{AuditService, AuditServiceServer};
use futures_util::Stream;
use jiff::Timestamp;
use postgres::audit::{Outcome, Record};
use postgres::{Database, ReadDatabase, Tx};
use serde_json::Value;
use service_runtime::auth::{Allow, Rule};
use service_runtime::clock::{Clock as _, RegisterClock};
use service_runtime::error::PERMISSION_DENIED;
use service_runtime::tls::PeerChannel;
use service_runtime::{Caller, Lifecycle, Refusal, Scope};
use tonic::{Request, Response, Status};

service_runtime::failures!(postgres);

/// The role of auditors in tokens and allow lists.
pub const AUDITOR: &str = "AUDITOR";

/// `VerifyAudit`, for auditors.
pub const VERIFY: Allow = Allow::new("/jianzheng.audit.v1.AuditService/VerifyAudit", AUDITORS);
/// `ExportAudit`, for auditors.
pub const EXPORT: Allow = Allow::new("/jianzheng.audit.v1.AuditService/ExportAudit", AUDITORS);
/// `VerifyAudit` for the service that relays it: `seal` calls nobody and cannot verify tokens.
pub const VERIFY_RELAYED: Allow = Allow::new("/jianzheng.audit.v1.AuditService/VerifyAudit", RELAYS);
/// `ExportAudit` for the service that relays it.
pub const EXPORT_RELAYED: Allow = Allow::new("/jianzheng.audit.v1.AuditService/ExportAudit", RELAYS);

const AUDITORS: &[Rule] = &[Rule::Officer(&[AUDITOR])];
const RELAYS: &[Rule] = &[Rule::Service("issuance")];

/// Links, or lines, read and sent at once.
const BATCH: i64 = 500;

/// The audit of one service.
#[derive(Clone)]
pub struct AuditLog(Arc<Inner>);

struct Inner {
    /// `nation/issuance`, `provinces/32/registration`.
    service: String,
    /// The province whose auditors may read it; none: the nation's.
    province: Option<String>,
    database: Database,
    reader: ReadDatabase,
    clock: RegisterClock,
    life: Lifecycle,
    /// Another service's audit that is relayed, with where it is.
    relayed: Option<(&'static str, PeerChannel)>,
}

impl AuditLog {
    /// The audit of a service of the nation.
    #[must_use]
    pub fn of_nation(
        service: &str,
        database: Database,
        reader: ReadDatabase,
        clock: RegisterClock,
        life: Lifecycle,
    ) -> Self {
        Self(Arc::new(Inner {
            service: format!("nation/{service}"),
            province: None,
            database,
            reader,
            clock,
            life,
            relayed: None,
        }))
    }

    /// The audit of a province's `registration`.
    #[must_use]
    pub fn of_province(
        province: &str,
        database: Database,
        reader: ReadDatabase,
        clock: RegisterClock,
        life: Lifecycle,
    ) -> Self {
        Self(Arc::new(Inner {
            service: format!("provinces/{province}/registration"),
            province: Some(province.to_owned()),
            database,
            reader,
            clock,
            life,
            relayed: None,
        }))
    }

    /// Also serves the audit of `service` (`nation/seal`), which only this process may call.
    #[must_use]
    pub fn relaying(self, service: &'static str, channel: PeerChannel) -> Self {
        let Inner {
            service: own,
            province,
            database,
            reader,
            clock,
            life,
            ..
        } = &*self.0;
        Self(Arc::new(Inner {
            service: own.clone(),
            province: province.clone(),
            database: database.clone(),
            reader: reader.clone(),
            clock: clock.clone(),
            life: life.clone(),
            relayed: Some((service, channel)),
        }))
    }

    /// As a server mounts it.
    #[must_use]
    pub fn server(self) -> AuditServiceServer<Self> {
        AuditServiceServer::new(self)
    }

    /// Auditors of the audit's own jurisdiction and of the ministry; a service that relays.
    fn admit(&self, scope: &Scope) -> Result<(), Refusal> {
        let own = |province: &Option<String>| province.is_none() || *province == self.0.province;
        let auditor = scope
            .grants()
            .iter()
            .any(|grant| grant.role == AUDITOR && own(&grant.province));
        if auditor || scope.is_unbounded() {
            Ok(())
        } else {
            PERMISSION_DENIED.refuse()
        }
    }

    /// The relayed service that a request means; none for the own one.
    fn relay(&self, service: &str) -> Result<Option<&PeerChannel>, Refusal> {
        match &self.0.relayed {
            _ if service.is_empty() || service == self.0.service => Ok(None),
            Some((relayed, channel)) if *relayed == service => Ok(Some(channel)),
            Some(_) | None => Err(Refusal::invalid(
                "service",
                format!("this is the audit of {}", self.0.service),
            )),
        }
    }

    /// Records what an auditor asked or learnt; `subject` is whose audit it was.
    async fn record(&self, asked: &Asked, evidence: Value) -> Result<(), Error> {
        let record = Record {
            at: asked.at,
            actor: &asked.actor,
            verb: asked.verb,
            article: "",
            subject: &asked.subject,
            outcome: Outcome::Done,
            evidence,
        };
        self.0
            .database
            .run_tx("record audit access", async |tx: &mut Tx| {
                tx.audit(record.clone()).await
            })
            .await?;
        Ok(())
    }

    fn asked<T>(&self, request: &Request<T>, verb: &'static str, service: &str) -> Result<Asked, Refusal> {
        let caller = Caller::of(request)?;
        self.admit(caller.scope())?;
        let subject = if service.is_empty() {
            &self.0.service
        } else {
            service
        };
        Ok(Asked {
            actor: caller.name(),
            verb,
            subject: format!("audits/{subject}"),
            at: self.0.clock.now(),
        })
    }
}

/// Who asked what, for the audit itself.
#[derive(Debug, Clone)]
struct Asked {
    actor: String,
    verb: &'static str,
    subject: String,
    at: Timestamp,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl AuditService for AuditLog {
    type VerifyAuditStream = Answers<pb::VerifyAuditResponse>;
    type ExportAuditStream = Answers<pb::ExportAuditResponse>;

    async fn verify_audit(
        &self,
        request: Request<pb::VerifyAuditRequest>,
    ) -> Result<Response<Self::VerifyAuditStream>, Status> {
        let asked = self.asked(&request, "verify_audit", &request.get_ref().service)?;
        let message = request.into_inner();
        let range = wire::range(message.from, message.to)?;
        if let Some(channel) = self.relay(&message.service)? {
            self.record(&asked, range.evidence()).await.map_err(status)?;
            let relayed = AuditServiceClient::new(channel.clone())
                .verify_audit(message)
                .await;
            return Ok(Response::new(self.draining(relayed?.into_inner())));
        }
        let found = verify::verify(self.clone(), asked, range);
        Ok(Response::new(self.draining(found)))
    }

    async fn export_audit(
        &self,
        request: Request<pb::ExportAuditRequest>,
    ) -> Result<Response<Self::ExportAuditStream>, Status> {
        let asked = self.asked(&request, "export_audit", &request.get_ref().service)?;
        let message = request.into_inner();
        let (range, filter) = (wire::range(message.from, message.to)?, wire::filter(&message)?);
        let mut evidence = range.evidence();
        evidence["filter"] = filter.to_string().into();
        // Recorded before anything is told; the record itself is linked later and so not in this export.
        self.record(&asked, evidence).await.map_err(status)?;
        if let Some(channel) = self.relay(&message.service)? {
            let relayed = AuditServiceClient::new(channel.clone())
                .export_audit(message)
                .await;
            return Ok(Response::new(self.draining(relayed?.into_inner())));
        }
        let lines = export::export(self.clone(), asked.at, range, filter);
        Ok(Response::new(self.draining(lines)))
    }
}

impl AuditLog {
    fn draining<T: Send + 'static>(
        &self,
        answers: impl Stream<Item = Result<T, Status>> + Send + 'static,
    ) -> Answers<T> {
        Box::pin(self.0.life.until_draining(answers))
    }
}

#[track_caller]
fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}
