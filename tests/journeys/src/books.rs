//! The databases of a world as their owners see them: for what no RPC shows, and must not.

use harness::{Role, World};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

/// One database, through the role that owns it.
pub struct Books(PgPool);

/// A refusal as the audit has it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditedRefusal {
    /// Who was refused.
    pub actor: String,
    /// What they tried.
    pub verb: String,
    /// On which provision.
    pub article: String,
    /// About what.
    pub subject: String,
    /// The stable reason.
    pub reason: String,
}

impl Books {
    /// Opens the database of a process.
    ///
    /// # Panics
    /// If the process has none, or it cannot be reached.
    pub async fn open(world: &World, role: &Role) -> Self {
        let name = role.database().expect("the process has a database");
        Self::open_copy(world, role, &name).await
    }

    /// Opens a copy of the database of a process ([`World::copy_database`]).
    ///
    /// # Panics
    /// As [`Self::open`].
    pub async fn open_copy(world: &World, role: &Role, copy: &str) -> Self {
        let name = role.database().expect("the process has a database");
        let roles = world
            .fleet
            .cluster()
            .database(&name)
            .await
            .expect("the cluster runs");
        let owner = roles.owner;
        let mut options = PgConnectOptions::new_without_pgpass()
            .socket(owner.socket.expect("the private cluster has a socket"))
            .port(owner.port)
            .username(&owner.role)
            .database(copy);
        if let Some(path) = owner.password_file {
            let password = std::fs::read_to_string(path).expect("the owner's password is on file");
            options = options.password(password.trim());
        }
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await;
        Self(pool.expect("the owner may connect"))
    }

    /// Leaves the database: nobody may be in one that is copied.
    pub async fn close(self) {
        self.0.close().await;
    }

    /// One number.
    ///
    /// # Panics
    /// If the question is not understood.
    pub async fn count(&self, question: &'static str) -> i64 {
        sqlx::query_scalar(question)
            .fetch_one(&self.0)
            .await
            .expect("a question that the schema understands")
    }

    /// One number; the question is put together by the test.
    ///
    /// # Panics
    /// As [`Self::count`].
    pub async fn ask(&self, question: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(question.to_owned()))
            .fetch_one(&self.0)
            .await
            .expect("a question that the schema understands")
    }

    /// Rows of one text each.
    ///
    /// # Panics
    /// As [`Self::count`].
    pub async fn list(&self, question: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(question.to_owned()))
            .fetch_all(&self.0)
            .await
            .expect("a question that the schema understands")
    }

    /// Several statements of the owner's, one after the other.
    ///
    /// # Panics
    /// If one is not carried out.
    pub async fn carry_out(&self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&self.0)
            .await
            .expect("the owner may do everything");
    }

    /// Holds a table against everybody's writing until the value is dropped: whoever writes to it stands in the middle of
    /// its transaction.
    ///
    /// # Panics
    /// If there is no such table.
    pub async fn hold(&self, table: &'static str) -> sqlx::Transaction<'static, sqlx::Postgres> {
        let mut holding = self.0.begin().await.expect("the owner may");
        let lock = format!("LOCK TABLE {table} IN EXCLUSIVE MODE");
        sqlx::query(AssertSqlSafe(lock))
            .execute(&mut *holding)
            .await
            .expect("nobody holds it long");
        holding
    }

    /// Does what only somebody with the owner's rights can: rewrites.
    ///
    /// # Panics
    /// If the statement is not understood.
    pub async fn rewrite(&self, statement: &'static str) {
        sqlx::query(statement)
            .execute(&self.0)
            .await
            .expect("the owner may do everything");
    }

    /// Every refusal in the audit, in its order.
    ///
    /// # Panics
    /// If there is no audit.
    pub async fn refusals(&self) -> Vec<AuditedRefusal> {
        let all = "SELECT actor, verb, article, subject, reason FROM shared.audit WHERE outcome = 'refused' ORDER BY id";
        sqlx::query_as(all)
            .fetch_all(&self.0)
            .await
            .expect("every service has an audit")
    }

    /// Every row of every table as text, `schema.table: row`; binary columns are hexadecimal.
    ///
    /// # Panics
    /// If a table cannot be read.
    pub async fn spill(&self) -> Vec<String> {
        let tables = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables \
                      WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')";
        let tables: Vec<String> = sqlx::query_scalar(tables)
            .fetch_all(&self.0)
            .await
            .expect("a catalogue");
        let mut rows = Vec::new();
        for table in tables {
            let all = format!("SELECT '{table}: ' || t::text FROM {table} t");
            let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(all))
                .fetch_all(&self.0)
                .await
                .expect("the owner reads everything");
            rows.extend(found);
        }
        rows
    }
}
