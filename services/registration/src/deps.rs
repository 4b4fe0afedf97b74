//! What commands, queries and jobs work with, and how what they work on is named.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::time::Duration;

use document_preview::Previewer;
use domain::application::Application;
use domain::authority::Authority;
use domain::calendar::day_of;
use domain::ids::{
    AnnouncementCorrectionId, ApplicationId, CaseId, DelegationId, FactId, ImportId, LapseId, ObjectionId,
    PublicityId, ReportId, SuccessionId,
};
use domain::policy::{PolicyBook, PolicyProfile};
use domain::province::{Jurisdiction, Province};
use jiff::Timestamp;
use jiff::civil::Time;
use postgres::{Database, ReadDatabase};
use service_runtime::clock::{RegisterClock, SystemClock};
use service_runtime::telemetry::Gauge;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::coverage::GlyphCoverage;
use crate::error::Error;
use crate::exchange::{HeadSigner, ReceiptKey};
use crate::listing::ListKey;
use crate::objects::Objects;
use crate::peer::check::Checks;
use crate::peer::exchange::Issuance;
use crate::peer::identity::Identity;
use crate::peer::project_lock::ProjectLocks;
use crate::sealing::Sealing;
use crate::store::announcement::Announcement;
use crate::witness::Observer;

/// What commands, queries and jobs work with.
pub(crate) struct Deps {
    pub(crate) database: Database,
    pub(crate) reader: ReadDatabase,
    pub(crate) objects: Objects,
    pub(crate) sealing: Sealing,
    pub(crate) signer: HeadSigner,
    pub(crate) receipt_key: ReceiptKey,
    pub(crate) list_key: ListKey,
    pub(crate) identity: Identity,
    pub(crate) issuance: Issuance,
    pub(crate) checks: Checks,
    /// The platform that says whom a running project holds, where there is one.
    pub(crate) project_locks: Option<ProjectLocks>,
    /// Draws materials that are documents, each in a process with limits.
    pub(crate) previewer: Previewer,
    pub(crate) coverage: Arc<dyn GlyphCoverage>,
    pub(crate) clock: RegisterClock,
    pub(crate) system: SystemClock,
    pub(crate) province: Province,
    /// The province's stream: outbox and positions.
    pub(crate) stream: String,
    pub(crate) policy: String,
    pub(crate) policies: PolicyBook,
    pub(crate) clock_skew: Duration,
    /// When the mirror is compared with the nation's register by itself; never if none.
    pub(crate) reconcile_at: Option<Time>,
    /// Days that the official calendar still covers.
    pub(crate) calendar_left: Gauge,
    /// The province's witness of the nation's log, where it is one.
    pub(crate) witness: Option<Observer>,
    pub(crate) wake: Wake,
    /// Whether the nation has agreed with where our outbox ends, in the life of this process.
    pub(crate) head_agreed: AtomicBool,
    /// Through which event the nation has applied us, by its last word to this process. It goes back where the nation was restored
    /// from a backup: what it lost is told again from there.
    pub(crate) nation_through: AtomicI64,
}

/// Wakes jobs that have something to do.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    pub(crate) push: Notify,
    pub(crate) claim: Notify,
    pub(crate) clearance: Notify,
    /// Wakes no job: the nation has answered for an application.
    pub(crate) settled: Notify,
    pub(crate) release: Notify,
    pub(crate) pull: Notify,
    pub(crate) audit: Notify,
    pub(crate) lapse: Notify,
    pub(crate) succession: Notify,
    pub(crate) silence: Notify,
    pub(crate) clocks: Notify,
    pub(crate) import: Notify,
    pub(crate) remind: Notify,
    pub(crate) reconcile: Notify,
    pub(crate) witness: Notify,
    /// Notifications wait for their positions.
    pub(crate) number: Notify,
    /// Rings for every watcher once they have them.
    pub(crate) numbered: Notify,
}

impl Deps {
    /// The policy of an application: that of its submission, before it the one in force.
    pub(crate) fn policy_of(
        &self,
        application: &Application,
        now: Timestamp,
    ) -> Result<&PolicyProfile, Error> {
        let book = &self.policies;
        let found = match &application.policy {
            Some(reference) => book.find(reference),
            None => book.in_force(&self.policy, day_of(now)),
        };
        found.ok_or_else(|| Error::internal("no policy profile is in force"))
    }

