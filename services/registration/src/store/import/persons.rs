//! Persons, employers and facts in bulk.

use std::collections::HashMap;

use domain::ids::{FactId, PersonId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, copy};
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

/// Puts persons on record, given in the order of their ids. One that is on record already is a constraint violated.
pub(crate) async fn insert(tx: &mut Tx, new: &[NewPerson], at: Timestamp) -> Result<(), Error> {
    let mut rows = copy::Rows::new(5, new.len(), 512);
    for one in new {
        rows.row()
            .uuid(one.person.as_uuid())
            .bytes(&one.row.wrapped_key)
            .bytes(&one.row.sealed)
            .bytes(&one.index)
            .timestamp(at.to_sql());
    }
    let into = "registration.person (id, wrapped_key, sealed_facts, document_index, fetched_at)";
    tx.copy_in(into, rows).await?;
    Ok(())
}

/// Takes the present facts of employers, given in the order of their ids. Those that are on record just so, fetched not
/// long ago, are left alone: a register names the same few in every piece.
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
         SELECT new.id, new.title, new.credit_code, new.province, new.qualified, $6::timestamptz
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[])
                 AS new (id, title, credit_code, province, qualified)
             LEFT JOIN registration.employer AS held ON held.id = new.id
         WHERE held.id IS NULL OR held.fetched_at < $6::timestamptz - interval '10 minutes'
             OR (held.title, held.credit_code, held.province, held.qualified)
                 IS DISTINCT FROM (new.title, new.credit_code, new.province, new.qualified)
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
