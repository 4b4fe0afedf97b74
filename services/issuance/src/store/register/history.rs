//! The acts of a person with what they left: read from `register.act`, `log.change` and `log.leaf`.

use domain::ids::PersonId;
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, Tx};
use sqlx::{query, query_scalar};

use crate::store::natural;

const TABLE: &str = "register.act";

/// An act as stored.
pub(crate) struct ActRow {
    pub(crate) kind: String,
    pub(crate) province: Province,
    /// Column [`super::column::ACT`].
    pub(crate) record: Vec<u8>,
    pub(crate) recorded_at: Timestamp,
    /// Of the change that told it; acts of one instant share it.
    pub(crate) position: Option<u64>,
    /// Of the version that it made.
    pub(crate) leaf: Option<u64>,
    /// Licence identifier of the version that it made.
    pub(crate) licence_identifier: Option<String>,
}

/// The acts of a person in the order of their recording. Whoever calls has made sure that the register's own services ask.
pub(crate) async fn acts(tx: &mut Tx, person: PersonId) -> Result<Vec<ActRow>, Error> {
    let rows = query!(
        r#"SELECT act.id, act.kind, act.province, act.record, act.recorded_at AS "recorded_at: SqlTimestamp",
             version.licence_identifier AS "licence_identifier?",
             (SELECT max(change.position) FROM log.change
              WHERE change.person = act.person AND change.kind = 'entry'
                AND change.recorded_at = act.recorded_at) AS position,
             (SELECT leaf.index FROM log.change AS made JOIN log.leaf ON leaf.position = made.position
              WHERE made.person = act.person AND made.kind = 'version' AND made.recorded_at = act.recorded_at
                AND made.version = version.id
              ORDER BY leaf.index LIMIT 1) AS leaf
         FROM register.act
         LEFT JOIN issuing.certificate_version AS version ON version.act = act.id AND version.person = act.person
         WHERE act.person = $1 ORDER BY act.number"#,
        person.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let position = row.position.map(|at| natural(at, "log.change", "position"));
            let leaf = row.leaf.map(|index| natural(index, "log.leaf", "index"));
            Ok(ActRow {
                kind: row.kind,
                province: crate::store::province(&row.province, TABLE, row.id)?,
                record: row.record,
                recorded_at: row.recorded_at.to_jiff(),
                position: position.transpose()?,
                leaf: leaf.transpose()?,
                licence_identifier: row.licence_identifier,
            })
        })
        .collect()
}

/// When the register recorded its first act.
pub(crate) async fn began_at(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    let first = query_scalar!(
        r#"SELECT recorded_at AS "at: SqlTimestamp" FROM register.act ORDER BY number LIMIT 1"#
    );
    Ok(first.fetch_optional(tx.conn()).await?.map(SqlTimestamp::to_jiff))
}

/// A person's key as wrapped; none for somebody unknown or erased.
pub(crate) async fn wrapped_key(tx: &mut Tx, person: PersonId) -> Result<Option<Vec<u8>>, Error> {
    let key = query_scalar!(
        "SELECT wrapped_key FROM register.person WHERE person = $1",
        person.as_uuid()
    );
    Ok(key
        .fetch_optional(tx.conn())
        .await?
        .and_then(super::person::unless_erased))
}
