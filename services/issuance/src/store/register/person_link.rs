//! Table `register.person_link`: who is one human being with whom.

use domain::ids::{NationalActId, PersonId};
use domain::province::Province;
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// How a person stands to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Who stands for them; none unless they are merged.
    pub(crate) survivor: Option<PersonId>,
    /// Whether somebody is merged into them.
    pub(crate) survives_others: bool,
    /// Whether a registration of theirs is in force.
    pub(crate) registered: bool,
    /// Whether the register has or had one.
    pub(crate) recorded: bool,
}

/// How a person stands to others now.
pub(crate) async fn standing(tx: &mut Tx, person: PersonId) -> Result<Standing, Error> {
    let row = query!(
        r#"SELECT (SELECT surviving FROM register.person_link WHERE merged = $1 AND split_by IS NULL) AS survivor,
             EXISTS (SELECT FROM register.person_link WHERE surviving = $1 AND split_by IS NULL) AS "survives!",
             EXISTS (SELECT FROM register.active_registration WHERE person = $1) AS "registered!",
             EXISTS (SELECT FROM register.entry WHERE person = $1) AS "recorded!""#,
        person.as_uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Standing {
        survivor: row.survivor.map(PersonId::from_uuid),
        survives_others: row.survives,
        registered: row.registered,
        recorded: row.recorded,
    })
}

/// Who stands for a person; none unless they are merged.
pub(crate) async fn survivor(tx: &mut Tx, person: PersonId) -> Result<Option<PersonId>, Error> {
    let survivor = query_scalar!(
        "SELECT surviving FROM register.person_link WHERE merged = $1 AND split_by IS NULL",
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(survivor.map(PersonId::from_uuid))
}

/// Which of these persons are merged away.
pub(crate) async fn merged_of(tx: &mut Tx, persons: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT merged FROM register.person_link WHERE merged = ANY($1) AND split_by IS NULL",
        persons,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The provinces that know one of two persons: by their registration, in force or ended, or by an open application.
pub(crate) async fn provinces(tx: &mut Tx, two: [PersonId; 2]) -> Result<Vec<Province>, Error> {
    let codes = query_scalar!(
        r#"SELECT province AS "province!" FROM register.entry WHERE person = ANY($1)
         UNION SELECT province FROM exchange.claim WHERE person = ANY($1) AND state = 'open'
         ORDER BY 1"#,
        &two.map(PersonId::as_uuid),
    )
    .fetch_all(tx.conn())
    .await?;
    let known = |code: String| {
        Province::from_code(&code).ok_or_else(|| Error::inconsistent("register.entry", "province", code))
    };
    codes.into_iter().map(known).collect()
}

/// Links two persons; `document` is sealed under the survivor's key.
pub(crate) async fn merge(
    tx: &mut Tx,
    act: NationalActId,
    (merged, surviving): (PersonId, PersonId),
    document: &[u8],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO register.person_link (act, merged, surviving, document, merged_at) VALUES ($1, $2, $3, $4, $5)",
        act.as_uuid(),
        merged.as_uuid(),
        surviving.as_uuid(),
        document,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends a link; identity is told anew.
pub(crate) async fn split(
    tx: &mut Tx,
    by: NationalActId,
    merged: PersonId,
    at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE register.person_link SET split_by = $1, split_at = $3, told = false,
             updated_by = shared.transaction_name()
         WHERE merged = $2 AND split_by IS NULL",
        by.as_uuid(),
        merged.as_uuid(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("split a person off", 1, &result)
}

/// The documents of everybody who is merged into a person, sealed under the person's key.
pub(crate) async fn documents(tx: &mut Tx, surviving: PersonId) -> Result<Vec<Vec<u8>>, Error> {
    Ok(query_scalar!(
        "SELECT document FROM register.person_link WHERE surviving = $1 AND split_by IS NULL ORDER BY merged_at, act",
        surviving.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// As [`documents`], of several people, each with whose it is.
pub(crate) async fn documents_of(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<(PersonId, Vec<u8>)>, Error> {
    let rows = query!(
        "SELECT surviving, document FROM register.person_link WHERE surviving = ANY($1) AND split_by IS NULL
         ORDER BY merged_at, act",
        people,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let documents = rows.into_iter().map(|row| (row.surviving.into(), row.document));
    Ok(documents.collect())
}

/// A link that identity has not been told of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Untold {
    pub(crate) act: NationalActId,
    pub(crate) merged: PersonId,
    /// None once they were split.
    pub(crate) surviving: Option<PersonId>,
}

/// Some links that identity has not been told of, the oldest first.
pub(crate) async fn untold(read: &ReadDatabase, limit: i64) -> Result<Vec<Untold>, Error> {
    let rows = query!(
        "SELECT act, merged, surviving, split_by FROM register.person_link WHERE NOT told
         ORDER BY merged_at, act LIMIT $1",
        limit,
    )
    .fetch_all(read.pool())
    .await?;
    let links = rows.into_iter().map(|row| Untold {
        act: row.act.into(),
        merged: row.merged.into(),
        surviving: row.split_by.is_none().then(|| row.surviving.into()),
    });
    Ok(links.collect())
}

/// Identity knows how a link stands, unless it has changed meanwhile.
pub(crate) async fn told(tx: &mut Tx, link: &Untold) -> Result<(), Error> {
    query!(
        "UPDATE register.person_link SET told = true, updated_by = shared.transaction_name()
         WHERE act = $1 AND (split_by IS NULL) = $2",
        link.act.as_uuid(),
        link.surviving.is_some(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
