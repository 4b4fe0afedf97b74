//! The directions between crates, and between the folders of a service (docs/architecture.md).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// Which of our crates each crate may name as a dependency; development dependencies are free.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("personal-data", &["gm"]),
    ("tabular", &[]),
    ("sm3-lanes", &[]),
    ("gm", &[]),
    ("announcement-list", &["gm"]),
    ("register-tree", &["domain"]),
    ("seal-format", &["gm"]),
    ("timestamp-client", &["gm"]),
    ("tlog", &[]),
    ("status-list", &[]),
    ("ofd", &["sm3-lanes"]),
    ("pdf", &[]),
    ("material-content", &["ofd"]),
    // testkit only under the feature `specimen`, for benches and tests.
    ("certificate-face", &["domain", "ofd", "pdf", "testkit"]),
    (
        "document-verification",
        &[
            "certificate-face",
            "domain",
            "gm",
            "ofd",
            "pdf",
            "seal-format",
            "status-list",
            "tlog",
        ],
    ),
    // service-runtime for the section [previews], under the feature `settings`.
    (
        "document-preview",
        &[
            "certificate-face",
            "document-render",
            "material-content",
            "service-runtime",
        ],
    ),
    ("document-render", &["material-content", "ofd", "seal-format"]),
    ("document-inspection", &["gm", "ofd", "pdf", "seal-format"]),
    ("api", &["domain"]),
    ("postgres", &[]),
    // It follows identity's keys and revocations, and reads the section [personal_data], for every service.
    ("service-runtime", &["api", "domain", "personal-data"]),
    // What every service with a database serves of its audit.
    ("audit-service", &["api", "domain", "postgres", "service-runtime"]),
    // What every service that tells people something serves of it.
    (
        "notification-service",
        &["api", "domain", "postgres", "service-runtime"],
    ),
    (
        "testkit",
        &[
            "api",
            "certificate-face",
            "domain",
            "gm",
            "personal-data",
            "service-runtime",
        ],
    ),
];

/// What a service may use: everything below it, never another service.
const SERVICES_MAY_USE: &[&str] = &[
    "announcement-list",
    "api",
    "audit-service",
    "certificate-face",
    "document-preview",
    "document-verification",
    "domain",
    "gm",
    "material-content",
    "notification-service",
    "ofd",
    "pdf",
    "personal-data",
    "postgres",
    "register-tree",
    "seal-format",
    "service-runtime",
    "status-list",
    "tabular",
    "timestamp-client",
    "tlog",
];

/// A word that belongs to some files of a service only.
struct Confined {
    words: &'static [&'static str],
    files: &'static [&'static str],
    folders: &'static [&'static str],
}

const CONFINED: &[Confined] = &[
    Confined {
        words: &["tonic::", "tonic_types::", "api::"],
        files: &["rpc.rs", "peer.rs", "app.rs"],
        folders: &["rpc", "peer"],
    },
    Confined {
        words: &["sqlx::"],
        files: &["store.rs", "app.rs", "lib.rs"],
        folders: &["store"],
    },
];

/// Checks every crate and service.
pub(crate) fn check() -> Result<()> {
    let root = shell::root();
    let mut faults = Vec::new();
    let ours = crate_names(&root)?;
    for (name, folder) in &ours {
        let allowed: Option<&[&str]> = if folder.starts_with("services") {
            Some(SERVICES_MAY_USE)
        } else {
            MAY_USE
                .iter()
                .find(|(crate_name, _)| crate_name == name)
                .map(|(_, allowed)| *allowed)
        };
        let Some(allowed) = allowed else { continue };
        for dependency in dependencies(&root.join(folder))? {
            if ours.contains_key(&dependency) && !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{folder}: may not depend on `{dependency}`"));
            }
        }
        if folder.starts_with("services") && folder != "services/portal" {
            confined_words(&root.join(folder).join("src"), folder, &mut faults)?;
        }
    }
    if faults.is_empty() {
        println!("layers: {} crates in order", ours.len());
        return Ok(());
    }
    for fault in &faults {
        eprintln!("layers: {fault}");
    }
    bail!("{} faults in the layers", faults.len())
}

/// Crate name → folder, of every member.
fn crate_names(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for parent in ["crates", "services"] {
        for entry in std::fs::read_dir(root.join(parent))? {
            let entry = entry?;
            if entry.path().join("Cargo.toml").exists() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let folder = format!("{parent}/{name}");
                names.insert(name, folder);
            }
        }
    }
    Ok(names)
}

fn dependencies(folder: &Path) -> Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml"))?;
    let manifest: toml::Table = text.parse().with_context(|| format!("{}", folder.display()))?;
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    Ok(table
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default())
}

fn confined_words(source: &Path, folder: &str, faults: &mut Vec<String>) -> Result<()> {
    for file in rust_files(source)? {
        let relative = file.strip_prefix(source)?;
        let first = relative
            .components()
            .next()
            .map(|part| part.as_os_str().to_string_lossy().into_owned());
        let first = first.unwrap_or_default();
        if first == "tests.rs" || relative.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file)?;
        for confined in CONFINED {
            if confined.files.contains(&first.as_str()) || confined.folders.contains(&first.as_str()) {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(word) = confined.words.iter().find(|word| has_word(code, word)) {
                    faults.push(format!(
                        "{folder}/src/{}:{}: `{word}`",
                        relative.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    Ok(())
}

/// `api::` must not match inside `foo_api::`.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|character| !character.is_alphanumeric() && character != '_' && character != ':')
    })
}

fn rust_files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    Ok(files)
}
