//! Tables `registration.register_*`: the tree over the mirror. Triggers note whose rows have changed; the tree follows when
//! it is asked (decision 0028).

use std::collections::{BTreeMap, BTreeSet};

use domain::register::EndCause;
use domain::registration_number::RegistrationNumber;
use postgres::{Error, SqlDate, Tx};
use register_tree::{Digest, Key, Nodes, Pair, Path, Row, Standing, bucket_digest};
use serde_json::Value;
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::read;

const MIRROR: &str = "registration.active_registration";
const ROW: &str = "registration.register_row";
const NODE: &str = "registration.register_node";
/// People of one round trip.
const PIECE: usize = 5_000;

/// Where the tree stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stands {
    pub(crate) pair: Pair,
    pub(crate) root: Digest,
}

/// Lets the tree follow the mirror and says where it stands then: exactly at the pair that one snapshot shows, so the
/// transaction must have one (SERIALIZABLE). With `from_rows` every row is digested anew.
pub(crate) async fn fold(tx: &mut Tx, stream: &str, from_rows: bool) -> Result<Stands, Error> {
    let pair = pair(tx, stream).await?;
    let touched = query_scalar!("DELETE FROM registration.register_touched RETURNING person_id")
        .fetch_all(tx.conn())
        .await?;
    let people: BTreeSet<Uuid> = if from_rows {
        let all = query_scalar!(
            r#"SELECT person_id AS "person_id!" FROM registration.active_registration
               UNION SELECT person_id FROM registration.register_row"#
        );
        all.fetch_all(tx.conn()).await?.into_iter().collect()
    } else {
        touched.into_iter().collect()
    };
    let people: Vec<Uuid> = people.into_iter().collect();
    let mut buckets = BTreeSet::new();
    for piece in people.chunks(PIECE) {
        follow(tx, piece, &mut buckets).await?;
    }
    let root = climb(tx, &buckets).await?;
    Ok(Stands { pair, root })
}

async fn pair(tx: &mut Tx, stream: &str) -> Result<Pair, Error> {
    let row = query!(
        r#"SELECT coalesce((SELECT sequence FROM shared.outbox_head WHERE stream = $1), 0) AS "sequence!", pulled_through
           FROM registration.exchange_state"#,
        stream,
    )
    .fetch_one(tx.conn())
    .await?;
    let natural = |number: i64, column| {
        u64::try_from(number).map_err(|_| Error::inconsistent("registration.exchange_state", column, number))
    };
    Ok(Pair {
        sequence: natural(row.sequence, "sequence")?,
        number: natural(row.pulled_through, "pulled_through")?,
    })
}

