//! Roles and databases of a private cluster, as `deploy/` makes them in production.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::server::SUPERUSER;
use super::{ClusterError, Layout};
use crate::database::connect_once;
use crate::settings::is_identifier;
use crate::{Error, Settings};

/// The two roles of a database.
#[derive(Debug, Clone)]
pub struct Roles {
    /// `<name>_owner`: migrates, owns every object, never serves requests.
    pub owner: Settings,
    /// `<name>_app`: runs the service.
    pub app: Settings,
}

/// Makes a database with its roles; repeating it changes nothing but sets the passwords on file again.
pub(crate) async fn provision(layout: &Layout, name: &str) -> Result<Roles, ClusterError> {
    let roles = provision_roles(layout, name).await?;
    let mut admin = administrator(layout).await?;
    if !exists(&mut admin, "pg_database", "datname", name).await? {
        let owner = &roles.owner.role;
        execute(&mut admin, format!("CREATE DATABASE {name} OWNER {owner}")).await?;
        close_to_others(&mut admin, name, &roles).await?;
    }
    admin.close().await.map_err(Error::from)?;
    Ok(roles)
}

/// Only the owner and the service's role may connect.
pub(crate) async fn close_to_others(
    admin: &mut PgConnection,
    database: &str,
    roles: &Roles,
) -> Result<(), ClusterError> {
    execute(admin, format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC")).await?;
    execute(
        admin,
        format!("GRANT CONNECT ON DATABASE {database} TO {}", roles.app.role),
    )
    .await
}

pub(crate) async fn drop_database(layout: &Layout, name: &str) -> Result<(), ClusterError> {
    check_name(name)?;
    let mut admin = administrator(layout).await?;
    execute(&mut admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    admin.close().await.map_err(Error::from)?;
    Ok(())
}

/// Names become part of statements and of role names.
fn check_name(name: &str) -> Result<(), ClusterError> {
    let reserved = name == "postgres" || name.starts_with("template") || name.starts_with("pg_");
    if is_identifier(name) && name.len() <= 50 && !reserved {
        return Ok(());
    }
    Err(Error::Settings(vec![format!("{name:?} is no plain database name")]).into())
}

pub(crate) async fn provision_roles(layout: &Layout, name: &str) -> Result<Roles, ClusterError> {
    check_name(name)?;
    let mut admin = administrator(layout).await?;
    let roles = Roles {
        owner: role_settings(layout, name, "owner"),
        app: role_settings(layout, name, "app"),
    };
    for settings in [&roles.owner, &roles.app] {
        let role = &settings.role;
        let password = layout.password(role)?;
        let verb = if exists(&mut admin, "pg_roles", "rolname", role).await? {
            "ALTER"
        } else {
            "CREATE"
        };
        let rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";
        execute(
            &mut admin,
            format!("{verb} ROLE {role} {rights} PASSWORD '{password}'"),
        )
        .await?;
    }
    admin.close().await.map_err(Error::from)?;
    Ok(roles)
}

/// How the two roles reach a database, without asking the server.
pub(crate) fn role_settings(layout: &Layout, name: &str, kind: &str) -> Settings {
    let role = format!("{name}_{kind}");
    let password_file = Some(layout.secret(&role));
    Settings {
        password_file,
        ..Settings::on_socket(layout.root(), name, role)
    }
}

pub(crate) async fn administrator(layout: &Layout) -> Result<PgConnection, ClusterError> {
    let settings = Settings {
        password_file: Some(layout.secret(SUPERUSER)),
        statement_timeout_ms: 0,
        ..Settings::on_socket(layout.root(), "postgres", SUPERUSER)
    };
    Ok(connect_once(&settings.options("cluster")?).await?)
}

pub(crate) async fn exists(
    admin: &mut PgConnection,
    catalog: &'static str,
    column: &'static str,
    name: &str,
) -> Result<bool, ClusterError> {
    let statement = format!("SELECT EXISTS (SELECT 1 FROM {catalog} WHERE {column} = $1)");
    let found: bool = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(name)
        .fetch_one(admin)
        .await
        .map_err(Error::from)?;
    Ok(found)
}

/// Names in these statements were checked to be plain; none comes from outside.
pub(crate) async fn execute(admin: &mut PgConnection, statement: String) -> Result<(), ClusterError> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(admin)
        .await
        .map_err(Error::from)?;
    Ok(())
}