    /// The policy in force for new applications.
    pub(crate) fn policy_now(&self, now: Timestamp) -> Result<&PolicyProfile, Error> {
        let found = self.policies.in_force(&self.policy, day_of(now));
        found.ok_or_else(|| Error::internal("no policy profile is in force"))
    }

    /// `provinces/{province}/applications/{application}`
    pub(crate) fn application_name(&self, id: ApplicationId) -> String {
        id.name_in(Jurisdiction::Province(self.province))
    }

    /// `provinces/{province}/facts/{fact}`
    pub(crate) fn fact_name(&self, id: FactId) -> String {
        format!("provinces/{}/facts/{id}", self.province)
    }

    /// `provinces/{province}/imports/{import}`
    pub(crate) fn import_name(&self, id: ImportId) -> String {
        format!("provinces/{}/imports/{id}", self.province)
    }

    /// `provinces/{province}/publicities/{publicity}`
    pub(crate) fn publicity_name(&self, id: PublicityId) -> String {
        format!("provinces/{}/publicities/{id}", self.province)
    }

    /// `provinces/{province}/successions/{succession}`
    pub(crate) fn succession_name(&self, id: SuccessionId) -> String {
        format!("provinces/{}/successions/{id}", self.province)
    }

    /// `provinces/{province}/cases/{case}`
    pub(crate) fn case_name(&self, id: CaseId) -> String {
        format!("provinces/{}/cases/{id}", self.province)
    }

    /// `provinces/{province}/delegations/{delegation}`
    pub(crate) fn delegation_name(&self, id: DelegationId) -> String {
        format!("provinces/{}/delegations/{id}", self.province)
    }

    /// `provinces/{province}/opinionTemplates/{template}`
    pub(crate) fn template_name(&self, id: Uuid) -> String {
        format!("provinces/{}/opinionTemplates/{id}", self.province)
    }

    /// `provinces/{province}/notices/{notice}`
    pub(crate) fn notice_name(&self, id: Uuid) -> String {
        format!("provinces/{}/notices/{id}", self.province)
    }

    /// `provinces/{province}/witnessEvidence/{number}`
    pub(crate) fn witness_evidence_name(&self, number: i64) -> String {
        format!("provinces/{}/witnessEvidence/{number}", self.province)
    }

    /// `provinces/{province}/reconciliations/{reconciliation}`
    pub(crate) fn reconciliation_name(&self, id: Uuid) -> String {
        format!("provinces/{}/reconciliations/{id}", self.province)
    }

    /// `provinces/{province}/reconciliationRows/{row}`
    pub(crate) fn reconciliation_row_name(&self, id: Uuid) -> String {
        format!("provinces/{}/reconciliationRows/{id}", self.province)
    }

    /// `provinces/{province}/lapses/{lapse}`
    pub(crate) fn lapse_name(&self, id: LapseId) -> String {
        format!("provinces/{}/lapses/{id}", self.province)
    }

    /// `provinces/{province}/reports/{report}`
    pub(crate) fn report_name(&self, id: ReportId) -> String {
        format!("provinces/{}/reports/{id}", self.province)
    }

    /// `provinces/{province}/announcements/{number}`, as `2026-1`; those of the ministry as `ministry-2026-1`.
    pub(crate) fn announcement_name(&self, announcement: &Announcement) -> String {
        let Announcement {
            year,
            serial,
            announced_by,
            ..
        } = announcement;
        let own = *announced_by == Authority::Province(self.province).to_string();
        let of = if own {
            String::new()
        } else {
            format!("{announced_by}-")
        };
        format!("provinces/{}/announcements/{of}{year}-{serial}", self.province)
    }

    /// `provinces/{province}/announcementCorrections/{correction}`
    pub(crate) fn announcement_correction_name(&self, id: AnnouncementCorrectionId) -> String {
        format!("provinces/{}/announcementCorrections/{id}", self.province)
    }

    /// `provinces/{province}/objections/{objection}`
    pub(crate) fn objection_name(&self, id: ObjectionId) -> String {
        format!("provinces/{}/objections/{id}", self.province)
    }
}

impl notification_service::Source for Deps {
    fn database(&self) -> &Database {
        &self.database
    }

    fn reader(&self) -> &ReadDatabase {
        &self.reader
    }

    fn numbered(&self) -> &Notify {
        &self.wake.numbered
    }

    fn collection(&self) -> String {
        format!("provinces/{}/notifications", self.province)
    }
}
