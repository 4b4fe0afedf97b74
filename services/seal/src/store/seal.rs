//! Tables `seal.seal` and `seal.request`.

use domain::seal::{Filing, SealHand, SealState};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

use crate::keystore::KeptSeal;
use crate::store::{event, key, making};

/// A seal as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// `seals/{seal}`
    pub name: String,
    pub es_id: String,
    pub specimen: bool,
    pub state: SealState,
    /// SM3 of the present making; none while nothing is made.
    pub digest: Option<[u8; 32]>,
    pub request: Option<Asked>,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub title: String,
    pub kind: i64,
    /// PNG.
    pub picture: Vec<u8>,
    pub width_mm: u32,
    pub height_mm: u32,
}

/// Notes a seal that the keystore holds: an unknown one as imported and active, another making of a known one as its
/// next. A destroyed seal stays so.
pub(crate) async fn register(
    tx: &mut Tx,
    kept: &KeptSeal,
    backends: [&str; 2],
    at: Timestamp,
) -> Result<(), Error> {
    let seal = kept.stamp.seal();
    let digest = gm::sm3::digest(seal.der());
    let inserted = query!(
        "INSERT INTO seal.seal (name, es_id, digest, state, specimen, registered_at)
         VALUES ($1, $2, $3, 'active', $4, $5) ON CONFLICT (name) DO NOTHING",
        kept.name,
        seal.es_id(),
        digest.as_slice(),
        kept.specimen,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    let known = making::known(tx, &digest).await?;
    if inserted == 0 {
        let state = query!(
            "SELECT state FROM seal.seal WHERE name = $1 FOR UPDATE",
            kept.name
        )
        .fetch_one(tx.conn())
        .await?
        .state;
        if known || state == "destroyed" || making::known(tx, &digest).await? {
            return Ok(());
        }
    }
    let content = making::Content {
        key_generation: 0,
        seal: seal.der(),
        seal_chain: &kept.seal_chain,
        pdf_chain: &kept.pdf_chain,
    };
    making::keep(tx, &kept.name, &digest, &content, at).await?;
    key::install(tx, &kept.name, backends, at).await?;
    set_digest(tx, &kept.name, &digest).await?;
    event::record(tx, &kept.name, "import", ("ceremony", None), "", at).await
}

/// The present making.
pub(crate) async fn set_digest(tx: &mut Tx, name: &str, digest: &[u8; 32]) -> Result<(), Error> {
    query!(
        "UPDATE seal.seal SET digest = $2, updated_by = shared.transaction_name() WHERE name = $1",
        name,
        digest.as_slice(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes a seal that is asked for; false when there is one of this name or esID.
pub(crate) async fn request(
    tx: &mut Tx,
    record: &Record,
    asked: &Asked,
    by: &SealHand,
) -> Result<bool, Error> {
    let taken = query!(
        r#"SELECT EXISTS (SELECT FROM seal.seal WHERE name = $1 OR es_id = $2) AS "taken!""#,
        record.name,
        record.es_id,
    )
    .fetch_one(tx.conn())
    .await?
    .taken;
    if taken {
        return Ok(false);
    }
    query!(
        "INSERT INTO seal.seal (name, es_id, state, specimen, origin, registered_at)
         VALUES ($1, $2, 'requested', $3, 'requested', $4)",
        record.name,
        record.es_id,
        record.specimen,
        by.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO seal.request (seal, title, kind, picture, width_mm, height_mm, requested_by, requested_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        record.name,
        asked.title,
        asked.kind,
        asked.picture,
        i32::try_from(asked.width_mm).unwrap_or(i32::MAX),
        i32::try_from(asked.height_mm).unwrap_or(i32::MAX),
        by.officer,
        by.at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// A seal, its row locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, name: &str) -> Result<Option<Record>, Error> {
    query!("SELECT FROM seal.seal WHERE name = $1 FOR UPDATE", name)
        .fetch_optional(tx.conn())
        .await?;
    Ok(all(tx).await?.into_iter().find(|record| record.name == name))
}

/// Every seal, by name.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Record>, Error> {
    let rows = query!(
        r#"SELECT seal.name, seal.es_id, seal.digest, seal.state, seal.specimen, seal.filing_number,
                  seal.filing_authority, seal.filed_on, seal.state_ground, request.title AS "title?",
                  request.kind AS "kind?", request.picture AS "picture?", request.width_mm AS "width_mm?",
                  request.height_mm AS "height_mm?", request.requested_by AS "requested_by?",
                  request.requested_at AS "requested_at?"
           FROM seal.seal AS seal LEFT JOIN seal.request AS request ON request.seal = seal.name ORDER BY seal.name"#
    )
    .fetch_all(tx.conn())
    .await?;
    let record = |row: Row| {
        let filing = (row.filing_number.zip(row.filing_authority).zip(row.filed_on)).map(
            |((number, authority), on)| Filing {
                number,
                authority,
                on,
            },
        );
        let requested = row.requested.unwrap_or(SealHand {
            officer: String::new(),
            at: Timestamp::UNIX_EPOCH,
        });
        let ground = row.state_ground;
        let state = match row.state.as_str() {
            "requested" => SealState::Requested { requested },
            "made" => SealState::Made,
            "active" => SealState::Active { filing },
            "suspended" => SealState::Suspended { filing, ground },
            _ => SealState::Destroyed { ground },
        };
        Record {
            name: row.name,
            es_id: row.es_id,
            specimen: row.specimen,
            state,
            digest: row.digest.and_then(|digest| digest.try_into().ok()),
            request: row.asked,
        }
    };
    Ok(rows
        .into_iter()
        .map(|row| Row {
            requested: row
                .requested_by
                .zip(row.requested_at)
                .map(|(officer, at)| SealHand {
                    officer,
                    at: at.to_jiff(),
                }),
            asked: row.title.zip(row.picture).map(|(title, picture)| Asked {
                title,
                kind: row.kind.unwrap_or_default(),
                picture,
                width_mm: row.width_mm.and_then(|mm| mm.try_into().ok()).unwrap_or_default(),
                height_mm: row
                    .height_mm
                    .and_then(|mm| mm.try_into().ok())
                    .unwrap_or_default(),
            }),
            name: row.name,
            es_id: row.es_id,
            digest: row.digest,
            state: row.state,
            specimen: row.specimen,
            filing_number: row.filing_number,
            filing_authority: row.filing_authority,
            filed_on: row.filed_on.map(|on| on.to_jiff()),
            state_ground: row.state_ground,
        })
        .map(record)
        .collect())
}

struct Row {
    name: String,
    es_id: String,
    digest: Option<Vec<u8>>,
    state: String,
    specimen: bool,
    filing_number: Option<String>,
    filing_authority: Option<String>,
    filed_on: Option<jiff::civil::Date>,
    state_ground: String,
    requested: Option<SealHand>,
    asked: Option<Asked>,
}

/// Writes where a seal stands now.
pub(crate) async fn set_state(tx: &mut Tx, name: &str, state: &SealState) -> Result<(), Error> {
    let (filing, ground) = match state {
        SealState::Active { filing } => (filing.as_ref(), ""),
        SealState::Suspended { filing, ground } => (filing.as_ref(), ground.as_str()),
        SealState::Destroyed { ground } => (None, ground.as_str()),
        SealState::Requested { .. } | SealState::Made => (None, ""),
    };
    // A filing stays on record when the seal is destroyed.
    query!(
        "UPDATE seal.seal SET state = $2, filing_number = coalesce($3, filing_number),
             filing_authority = coalesce($4, filing_authority), filed_on = coalesce($5, filed_on), state_ground = $6,
             updated_by = shared.transaction_name()
         WHERE name = $1",
        name,
        state.code().to_ascii_lowercase(),
        filing.map(|filing| filing.number.as_str()),
        filing.map(|filing| filing.authority.as_str()),
        filing.map(|filing| filing.on.to_sql()) as _,
        ground,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
