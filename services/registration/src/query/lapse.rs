//! Records of lapses, what became of their rows, their papers, and reports: reads of the housing authorities' officers.

use domain::authority::Authority;
use domain::ids::{LapseId, PersonId, ReportId};
use domain::lapse::Lapse;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::deps::Deps;
use crate::error::Error;
use crate::recorded;
use crate::sealing::ObjectionText;
use crate::store::Within;
use crate::store::fact::Evidence;
use crate::store::lapse::{self, Listed, Row, RowState};
use crate::store::report;

/// A record with its papers and how many rows stand where.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) lapse: Lapse,
    pub(crate) papers: Vec<Evidence>,
    pub(crate) counts: Vec<(RowState, u32)>,
    pub(crate) undoings: Vec<LapseId>,
    /// The last of its events in the outbox.
    pub(crate) position: Option<i64>,
}

/// One record.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: LapseId) -> Result<View, Error> {
    housing_only(deps, scope)?;
    deps.reader
        .snapshot("read lapse", async |tx: &mut Tx| {
            let found = lapse::find(tx, id).await?.ok_or_else(Error::not_found)?;
            view(tx, found).await
        })
        .await
}

/// Records in their order. A person sees the confirmed ones that reached their own registration, and nobody else's.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    listed: Listed,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    let own = |of: PersonId| scope.own_person() == Some(of.as_uuid());
    let listed = match listed {
        Listed::Person { of, .. } if own(of) => Listed::Person { of, confirmed: true },
        listed => {
            housing_only(deps, scope)?;
            listed
        }
    };
    deps.reader
        .snapshot("list lapses", async |tx: &mut Tx| {
            let found = lapse::list(tx, listed, after, limit.into()).await?;
            let mut views = Vec::with_capacity(found.len());
            for one in found {
                views.push(view(tx, one).await?);
            }
            Ok::<_, Error>(views)
        })
        .await
}

async fn view(tx: &mut Tx, found: Lapse) -> Result<View, Error> {
    let id = found.id;
    Ok(View {
        papers: lapse::papers(tx, id).await?,
        counts: lapse::counts(tx, id).await?,
        undoings: lapse::undoings(tx, id).await?,
        position: lapse::last_position(tx, id).await?,
        lapse: found,
    })
}

/// Its rows, in their order.
pub(crate) async fn rows(
    deps: &Deps,
    scope: &Scope,
    id: LapseId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Row>, Error> {
    housing_only(deps, scope)?;
    let read = async |tx: &mut Tx| lapse::rows(tx, id, after, limit.into()).await;
    Ok(deps.reader.snapshot("list rows of a lapse", read).await?)
}

/// The bytes of a paper; the reading is recorded.
pub(crate) async fn evidence(
    deps: &Deps,
    (scope, reader): (&Scope, &str),
    id: LapseId,
    paper: Uuid,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    housing_only(deps, scope)?;
    let (within, at) = (Within::of(scope, deps.province), deps.clock.now());
    let (within, subject) = (&within, deps.lapse_name(id));
    let subject = &subject;
    let (paper, key) = deps
        .database
        .run_tx("read_lapse_evidence", async |tx: &mut Tx| {
            let papers = lapse::papers(tx, id).await?;
            let found = papers.into_iter().find(|known| known.id == paper);
            let found = found.ok_or_else(Error::not_found)?;
            let key = match (found.person, &found.wrapped_key) {
                (Some(person), _) => recorded::key_of(deps, tx, within, person).await?,
                (None, Some(wrapped)) => deps.sealing.key(found.id, wrapped.clone())?,
                (None, None) => return Err(Error::internal("a paper has no key")),
            };
            tx.audit(AuditRecord {
                at,
                actor: reader,
                verb: "read_lapse_evidence",
                article: "",
                subject,
                outcome: Outcome::Done,
                evidence: json!({ "sm3": hex::encode(&found.digest) }),
            })
            .await?;
            Ok::<_, Error>((found, key))
        })
        .await?;
    let sealed = deps.objects.get(&paper.object).await?;
    deps.sealing.open_evidence(&key, paper.id, sealed)
}

/// A report in the clear.
#[derive(Debug)]
pub(crate) struct ReportView {
    pub(crate) report: domain::lapse::Report,
    pub(crate) registration_number: String,
    pub(crate) text: ObjectionText,
}

/// The queue of reports, or all of them; every reading is recorded, since it opens what people wrote.
pub(crate) async fn reports(
    deps: &Deps,
    (scope, reader): (&Scope, &str),
    open: bool,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ReportView>, Error> {
    housing_only(deps, scope)?;
    let read = async |tx: &mut Tx| report::list(tx, open, after, limit.into()).await;
    let found = deps.reader.snapshot("list reports", read).await?;
    let views = found.into_iter().map(|stored| opened(deps, stored));
    let views: Vec<_> = views.collect::<Result<_, _>>()?;
    let names: Vec<_> = views.iter().map(|view| view.report.number.clone()).collect();
    let (at, subject) = (deps.clock.now(), format!("provinces/{}/reports/-", deps.province));
    let record = AuditRecord {
        at,
        actor: reader,
        verb: "list_reports",
        article: "",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({ "reports": names }),
    };
    let audit = async |tx: &mut Tx| tx.audit(record.clone()).await;
    deps.database.run_tx("list_reports", audit).await?;
    Ok(views)
}

/// One report, for whoever has just moved it.
pub(crate) async fn find_report(deps: &Deps, scope: &Scope, id: ReportId) -> Result<ReportView, Error> {
    housing_only(deps, scope)?;
    let read = async |tx: &mut Tx| report::find(tx, id).await;
    let found = deps.reader.snapshot("read report", read).await?;
    opened(deps, found.ok_or_else(Error::not_found)?)
}

fn opened(deps: &Deps, stored: report::Stored) -> Result<ReportView, Error> {
    let id = stored.report.id.as_uuid();
    Ok(ReportView {
        text: deps.sealing.open_report(id, stored.text)?,
        report: stored.report,
        registration_number: stored.registration_number,
    })
}

/// Officers of the province or the ministry; not those of a co-reviewing department.
fn housing_only(deps: &Deps, scope: &Scope) -> Result<(), Error> {
    let mut held = scope
        .grants()
        .iter()
        .filter_map(|grant| grant.authority.parse::<Authority>().ok());
    let is_housing = held.any(|own| own == Authority::Ministry || own == Authority::Province(deps.province));
    if is_housing {
        Ok(())
    } else {
        Err(PERMISSION_DENIED.refusal().into())
    }
}
