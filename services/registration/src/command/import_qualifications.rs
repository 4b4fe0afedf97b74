//! Puts qualification certificates on record, sealed; rows with faults are named and left out.

use domain::calendar::day_of;
use domain::document_number::{DocumentKind, DocumentNumber};
use domain::name::PersonName;
use domain::qualification::QualificationNumber;
use domain::specialty::Specialty;
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{BATCH_INVALID, Error, violation};
use crate::sealing::QualificationFacts;
use crate::store::qualification::{self, Stored};

/// Most rows of one call.
const ROWS: usize = 1000;

/// A row whose terms are known; its texts are still to be judged.
pub(crate) struct Row {
    pub(crate) full_name: String,
    pub(crate) kind: DocumentKind,
    pub(crate) document: String,
    pub(crate) number: String,
    pub(crate) specialty: Specialty,
    pub(crate) issued_on: Date,
}

/// What is wrong with a row.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) row: u32,
    pub(crate) field: String,
    pub(crate) reason: String,
}

/// Good rows are stored even if others have faults. Every row is judged again on a replay, so faults repeat.
#[instrument(name = "import_qualifications", skip_all, fields(count = rows.len()))]
pub(crate) async fn import_qualifications(
    deps: &Deps,
    call: &Call,
    rows: Vec<Result<Row, Fault>>,
) -> Result<(u32, Vec<Fault>), Error> {
    let subject = format!("provinces/{}/qualifications", deps.province.code());
    let result = import(deps, call, rows, &subject).await;
    call.audited(deps, &subject, result).await
}

async fn import(
    deps: &Deps,
    call: &Call,
    rows: Vec<Result<Row, Fault>>,
    subject: &str,
) -> Result<(u32, Vec<Fault>), Error> {
    if rows.is_empty() || rows.len() > ROWS {
        return Err(BATCH_INVALID.into());
    }
    let today = day_of(call.at);
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for (index, row) in (0_u32..).zip(rows) {
        match row.and_then(|row| judge(deps, index, &row, today)) {
            Ok(judged) => good.push(judged),
            Err(fault) => faults.push(fault),
        }
    }
    let (good, faults) = (&good, &faults);
    deps.database
        .run_tx("import_qualifications", async |tx: &mut Tx| {
            let Begin::First(claim) = call.begin(tx).await? else {
                return Ok(());
            };
            for (stored, index) in good {
                qualification::upsert(tx, stored, index, call.at).await?;
            }
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 3",
                subject,
                outcome: Outcome::Done,
                evidence: json!({ "imported": good.len(), "faults": faults.len() }),
            })
            .await?;
            finish(tx, claim, call.request).await
        })
        .await?;
    Ok((u32::try_from(good.len()).unwrap_or(u32::MAX), faults.clone()))
}

/// The row to store with the index of its document.
fn judge(deps: &Deps, index: u32, row: &Row, today: Date) -> Result<(Stored, Vec<u8>), Fault> {
    let fault = |field: &str, reason: String| Fault {
        row: index,
        field: field.to_owned(),
        reason,
    };
    let name = PersonName::parse(&row.full_name).map_err(|error| fault("full_name", violation(&error)))?;
    let document = DocumentNumber::parse(row.kind, &row.document, today)
        .map_err(|error| fault("document_number", violation(&error)))?;
    let number = QualificationNumber::parse(&row.number)
        .map_err(|error| fault("qualification_number", violation(&error)))?;
    if row.issued_on > today {
        let error = domain::qualification::QualificationError::IssuedInFuture;
        return Err(fault("issued_on", violation(&error)));
    }
    let id = Uuid::now_v7();
    let candidates = deps.sealing.document_index(row.kind, &document);
    let facts = QualificationFacts {
        name,
        document,
        number: number.as_str().to_owned(),
    };
    let sealed = deps.sealing.seal_qualification(id, &facts);
    let stored = Stored {
        id,
        specialty: row.specialty,
        issued_on: row.issued_on,
        sealed,
    };
    Ok((stored, candidates.into_iter().next().unwrap_or_default()))
}
