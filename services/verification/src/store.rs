//! The tables of this service.

pub(crate) mod access_record;

/// Schema `verification`.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
