use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::Section;

/// The keys of `[database]` that name files or folders.
const PATHS: &[&str] = &["socket", "password_file", "tls_ca", "tls_certificate", "tls_key"];

/// Reads `[database]` of the file's root as the settings type of the database crate, which says itself what is wrong
/// with them: `config::database(root, postgres::Settings::faults)`. Paths are made absolute first.
pub fn database<S: DeserializeOwned>(
    root: &mut Section,
    faults: impl FnOnce(&S) -> Vec<String>,
) -> Option<S> {
    let mut section = root.section("database");
    if !section.is_present() {
        section.fault("", "is required");
        return None;
    }
    let settings: S = section.rest(PATHS)?;
    for fault in faults(&settings) {
        section.fault("", fault);
    }
    Some(settings)
}

/// Reads `[migration]`, if it is there: `role` and `password_file` of the `_owner` role, put on the settings of the same
/// database by `owner`. What is wrong with the result is a fault of the section, as in [`database`].
pub fn migration<S>(
    root: &mut Section,
    owner: impl FnOnce(String, Option<PathBuf>) -> Option<S>,
    faults: impl FnOnce(&S) -> Vec<String>,
) -> Option<S> {
    let mut section = root.optional_section("migration")?;
    let role = section.required("role");
    let password_file = section.optional_location("password_file");
    let settings = owner(role?, password_file)?;
    for fault in faults(&settings) {
        section.fault("", fault);
    }
    Some(settings)
}
