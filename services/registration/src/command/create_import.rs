//! Takes a file of an officer: read while it arrives, sealed in pieces, then named by a row. Its check begins at once.

use bytes::Bytes;
use domain::authority::Authority;
use domain::ids::ImportId;
use domain::import::{Import, ImportKind, ImportState};
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tokio_stream::Stream;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::{Error, MATERIAL_DIGEST_DIFFERS};
use crate::importing::heading::Heading;
use crate::importing::repeats::Seen;
use crate::importing::upload::{self, Keep, Part};
use crate::store::import::{self, Piece, Progress, Stored};

/// What an officer brings.
pub(crate) struct Input {
    pub(crate) kind: ImportKind,
    /// Without folders.
    pub(crate) file_name: String,
    /// SM3 as announced.
    pub(crate) digest: Vec<u8>,
}

/// Idempotent on the request; `chunks` are the file. The sealed pieces are written before the row; a crash leaves bytes
/// that nobody names.
#[instrument(name = "create_import", skip_all, fields(kind = input.kind.code()))]
pub(crate) async fn create_import(
    deps: &Deps,
    call: &Call,
    input: &Input,
    chunks: impl Stream<Item = Result<Bytes, Error>> + Send,
) -> Result<ImportId, Error> {
    let result = create(deps, call, input, chunks).await;
    let created = call
        .audited(deps, &format!("provinces/{}/imports/-", deps.province), result)
        .await?;
    deps.wake.import.notify_one();
    Ok(created)
}

async fn create(
    deps: &Deps,
    call: &Call,
    input: &Input,
    chunks: impl Stream<Item = Result<Bytes, Error>> + Send,
) -> Result<ImportId, Error> {
    let officer = call.officer(Authority::Province(deps.province))?;
    let id = ImportId::from_uuid(Uuid::now_v7());
    let (key, wrapped_key) = deps.sealing.new_key(id.as_uuid());
    let mut kept = Kept {
        deps,
        id,
        key,
        kind: input.kind,
        heading: Vec::new(),
        columns: None,
        seen: Seen::default(),
        at: call.at,
        ignored: Vec::new(),
        pieces: Vec::new(),
    };
    let arrived = upload::receive(chunks, &mut kept).await?;
    if arrived.digest != input.digest {
        return Err(MATERIAL_DIGEST_DIFFERS.into());
    }
    let import = Import {
        id,
        kind: input.kind,
        uploaded_by: officer,
        uploaded_at: call.at,
        state: ImportState::Checking,
    };
    let stored = Stored {
        import,
        file_name: input.file_name.clone(),
        digest: arrived.digest,
        size: arrived.size,
        wrapped_key,
        heading: kept.heading,
        ignored: kept.ignored,
        rows: kept.pieces.iter().map(|piece| piece.rows).sum(),
        next_piece: 0,
        progress: Progress::default(),
        started_at: None,
        ended_at: None,
        same_file_as: None,
    };
    let (stored, pieces) = (&stored, &kept.pieces);
    deps.database
        .run_tx("create_import", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ImportId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            import::insert(tx, stored, pieces).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: input.kind.article(),
                subject: &deps.import_name(id),
                outcome: Outcome::Done,
                evidence: json!({
                    "kind": input.kind.code(), "sm3": hex::encode(&stored.digest), "rows": stored.rows,
                }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}

/// Seals what a file is made of as it is read.
struct Kept<'a> {
    deps: &'a Deps,
    id: ImportId,
    key: DataKey,
    kind: ImportKind,
    heading: Vec<String>,
    /// The heading as it is understood, once it was read.
    columns: Option<Heading>,
    /// What the rows so far say, so that later ones do not say it again.
    seen: Seen,
    at: Timestamp,
    ignored: Vec<String>,
    pieces: Vec<Piece>,
}

impl Keep for Kept<'_> {
    async fn keep(&mut self, part: Part) -> Result<(), Error> {
        match part {
            Part::Heading(cells) => {
                let heading = Heading::read(self.kind, &cells)?;
                self.ignored = heading.ignored(&cells);
                self.heading = cells;
                self.columns = Some(heading);
            }
            Part::Piece(rows) => {
                let ordinal = i32::try_from(self.pieces.len()).map_err(Error::internal)?;
                let heading = self.columns.as_ref();
                let heading = heading.ok_or_else(|| Error::internal("rows before their heading"))?;
                let repeats = self.seen.repeats((self.kind, heading), &rows, self.at);
                let sealed = self.deps.sealing.seal_piece(&self.key, (self.id, ordinal), &rows);
                self.pieces.push(Piece {
                    ordinal,
                    object: self.deps.objects.put(sealed).await?,
                    rows: i32::try_from(rows.len()).map_err(Error::internal)?,
                    repeats,
                });
            }
        }
        Ok(())
    }
}
