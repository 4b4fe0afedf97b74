//! The query caches: every crate with a `sqlx.toml` has its checked queries' types in `<crate>/.sqlx/`.
//!
//! For each such crate a database is made and migrated on a private server, and the crate is compiled against it
//! with the query macros writing what they learnt into an empty directory. crates/postgres/README.md tells what a
//! crate provides for this.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use postgres::cluster::Cluster;
use postgres::sqlx::migrate::Migrator;

use crate::{cluster, shell};

/// Writes the caches of all crates, or of one.
pub(crate) fn write(package: Option<&str>) -> Result<()> {
    let crates = crates_with_queries(package)?;
    let server = cluster::start()?;
    for found in &crates {
        let url = database(&server, found)?;
        let checked = [
            "check",
            "--quiet",
            "--all-targets",
            "--all-features",
            "-p",
            &found.name,
        ];
        let fresh = learn(&found.name, &[(found, url)], &checked)
            .with_context(|| format!("queries of {}", found.name))?;
        store(found, &fresh)?;
    }
    Ok(())
}

/// Lints the workspace with the macros on line, and fails where what they learnt is not what the caches say.
///
/// All crates learn into one directory, in the compilation that the lint needs anyway. So this does not see that a
/// crate lacks what another one has; but then that crate does not compile off line, as every other build is.
pub(crate) fn lint() -> Result<()> {
    let crates = crates_with_queries(None)?;
    let server = cluster::start()?;
    let databases = crates
        .iter()
        .map(|found| Ok((found, database(&server, found)?)))
        .collect::<Result<Vec<_>>>()?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    let fresh = learn("workspace", &databases, &clippy)?;
    let stale = differences(&crates, &fresh)?;
    if stale.is_empty() {
        return Ok(());
    }
    bail!(
        "query caches are stale, run `cargo xtask sqlx`:\n  {}",
        stale.join("\n  ")
    )
}

/// A crate with checked queries.
struct Checked {
    name: String,
    folder: PathBuf,
    settings: toml::Table,
}

impl Checked {
    /// The environment variable by which its macros find the database.
    fn variable(&self) -> Result<&str> {
        self.settings
            .get("common")
            .and_then(|section| section.get("database-url-var"))
            .and_then(toml::Value::as_str)
            .with_context(|| format!("{}/sqlx.toml: database-url-var is missing", self.folder.display()))
    }
}

/// File name → contents of a cache.
type Cache = BTreeMap<String, Vec<u8>>;

fn crates_with_queries(package: Option<&str>) -> Result<Vec<Checked>> {
    let mut found = Vec::new();
    for group in ["crates", "services"] {
        let folder = shell::root().join(group);
        for entry in fs::read_dir(&folder).with_context(|| group.to_owned())? {
            let folder = entry?.path();
            let Ok(text) = fs::read_to_string(folder.join("sqlx.toml")) else {
                continue;
            };
            let settings =
                toml::from_str(&text).with_context(|| format!("{}/sqlx.toml", folder.display()))?;
            let name = folder
                .file_name()
                .context("a crate's folder has a name")?
                .to_string_lossy()
                .into_owned();
            found.push(Checked {
                name,
                folder,
                settings,
            });
        }
    }
    if let Some(package) = package {
        found.retain(|checked| checked.name == package);
    }
    if found.is_empty() {
        bail!(
            "no crate with a sqlx.toml{}",
            package
                .map(|name| format!(" is named {name}"))
                .unwrap_or_default()
        );
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// A new database with the crate's schema; the URL is the owner's.
fn database(server: &Cluster, checked: &Checked) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(migrated(server, checked))
        .with_context(|| format!("database of {}", checked.name))
}

async fn migrated(server: &Cluster, checked: &Checked) -> Result<String> {
    let name = format!("{}_queries", checked.name.replace('-', "_"));
    server.drop_database(&name).await?;
    let roles = server.database(&name).await?;
    let migrator = migrator(checked).await?;
    postgres::migrate(&roles.owner, &migrator).await?;
    Ok(roles.owner.url()?)
}

/// The crate's migrations as `sqlx::migrate!()` would embed them.
async fn migrator(checked: &Checked) -> Result<Migrator> {
    let section = checked
        .settings
        .get("migrate")
        .and_then(toml::Value::as_table)
        .context("[migrate] is missing")?;
    let ledger = section
        .get("table-name")
        .and_then(toml::Value::as_str)
        .context("table-name is missing")?;
    let schemas = section
        .get("create-schemas")
        .and_then(toml::Value::as_array)
        .context("create-schemas is missing")?;
    let mut migrator = Migrator::new(checked.folder.join("migrations")).await?;
    migrator.table_name = Cow::Owned(ledger.to_owned());
    migrator.create_schemas = schemas
        .iter()
        .map(|schema| {
            schema
                .as_str()
                .map(|name| Cow::Owned(name.to_owned()))
                .context("create-schemas holds names")
        })
        .collect::<Result<_>>()?;
    Ok(migrator)
}

/// Compiles with the macros of these crates on line, by a cargo command.
fn learn(name: &str, databases: &[(&Checked, String)], cargo: &[&str]) -> Result<Cache> {
    let learnt = shell::target().join("sqlx-caches").join(name);
    if learnt.exists() {
        fs::remove_dir_all(&learnt)?;
    }
    fs::create_dir_all(&learnt)?;
    let mut command = shell::command("cargo", cargo);
    // Cargo does not know that the macros read the variables: only changed sources make them run.
    let mut touch = shell::command("touch", &["-c"]);
    for (checked, url) in databases {
        touch.args(roots(&checked.folder)?);
        command.env(checked.variable()?, url);
    }
    shell::run(&mut touch)?;
    command
        .env("SQLX_OFFLINE_DIR", &learnt)
        .env_remove("SQLX_OFFLINE");
    shell::run(&mut command)?;
    read(&learnt)
}

/// The source files that cargo compiles as targets.
fn roots(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut roots = vec![folder.join("src/lib.rs"), folder.join("src/main.rs")];
    for group in ["src/bin", "tests", "examples", "benches"] {
        let Ok(entries) = fs::read_dir(folder.join(group)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            roots.push(if path.is_dir() { path.join("main.rs") } else { path });
        }
    }
    Ok(roots)
}

fn read(folder: &Path) -> Result<Cache> {
    let mut cache = Cache::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(cache);
    };
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name.starts_with("query-") {
            cache.insert(name, fs::read(&path)?);
        }
    }
    Ok(cache)
}

/// What the crates' caches and what the macros learnt have different.
fn differences(crates: &[Checked], fresh: &Cache) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    let mut missing: BTreeSet<&String> = fresh.keys().collect();
    for checked in crates {
        for (name, contents) in read(&checked.folder.join(".sqlx"))? {
            missing.remove(&name);
            match fresh.get(&name) {
                None => differences.push(format!("{}: {name} is not used", checked.name)),
                Some(learnt) if *learnt != contents => {
                    differences.push(format!("{}: {name} differs", checked.name));
                }
                Some(_) => {}
            }
        }
    }
    differences.extend(missing.into_iter().map(|name| format!("{name} is missing")));
    Ok(differences)
}

fn store(checked: &Checked, fresh: &Cache) -> Result<()> {
    let folder = checked.folder.join(".sqlx");
    fs::create_dir_all(&folder)?;
    let kept = read(&folder)?;
    for name in kept.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, contents) in fresh
        .iter()
        .filter(|(name, contents)| kept.get(*name) != Some(*contents))
    {
        fs::write(folder.join(name), contents)?;
    }
    println!("{}: {} queries", checked.name, fresh.len());
    Ok(())
}
