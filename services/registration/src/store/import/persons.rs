//! Persons, employers and facts in bulk.

use std::collections::HashMap;

use domain::ids::{FactId, PersonId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use serde_json::Value;
use sqlx::query;
use uuid::Uuid;

use crate::sealing::SealedRow;
use crate::store::employer::Employer;
use crate::store::fact::{About, Stored};
use crate::store::write;

/// Somebody new to this province.
#[derive(Debug, Clone)]
pub(crate) struct NewPerson {
    pub(crate) person: PersonId,
    pub(crate) row: SealedRow,
    pub(crate) index: Vec<u8>,
}

/// The wrapped keys of those persons who are on record here; for jobs, which see every row.
pub(crate) async fn wrapped_keys(tx: &mut Tx, persons: &[Uuid]) -> Result<HashMap<Uuid, Vec<u8>>, Error> {
    let rows = query!(
        "SELECT person.id, wrapped_key FROM (SELECT DISTINCT unnest($1::uuid[]) AS id) AS asked
         JOIN registration.person ON person.id = asked.id",
        persons
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.wrapped_key)).collect())
}

/// Puts persons on record; returns how many were not.
pub(crate) async fn insert(tx: &mut Tx, new: &[NewPerson], at: Timestamp) -> Result<usize, Error> {
    let ids: Vec<Uuid> = new.iter().map(|one| one.person.as_uuid()).collect();
    let bytes = |of: fn(&NewPerson) -> &Vec<u8>| new.iter().map(|one| of(one).clone()).collect::<Vec<_>>();
    let result = query!(
        "INSERT INTO registration.person (id, wrapped_key, sealed_facts, document_index, fetched_at)
         SELECT id, wrapped_key, sealed_facts, document_index, $5
         FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[])
             AS new (id, wrapped_key, sealed_facts, document_index)
         ON CONFLICT (id) DO NOTHING",
        &ids,
        &bytes(|one| &one.row.wrapped_key),
        &bytes(|one| &one.row.sealed),
        &bytes(|one| &one.index),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(result.rows_affected()).unwrap_or_default())
}

/// Takes the present facts of employers, given in the order of their ids.
pub(crate) async fn upsert_employers(
    tx: &mut Tx,
    employers: &[Employer],
    at: Timestamp,
) -> Result<(), Error> {
    let ids: Vec<Uuid> = employers.iter().map(|one| one.id.as_uuid()).collect();
    let text = |of: fn(&Employer) -> &String| employers.iter().map(|one| of(one).clone()).collect::<Vec<_>>();
    let qualified: Vec<bool> = employers.iter().map(|one| one.qualified).collect();
    query!(
        "INSERT INTO registration.employer (id, title, credit_code, province, qualified, fetched_at)
         SELECT id, title, credit_code, province, qualified, $6
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[])
             AS new (id, title, credit_code, province, qualified)
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, credit_code = excluded.credit_code,
             province = excluded.province, qualified = excluded.qualified, fetched_at = excluded.fetched_at,
             updated_by = shared.transaction_name()",
        &ids,
        &text(|one| &one.title),
        &text(|one| &one.credit_code),
        &text(|one| &one.province),
        &qualified,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sealed facts about persons that count, or wait to.
pub(crate) async fn facts(tx: &mut Tx, persons: &[Uuid]) -> Result<Vec<(Uuid, FactId, Vec<u8>)>, Error> {
    let rows = query!(
        r#"SELECT fact.person_id AS "person!", id, sealed AS "sealed!"
           FROM (SELECT DISTINCT unnest($1::uuid[]) AS person_id) AS asked
           JOIN registration.fact ON fact.person_id = asked.person_id
           WHERE sealed IS NOT NULL AND state IN ('PROPOSED', 'CONFIRMED') ORDER BY id"#,
        persons,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.person, FactId::from_uuid(row.id), row.sealed))
        .collect())
}

/// Adds proposed facts about persons; their one paper is stored already.
pub(crate) async fn insert_facts(tx: &mut Tx, facts: &[Stored], evidence: Uuid) -> Result<(), Error> {
    let (mut ids, mut persons, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut proposed, mut progress): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let (mut states, mut at) = (Vec::new(), Vec::new());
    for fact in facts {
        let About::Person { id, sealed: content } = &fact.about else {
            continue;
        };
        ids.push(fact.id.as_uuid());
        persons.push(id.as_uuid());
        sealed.push(content.clone());
        states.push(fact.state.code().to_owned());
        proposed.push(write(&fact.proposed));
        progress.push(write(&fact.state));
        at.push(fact.proposed.at.to_sql());
    }
    query!(
        "INSERT INTO registration.fact (id, person_id, sealed, evidence_id, state, proposed, progress, recorded_at)
         SELECT id, person, sealed, $8, state, proposed, progress, recorded_at
         FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::jsonb[], $6::jsonb[], $7::timestamptz[])
             AS new (id, person, sealed, state, proposed, progress, recorded_at)",
        &ids,
        &persons,
        &sealed,
        &states,
        &proposed,
        &progress,
        &at as _,
        evidence,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
