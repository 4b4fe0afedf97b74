//! Template databases: one per service and set of migrations, cloned for each test.

use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use super::server::lock;
use crate::cluster::{
    ClusterError, Layout, Roles, administrator, close_to_others, execute, exists, provision_roles,
    role_settings,
};
use crate::migrate::{SHARED, migrate};
use crate::{Error, Settings};

/// A migrated database that nobody connects to.
pub(super) struct Template {
    service: String,
    name: String,
}

/// Finds the template of these migrations, or makes it while other processes wait.
pub(super) async fn ensure(
    layout: &Layout,
    service: &str,
    migrations: &Migrator,
) -> Result<Template, ClusterError> {
    let template = Template {
        service: service.to_owned(),
        name: name_of(service, migrations),
    };
    let mut admin = administrator(layout).await?;
    if !exists(&mut admin, "pg_database", "datname", &template.name).await? {
        let waiting = layout.clone();
        let held = tokio::task::spawn_blocking(move || lock(&waiting))
            .await
            .expect("locking does not panic")?;
        if !exists(&mut admin, "pg_database", "datname", &template.name).await? {
            make(layout, &mut admin, &template, migrations).await?;
        }
        drop(held);
    }
    admin.close().await.map_err(Error::from)?;
    Ok(template)
}

/// Clones a template under a name of its own, closed to other services' roles like every database.
pub(super) async fn clone(layout: &Layout, template: &Template, name: &str) -> Result<Roles, ClusterError> {
    let at = |kind| role_settings(layout, &template.service, kind).with_database(name);
    let roles = Roles {
        owner: at("owner"),
        app: at("app"),
    };
    let mut admin = administrator(layout).await?;
    // Process ids come again: what an earlier process of this id left behind goes.
    execute(&mut admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    let (source, owner) = (&template.name, &roles.owner.role);
    execute(
        &mut admin,
        format!("CREATE DATABASE {name} OWNER {owner} TEMPLATE {source}"),
    )
    .await?;
    close_to_others(&mut admin, name, &roles).await?;
    admin.close().await.map_err(Error::from)?;
    Ok(roles)
}

async fn make(
    layout: &Layout,
    admin: &mut PgConnection,
    template: &Template,
    migrations: &Migrator,
) -> Result<(), ClusterError> {
    let roles = provision_roles(layout, &template.service).await?;
    sweep_templates(admin, &template.service).await?;
    let draft = format!("draft_{}", template.name);
    execute(
        admin,
        format!("CREATE DATABASE {draft} OWNER {}", roles.owner.role),
    )
    .await?;
    let owner = Settings {
        database: draft.clone(),
        ..roles.owner
    };
    migrate(&owner, migrations).await?;
    execute(
        admin,
        format!("ALTER DATABASE {draft} RENAME TO {}", template.name),
    )
    .await
}

/// Removes what killed tests left behind.
pub(super) async fn sweep_left_behind(layout: &Layout) -> Result<(), ClusterError> {
    let mut admin = administrator(layout).await?;
    drop_where(&mut admin, is_left_behind).await?;
    admin.close().await.map_err(Error::from)?;
    Ok(())
}

/// Removes unfinished and outdated templates of a service.
async fn sweep_templates(admin: &mut PgConnection, service: &str) -> Result<(), ClusterError> {
    drop_where(admin, |name| {
        name.strip_prefix("draft_")
            .unwrap_or(name)
            .strip_prefix("template_")
            .and_then(|rest| rest.rsplit_once('_'))
            .is_some_and(|(owner, _hash)| owner == service)
    })
    .await
}

async fn drop_where(admin: &mut PgConnection, unwanted: impl Fn(&str) -> bool) -> Result<(), ClusterError> {
    let names: Vec<String> = sqlx::query_scalar("SELECT datname FROM pg_database")
        .fetch_all(&mut *admin)
        .await
        .map_err(Error::from)?;
    for name in names.iter().filter(|name| unwanted(name)) {
        execute(admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    }
    Ok(())
}

/// `test_<process>_<number>` of a process that is gone.
fn is_left_behind(name: &str) -> bool {
    name.strip_prefix("test_")
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(process, _)| !std::path::Path::new("/proc").join(process).exists())
}

fn name_of(service: &str, migrations: &Migrator) -> String {
    let mut hasher = Sha256::new();
    for migration in SHARED.iter().chain(migrations.iter()) {
        hasher.update(migration.version.to_be_bytes());
        hasher.update(&migration.checksum);
    }
    hasher.update(migrations.table_name.as_bytes());
    format!("template_{service}_{}", hex::encode(&hasher.finalize()[..6]))
}
