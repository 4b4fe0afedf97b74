//! Imports and what was said about their rows: officers' reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::authority::Authority;
use domain::ids::ImportId;
use futures_util::{Stream, stream};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::error::PERMISSION_DENIED;
use tabular::{Cell, Row};
use uuid::Uuid;

use crate::command::Call;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::Within;
use crate::store::import::{self, Listed, Piece, Stored};

/// Columns that a file of failed rows has beside its own; an import does not read them.
const NUMBER: &str = "原文件行号";
const REASONS: &str = "未通过原因";

/// One import.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: ImportId) -> Result<Stored, Error> {
    let all = officers_only(deps, scope)?;
    let read = async |tx: &mut Tx| import::find(tx, all, id).await;
    let found = deps.reader.snapshot("read import", read).await?;
    found.ok_or_else(Error::not_found)
}

/// The newest first.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Stored>, Error> {
    let all = officers_only(deps, scope)?;
    let read = async |tx: &mut Tx| import::list(tx, all, before, limit.into()).await;
    Ok(deps.reader.snapshot("list imports", read).await?)
}

/// What was said about rows, in the order of the file.
pub(crate) async fn notes(
    deps: &Deps,
    scope: &Scope,
    id: ImportId,
    after: (i32, i32),
    limit: u32,
) -> Result<Vec<Listed>, Error> {
    find(deps, scope, id).await?;
    let read = async |tx: &mut Tx| import::notes(tx, id, after, limit.into()).await;
    Ok(deps.reader.snapshot("list notes of an import", read).await?)
}

/// The failed rows as the file had them, as pieces of a CSV file. Audited before the first byte.
pub(crate) async fn failed_rows(
    deps: Arc<Deps>,
    call: &Call,
    id: ImportId,
) -> Result<impl Stream<Item = Result<Vec<u8>, Error>> + Send + use<>, Error> {
    let result = allowed(&deps, call, id).await;
    let stored = call.audited(&deps, &deps.import_name(id), result).await?;
    let reading = Reading {
        deps,
        stored,
        from: None,
    };
    Ok(stream::try_unfold(reading, async |mut reading| {
        Ok(reading.next().await?.map(|bytes| (bytes, reading)))
    }))
}

async fn allowed(deps: &Deps, call: &Call, id: ImportId) -> Result<Stored, Error> {
    let stored = find(deps, &call.scope, id).await?;
    let officer = call.officer(Authority::Province(deps.province))?;
    stored.import.check_download(officer)?;
    let subject = deps.import_name(id);
    deps.database
        .run_tx("download failed rows", async |tx: &mut Tx| {
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "design §7",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "failed": stored.progress.failed }),
            })
            .await
        })
        .await?;
    Ok(stored)
}

/// A file of failed rows while it is written, piece by piece.
struct Reading {
    deps: Arc<Deps>,
    stored: Stored,
    /// The piece to look at next; none before the heading.
    from: Option<i32>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(from) = self.from else {
            self.from = Some(0);
            let mut heading: Vec<&str> = self.stored.heading.iter().map(String::as_str).collect();
            heading.extend([NUMBER, REASONS]);
            return Ok(Some(tabular::write([heading])));
        };
        let id = self.stored.import.id;
        let read = async |tx: &mut Tx| import::failed_of_piece(tx, id, from).await;
        let found = self
            .deps
            .reader
            .snapshot("failed rows of an import", read)
            .await?;
        let Some((piece, failed)) = found else {
            return Ok(None);
        };
        self.from = Some(piece.ordinal + 1);
        let rows = self.rows(&piece).await?;
        let said: BTreeMap<u32, String> = failed
            .into_iter()
            .filter_map(|(row, text)| Some((u32::try_from(row).ok()?, text)))
            .collect();
        let width = self.stored.heading.len();
        let numbers: Vec<String> = rows.iter().map(|row| row.number.to_string()).collect();
        let lines = rows.iter().zip(&numbers).filter_map(|(row, number)| {
            let text = said.get(&row.number)?;
            let mut cells: Vec<&str> = row.cells.iter().map(Cell::shown).collect();
            cells.resize(width, "");
            cells.extend([number.as_str(), text.as_str()]);
            Some(cells)
        });
        // The mark stands at the beginning of the file only.
        Ok(Some(tabular::write(lines).split_off("\u{feff}".len())))
    }

    async fn rows(&self, piece: &Piece) -> Result<Vec<Row>, Error> {
        let id = self.stored.import.id;
        let key = self
            .deps
            .sealing
            .key(id.as_uuid(), self.stored.wrapped_key.clone())?;
        let sealed = self.deps.objects.get(&piece.object).await?;
        self.deps.sealing.open_piece(&key, (id, piece.ordinal), sealed)
    }
}

fn officers_only(deps: &Deps, scope: &Scope) -> Result<bool, Error> {
    if Within::of(scope, deps.province).all {
        Ok(true)
    } else {
        Err(PERMISSION_DENIED.refusal().into())
    }
}
