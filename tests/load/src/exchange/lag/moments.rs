//! When transactions on the way commit, by the clock of this machine: noted by deferred triggers, which run when everything else
//! of a transaction is done and only its flush is left.

use anyhow::{Context as _, Result};
use postgres::sqlx::{self, PgConnection};
use tokio::sync::Mutex;

use crate::server::Database;

/// When a transaction began and when it was about to commit, in seconds of the Unix epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) begun: f64,
    pub(super) at: f64,
}

/// Reads what was noted.
pub(super) struct Moments {
    province: Mutex<PgConnection>,
    nation: Mutex<PgConnection>,
}

const NOTE: &str = "
    CREATE SCHEMA bench;
    CREATE TABLE bench.moment (what text NOT NULL, key text NOT NULL, begun timestamptz NOT NULL, at timestamptz NOT NULL);
    CREATE FUNCTION bench.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO bench.moment (what, key, begun, at)
        VALUES (TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[1], now(), clock_timestamp());
        RETURN NULL;
    END
    $$";
const OF_PROVINCE: &str = "
    CREATE CONSTRAINT TRIGGER bench_announced AFTER INSERT ON shared.outbox DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION bench.note('announced', 'sequence')";
const OF_NATION: &str = "
    CREATE CONSTRAINT TRIGGER bench_applied AFTER INSERT ON log.change DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.kind = 'entry') EXECUTE FUNCTION bench.note('applied', 'person');
    CREATE CONSTRAINT TRIGGER bench_numbered AFTER UPDATE OF position ON log.change DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.kind = 'entry') EXECUTE FUNCTION bench.note('numbered', 'person')";

impl Moments {
    /// Begins to note, in both databases.
    pub(super) async fn note(province: &Database, nation: &Database) -> Result<Self> {
        let (mut province, mut nation) = (province.owner().await?, nation.owner().await?);
        for (owner, triggers) in [(&mut province, OF_PROVINCE), (&mut nation, OF_NATION)] {
            sqlx::raw_sql(NOTE).execute(&mut *owner).await?;
            sqlx::raw_sql(triggers).execute(&mut *owner).await?;
        }
        Ok(Self {
            province: Mutex::new(province),
            nation: Mutex::new(nation),
        })
    }

    /// Of an event in the province's outbox.
    pub(super) async fn of_province(&self, what: &str, key: &str) -> Result<Moment> {
        find(&mut *self.province.lock().await, what, key).await
    }

    /// Of a change of the register.
    pub(super) async fn of_nation(&self, what: &str, key: &str) -> Result<Moment> {
        find(&mut *self.nation.lock().await, what, key).await
    }
}

async fn find(owner: &mut PgConnection, what: &str, key: &str) -> Result<Moment> {
    let found: Option<(f64, f64)> = sqlx::query_as(
        "SELECT extract(epoch FROM begun)::float8, extract(epoch FROM at)::float8 FROM bench.moment WHERE what = $1 AND key = $2",
    )
    .bind(what)
    .bind(key)
    .fetch_optional(owner)
    .await?;
    let (begun, at) = found.with_context(|| format!("{key} was {what}"))?;
    Ok(Moment { begun, at })
}
