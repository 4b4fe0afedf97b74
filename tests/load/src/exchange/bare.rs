//! What the rows of announced registrations cost by themselves: the same rows, table by table and batch by batch, copied into
//! tables with the same columns, constraints (references too) and indexes.

use std::time::Instant;

use anyhow::Result;
use futures_util::TryStreamExt as _;
use postgres::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::nation::Nation;

/// What the transaction of a batch writes, in an order that references hold. What is written later (numbers, leaves, the links
/// of the audit) is not there.
const TABLES: [&str; 15] = [
    "exchange.claim",
    "exchange.clearance",
    "register.act",
    "register.entry",
    "exchange.register_row",
    "register.active_registration",
    "issuing.certificate_version",
    "issuing.status_index",
    "issuing.job",
    "log.change",
    "register.transition_due",
    "shared.audit",
    "shared.audit_pending",
    "shared.inbox",
    "exchange.envelope",
];

/// Rows of so many batches, in the form that COPY takes.
pub(super) struct BareInsert {
    owner: PgConnection,
    batches: Vec<Vec<(&'static str, Vec<u8>)>>,
    registrations: u32,
}

impl BareInsert {
    /// Takes what is stored of the registrations since a transaction, as so many batches.
    pub(super) async fn of(nation: &Nation, since: i64, registrations: u32, batches: u32) -> Result<Self> {
        let mut owner = nation.database.owner().await?;
        let mut taken: Vec<Vec<_>> = (0..batches).map(|_| Vec::new()).collect();
        for table in TABLES {
            like(&mut owner, table).await?;
            let rows = match table {
                // Gone once the audit is chained.
                "shared.audit_pending" => {
                    format!("SELECT id FROM shared.audit WHERE xmin::text::bigint >= {since}")
                }
                _ => format!("SELECT * FROM {table} WHERE xmin::text::bigint >= {since}"),
            };
            let count = format!("SELECT count(*) FROM ({rows}) AS rows");
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(count))
                .fetch_one(&mut owner)
                .await?;
            if count == 0 {
                println!("exchange.apply: nothing of {table} is among what is inserted");
            }
            let each = (count + i64::from(batches) - 1) / i64::from(batches);
            for (nth, batch) in (0_i64..).zip(&mut taken) {
                let some = format!(
                    "COPY ({rows} ORDER BY ctid OFFSET {} LIMIT {each}) TO STDOUT (FORMAT binary)",
                    nth * each
                );
                let mut parts = owner.copy_out_raw(&some).await?;
                let mut bytes = Vec::new();
                while let Some(part) = parts.try_next().await? {
                    bytes.extend_from_slice(&part);
                }
                batch.push((table, bytes));
            }
        }
        Ok(Self {
            owner,
            batches: taken,
            registrations,
        })
    }

    /// Registrations a second, each batch in a transaction of its own.
    pub(super) async fn rate(&mut self) -> Result<f64> {
        let emptied = TABLES.map(bare).join(", ");
        sqlx::raw_sql(AssertSqlSafe(format!("TRUNCATE {emptied}")))
            .execute(&mut self.owner)
            .await?;
        let begun = Instant::now();
        for batch in &self.batches {
            let mut tx = self.owner.begin().await?;
            for (table, rows) in batch {
                let statement = format!("COPY {} FROM STDIN (FORMAT binary)", bare(table));
                let mut copy = tx.copy_in_raw(&statement).await?;
                copy.send(rows.as_slice()).await?;
                copy.finish().await?;
            }
            tx.commit().await?;
        }
        let rate = f64::from(self.registrations) / begun.elapsed().as_secs_f64();
        println!("exchange.apply: the rows of as many inserted barely, {rate:.0}/s");
        Ok(rate)
    }
}

fn bare(table: &str) -> String {
    format!("exchange.bare_{}", table.replace('.', "_"))
}

/// Makes the table to copy into; its references lead to the original tables, which hold what they need.
async fn like(owner: &mut PgConnection, table: &str) -> Result<()> {
    let bare = bare(table);
    let make = format!("CREATE TABLE {bare} (LIKE {table} INCLUDING ALL)");
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut *owner).await?;
    let references = sqlx::query(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::regclass",
    );
    for reference in references.bind(table).fetch_all(&mut *owner).await? {
        let definition: String = reference.get(0);
        let add = format!("ALTER TABLE {bare} ADD {definition}");
        sqlx::raw_sql(AssertSqlSafe(add)).execute(&mut *owner).await?;
    }
    Ok(())
}
