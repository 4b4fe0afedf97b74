//! State changes, one a file; what they have in common is here.

pub(crate) mod accept_application;
pub(crate) mod announce_succession;
mod announcing;
pub(crate) mod apply_lapse;
pub(crate) mod apply_succession;
mod ask_checks;
pub(crate) mod assign_work;
pub(crate) mod attach_material;
pub(crate) mod batch_act;
pub(crate) mod cancel_import;
pub(crate) mod cancel_move;
mod cases;
pub(crate) mod check_head;
pub(crate) mod claim_case;
pub(crate) mod claim_work;
mod clocks;
pub(crate) mod close_publicity;
mod complete_cancellation;
pub(crate) mod confirm_employment;
pub(crate) mod confirm_facts;
pub(crate) mod confirm_lapse;
pub(crate) mod confirm_termination;
pub(crate) mod correct_announcement;
pub(crate) mod correct_fact;
pub(crate) mod cosign_checkpoint;
pub(crate) mod create_application;
pub(crate) mod create_import;
pub(crate) mod decide_application;
pub(crate) mod decide_case;
pub(crate) mod declare_conflict;
pub(crate) mod decline_acceptance;
pub(crate) mod decline_correction;
pub(crate) mod deem_accepted;
pub(crate) mod deem_renewed;
pub(crate) mod delegate_powers;
pub(crate) mod dismiss_report;
mod drafting;
pub(crate) mod extend_limit;
pub(crate) mod facts;
mod filing;
pub(crate) mod follow_employer;
mod give_notice;
mod hands;
pub(crate) mod hear_holder;
pub(crate) mod import_facts;
pub(crate) mod import_qualifications;
mod moves;
pub(crate) mod note_silence;
pub(crate) mod notify;
pub(crate) mod notify_termination;
pub(crate) mod object_to_termination;
pub(crate) mod open_cancellation;
pub(crate) mod open_case;
pub(crate) mod open_publicity;
pub(crate) mod opinions;
pub(crate) mod pause_clock;
mod project_lock;
pub(crate) mod propose_decision;
pub(crate) mod propose_succession;
pub(crate) mod publish_announcement;
pub(crate) mod publish_correction;
pub(crate) mod raise_alarm;
pub(crate) mod raise_objection;
pub(crate) mod reconcile_register;
pub(crate) mod record_fact;
pub(crate) mod record_joint_review;
pub(crate) mod record_lapse;
pub(crate) mod record_review;
pub(crate) mod refuse_lapse;
pub(crate) mod release_clearance;
pub(crate) mod release_work;
pub(crate) mod reopen_case;
pub(crate) mod repair_registration;
pub(crate) mod report_registration;
pub(crate) mod request_correction;
pub(crate) mod request_employment;
pub(crate) mod request_extension;
pub(crate) mod request_joint_review;
pub(crate) mod resolve_objection;
pub(crate) mod resolve_termination_objection;
pub(crate) mod restore_registration;
pub(crate) mod resume_clock;
pub(crate) mod return_for_review;
pub(crate) mod revoke_delegation;
pub(crate) mod run_import;
pub(crate) mod save_opinion_template;
pub(crate) mod settle_check;
pub(crate) mod settle_claim;
pub(crate) mod settle_clearance;
pub(crate) mod start_import;
pub(crate) mod state_view;
pub(crate) mod submit_application;
pub(crate) mod take_up_log;
pub(crate) mod undo_lapse;
pub(crate) mod withdraw_application;
pub(crate) mod withdraw_lapse;
pub(crate) mod withdraw_succession;

use domain::authority::{Authority, Officer};
use domain::ids::{AccountId, OfficerId};
use domain::work::Relations;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use postgres::requests::{Begun, Claim, Request, Stored};
use serde_json::json;
use service_runtime::error::PERMISSION_DENIED;
use service_runtime::{Refusal, Scope};
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::Within;

pub(crate) use moves::{Move, Moved, move_one, note};

/// One write as it was called.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Name of the caller, for audits and replays.
    pub(crate) caller: String,
    /// The RPC in snake case: span, audit verb and transaction.
    pub(crate) verb: &'static str,
    pub(crate) request: Uuid,
    /// Keyed digest of the request's body.
    pub(crate) body: [u8; 32],
    /// Register time of the call.
    pub(crate) at: Timestamp,
    pub(crate) scope: Scope,
    pub(crate) account: Option<AccountId>,
    /// What is known of the caller beside their office.
    pub(crate) relations: Relations,
}

/// Whether a write runs for the first time.
pub(crate) enum Begin {
    First(Claim),
    /// It ran; this is what it made or changed.
    Replay(Uuid),
}

impl Call {
    /// The rows that the caller may touch.
    pub(crate) fn within(&self, deps: &Deps) -> Within {
        Within::of(&self.scope, deps.province)
    }

    /// The account, for methods that only people call.
    pub(crate) fn account(&self) -> Result<AccountId, Error> {
        self.account.ok_or_else(|| Refusal::new(PERMISSION_DENIED).into())
    }

    /// The caller as an officer: of `needed` if they hold that grant, else of the first they hold, for the domain to
    /// refuse.
    pub(crate) fn officer(&self, needed: Authority) -> Result<Officer, Error> {
        let grants = self.scope.grants();
        let mut held = grants
            .iter()
            .filter_map(|grant| grant.authority.parse::<Authority>().ok());
        let authority = held.clone().find(|own| *own == needed).or_else(|| held.next());
        let authority = authority.ok_or_else(|| Error::from(Refusal::new(PERMISSION_DENIED)))?;
        Ok(Officer {
            id: OfficerId::from(self.account()?),
            authority,
        })
    }

    /// Begins the write within its transaction.
    pub(crate) async fn begin(&self, tx: &mut Tx) -> Result<Begin, Error> {
        let request = Request {
            caller: &self.caller,
            method: self.verb,
            id: self.request,
            body_sha256: self.body,
            at: self.at,
        };
        match tx.begin_request(&request).await? {
            Begun::First(claim) => Ok(Begin::First(claim)),
            Begun::Replay(Stored::Response(id)) => {
                let id = Uuid::from_slice(&id).map_err(|_| Error::internal("a stored answer is no id"))?;
                Ok(Begin::Replay(id))
            }
            Begun::Replay(Stored::Never) => Err(Error::internal("a write left no answer")),
        }
    }

    /// Records a refusal in a transaction of its own: the refused one rolled back.
    pub(crate) async fn audited<T>(
        &self,
        deps: &Deps,
        subject: &str,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        let error = match result {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let (reason, article) = match &error {
            Error::Refused { refusal, article } => (refusal.name(), article.as_str()),
            Error::Database(failure) if crate::error::is_second_open(failure) => {
                (crate::error::OPEN_APPLICATION.name.to_owned(), "101号 art 6")
            }
            Error::Database(_) | Error::Internal(_) => return Err(error),
        };
        let record = AuditRecord {
            at: self.at,
            actor: &self.caller,
            verb: self.verb,
            article,
            subject,
            outcome: Outcome::Refused { reason: &reason },
            evidence: json!({ "request": self.request }),
        };
        if let Err(failure) = deps.database.record_refusal(record).await {
            tracing::warn!(verb = self.verb, error = %failure, "a refusal was not recorded");
        }
        Err(error)
    }
}

/// Keeps what a write made, for a repetition to find.
pub(crate) async fn finish(tx: &mut Tx, claim: Claim, made: Uuid) -> Result<(), Error> {
    Ok(tx
        .finish_request(claim, &Stored::Response(made.as_bytes().to_vec()))
        .await?)
}