/// Digests the rows of some people and keeps what is new; their buckets are added to `buckets`.
async fn follow(tx: &mut Tx, people: &[Uuid], buckets: &mut BTreeSet<i32>) -> Result<(), Error> {
    let now: BTreeMap<Uuid, Row> = rows_of(tx, people)
        .await?
        .into_iter()
        .map(|row| (row.person.as_uuid(), row))
        .collect();
    let kept = query!(
        "SELECT person_id, bucket, key, digest FROM registration.register_row WHERE person_id = ANY($1)",
        people,
    )
    .fetch_all(tx.conn())
    .await?;
    let kept: BTreeMap<Uuid, _> = kept.into_iter().map(|row| (row.person_id, row)).collect();
    let (mut gone, mut ids, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let (mut keys, mut digests) = (Vec::new(), Vec::new());
    for person in people {
        let before = kept.get(person);
        let Some(row) = now.get(person) else {
            if let Some(before) = before {
                buckets.insert(before.bucket);
                gone.push(*person);
            }
            continue;
        };
        let (key, digest) = (row.key(), row.digest());
        if before.is_some_and(|before| before.key == key.as_bytes() && before.digest == digest) {
            continue;
        }
        let place = i32::from(key.bucket().place());
        buckets.extend(before.map(|before| before.bucket));
        buckets.insert(place);
        ids.push(*person);
        places.push(place);
        keys.push(key.as_bytes().to_vec());
        digests.push(digest.to_vec());
    }
    query!(
        "DELETE FROM registration.register_row WHERE person_id = ANY($1)",
        &gone
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO registration.register_row (person_id, bucket, key, digest)
         SELECT * FROM unnest($1::uuid[], $2::integer[], $3::bytea[], $4::bytea[])
         ON CONFLICT (person_id) DO UPDATE SET bucket = excluded.bucket, key = excluded.key, digest = excluded.digest,
             updated_by = shared.transaction_name()",
        &ids,
        &places,
        &keys,
        &digests,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The registrations of some people as the tree sees them: what moved away is none, nor what has no readable number.
async fn rows_of(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<Row>, Error> {
    let rows = query!(
        r#"SELECT person_id, registration_number, employer_id, specialties, end_cause, suspended_at IS NOT NULL AS "suspended!",
                  suspended_until AS "suspended_until: SqlDate"
           FROM registration.active_registration WHERE person_id = ANY($1) AND moved_to IS NULL"#,
        people,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let Ok(number) = RegistrationNumber::parse(&row.registration_number) else {
            tracing::warn!(person = %row.person_id, "a registration of the mirror has no readable number");
            continue;
        };
        let cause: Option<EndCause> = row
            .end_cause
            .map(|code| read(Value::String(code), MIRROR, "end_cause", row.person_id))
            .transpose()?;
        let standing = match (cause, row.suspended) {
            (Some(cause), _) => Standing::Ended { cause },
            (None, true) => Standing::Suspended {
                until: row.suspended_until.map(SqlDate::to_jiff),
            },
            (None, false) => Standing::InForce,
        };
        found.push(Row {
            number,
            person: row.person_id.into(),
            employer: row.employer_id.into(),
            specialties: read(row.specialties, MIRROR, "specialties", row.person_id)?,
            standing,
        });
    }
    Ok(found)
}

/// The root after some buckets have changed.
async fn climb(tx: &mut Tx, touched: &BTreeSet<i32>) -> Result<Digest, Error> {
    if touched.is_empty() {
        return Ok(nodes(tx, &[Path::ROOT].into()).await?.root());
    }
    let places: Vec<i32> = touched.iter().copied().collect();
    let rows = query!(
        "SELECT bucket, key, digest FROM registration.register_row WHERE bucket = ANY($1)",
        &places,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut leaves: BTreeMap<Path, Vec<(Key, Digest)>> = BTreeMap::new();
    for place in &places {
        leaves.insert(bucket(*place)?, Vec::new());
    }
    for row in rows {
        let leaf = (Key::from_bytes(digest(&row.key, ROW)?), digest(&row.digest, ROW)?);
        leaves.entry(bucket(row.bucket)?).or_default().push(leaf);
    }
    let buckets: BTreeMap<_, _> = leaves
        .into_iter()
        .map(|(path, rows)| (path, bucket_digest(rows)))
        .collect();
    let needed = Nodes::needed(&buckets.keys().copied().collect());
    let mut known = nodes(tx, &needed).await?;
    let changed = known.climb(&buckets);
    if changed.is_empty() {
        return Ok(nodes(tx, &[Path::ROOT].into()).await?.root());
    }
    store(tx, &changed).await?;
    Ok(known.root())
}

/// The digests of some places.
pub(crate) async fn nodes(tx: &mut Tx, paths: &BTreeSet<Path>) -> Result<Nodes, Error> {
    let levels: Vec<i16> = paths.iter().map(|path| path.level().into()).collect();
    let places: Vec<i32> = paths.iter().map(|path| path.place().into()).collect();
    let rows = query!(
        "SELECT node.level, node.place, node.digest
         FROM unnest($1::smallint[], $2::integer[]) AS asked (level, place)
         JOIN registration.register_node AS node ON node.level = asked.level AND node.place = asked.place",
        &levels,
        &places,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found = Nodes::default();
    for row in rows {
        let path = || Path::new(u8::try_from(row.level).ok()?, u16::try_from(row.place).ok()?);
        let path = path().ok_or_else(|| Error::inconsistent(NODE, "place", row.place))?;
        found.insert(path, digest(&row.digest, NODE)?);
    }
    Ok(found)
}

async fn store(tx: &mut Tx, changed: &BTreeMap<Path, Option<Digest>>) -> Result<(), Error> {
    let of = |kept: bool| changed.iter().filter(move |(_, digest)| digest.is_some() == kept);
    let levels = |kept| {
        of(kept)
            .map(|(path, _)| path.level().into())
            .collect::<Vec<i16>>()
    };
    let places = |kept| {
        of(kept)
            .map(|(path, _)| path.place().into())
            .collect::<Vec<i32>>()
    };
    let digests: Vec<Vec<u8>> = changed.values().flatten().map(|digest| digest.to_vec()).collect();
    query!(
        "INSERT INTO registration.register_node (level, place, digest)
         SELECT * FROM unnest($1::smallint[], $2::integer[], $3::bytea[])
         ON CONFLICT (level, place) DO UPDATE SET digest = excluded.digest, updated_by = shared.transaction_name()",
        &levels(true),
        &places(true),
        &digests,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "DELETE FROM registration.register_node AS node USING unnest($1::smallint[], $2::integer[]) AS gone (level, place)
         WHERE node.level = gone.level AND node.place = gone.place",
        &levels(false),
        &places(false),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The rows of some buckets.
pub(crate) async fn rows(tx: &mut Tx, buckets: &[Path]) -> Result<Vec<Row>, Error> {
    let places: Vec<i32> = buckets.iter().map(|path| path.place().into()).collect();
    let people = query_scalar!(
        "SELECT person_id FROM registration.register_row WHERE bucket = ANY($1)",
        &places
    )
    .fetch_all(tx.conn())
    .await?;
    rows_of(tx, &people).await
}

/// One person's, as the tree sees it.
pub(crate) async fn row(tx: &mut Tx, person: Uuid) -> Result<Option<Row>, Error> {
    Ok(rows_of(tx, &[person]).await?.pop())
}

fn bucket(place: i32) -> Result<Path, Error> {
    let fault = |_| Error::inconsistent(ROW, "bucket", place);
    u16::try_from(place).map(Path::bucket).map_err(fault)
}

fn digest(bytes: &[u8], table: &'static str) -> Result<Digest, Error> {
    bytes
        .try_into()
        .map_err(|_| Error::inconsistent(table, "digest", hex::encode(bytes)))
}
