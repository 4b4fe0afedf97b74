use std::{
    cell::RefCell,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    rc::Rc,
};

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{Fault, FromValue};

/// One table of the configuration, being read. What is left unread when it is dropped is a fault.
pub struct Section {
    path: String,
    table: toml::Table,
    present: bool,
    base: Rc<Path>,
    faults: Rc<RefCell<Vec<Fault>>>,
}

impl Section {
    pub(super) fn root(table: toml::Table, base: &Path) -> Self {
        Self {
            path: String::new(),
            table,
            present: true,
            base: base.into(),
            faults: Rc::default(),
        }
    }

    pub(super) fn finish(self) -> Vec<Fault> {
        let faults = Rc::clone(&self.faults);
        drop(self);
        let mut faults = faults.take();
        faults.sort();
        faults.dedup();
        faults
    }

    /// Whether the file has this section at all.
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// The section's path, for faults that the caller words itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The sub-table `key`; an absent one reads as empty, so that each required key in it is reported.
    pub fn section(&mut self, key: &str) -> Self {
        match self.table.remove(key) {
            Some(toml::Value::Table(table)) => self.child(key, table, true),
            Some(_) => {
                self.fault(key, "must be a section");
                self.child(key, toml::Table::new(), false)
            }
            None => self.child(key, toml::Table::new(), false),
        }
    }

    /// The sub-table `key` if the file has it.
    pub fn optional_section(&mut self, key: &str) -> Option<Self> {
        self.table.contains_key(key).then(|| self.section(key))
    }

    /// Every sub-table of this section, by name (`[peers.identity]`, `[peers.seal]`).
    pub fn sections(&mut self) -> Vec<(String, Self)> {
        let names: Vec<String> = self
            .table
            .iter()
            .filter(|(_, value)| value.is_table())
            .map(|(key, _)| key.clone())
            .collect();
        names
            .into_iter()
            .map(|name| (name.clone(), self.section(&name)))
            .collect()
    }

    /// A value that must be there.
    pub fn required<T: FromValue>(&mut self, key: &str) -> Option<T> {
        match self.table.remove(key) {
            Some(value) => self.convert(key, &value),
            None => {
                self.fault(key, "is required");
                None
            }
        }
    }

    /// A value that may be absent.
    pub fn optional<T: FromValue>(&mut self, key: &str) -> Option<T> {
        let value = self.table.remove(key)?;
        self.convert(key, &value)
    }

    /// A value, or `usual` when it is absent.
    pub fn or<T: FromValue>(&mut self, key: &str, usual: T) -> T {
        self.optional(key).unwrap_or(usual)
    }

    /// A required word out of a list.
    pub fn one_of<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let word: String = self.required(key)?;
        let found = words
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, meaning)| *meaning);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
            self.fault(key, format!("must be one of {}", names.join(", ")));
        }
        found
    }

    /// A required value that `parse` makes from its text; the error text must not quote a secret.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text: String = self.required(key)?;
        parse(&text)
            .map_err(|error| self.fault(key, error.to_string()))
            .ok()
    }

    /// The path of a file or folder that need not exist, relative to the configuration's folder.
    pub fn location(&mut self, key: &str) -> Option<PathBuf> {
        let path: PathBuf = self.required(key)?;
        Some(self.base.join(path))
    }

    /// As [`Section::location`], for a key that may be absent.
    pub fn optional_location(&mut self, key: &str) -> Option<PathBuf> {
        let path: PathBuf = self.optional(key)?;
        Some(self.base.join(path))
    }

    /// The path of a file that must exist.
    pub fn file(&mut self, key: &str) -> Option<PathBuf> {
        let path = self.location(key)?;
        if !path.is_file() {
            self.fault(key, "names no file");
            return None;
        }
        Some(path)
    }

    /// The path of a folder that must exist.
    pub fn folder(&mut self, key: &str) -> Option<PathBuf> {
        let path = self.location(key)?;
        if !path.is_dir() {
            self.fault(key, "names no folder");
            return None;
        }
        Some(path)
    }

    /// The text of a secret in a file of its own (secrets never stand in the configuration), without its last line
    /// break. A file that everybody may read is a fault.
    pub fn secret_file(&mut self, key: &str) -> Option<SecretString> {
        let path = self.file(key)?;
        self.read_secret(key, &path)
    }

    /// As [`Section::secret_file`], for a key that may be absent.
    pub fn optional_secret_file(&mut self, key: &str) -> Option<SecretString> {
        self.table.contains_key(key).then(|| self.secret_file(key))?
    }

    /// The path of a private key that must exist and not be readable by everybody.
    pub fn key_file(&mut self, key: &str) -> Option<PathBuf> {
        let path = self.file(key)?;
        self.guarded(key, &path).then_some(path)
    }

    /// Everything that is left of this section, as a type that reads itself; `paths` are keys whose values are made
    /// absolute first.
    pub fn rest<T: DeserializeOwned>(&mut self, paths: &[&str]) -> Option<T> {
        let mut table = std::mem::take(&mut self.table);
        for key in paths {
            if let Some(toml::Value::String(path)) = table.get_mut(*key) {
                *path = self.base.join(&path).to_string_lossy().into_owned();
            }
        }
        table
            .try_into()
            .map_err(|error: toml::de::Error| self.fault("", error.message()))
            .ok()
    }

    /// Records a fault of `key` in this section.
    pub fn fault(&self, key: &str, problem: impl Into<String>) {
        let path = if key.is_empty() {
            self.path.clone()
        } else {
            join(&self.path, key)
        };
        self.faults.borrow_mut().push(Fault {
            path,
            problem: problem.into(),
        });
    }

    fn read_secret(&self, key: &str, path: &Path) -> Option<SecretString> {
        if !self.guarded(key, path) {
            return None;
        }
        match fs::read_to_string(path).map(Zeroizing::new) {
            Ok(text) if !text.trim_end_matches(['\r', '\n']).is_empty() => {
                Some(SecretString::from(text.trim_end_matches(['\r', '\n'])))
            }
            Ok(_) => {
                self.fault(key, "names an empty file");
                None
            }
            Err(error) => {
                self.fault(key, format!("cannot be read: {}", error.kind()));
                None
            }
        }
    }

    fn guarded(&self, key: &str, path: &Path) -> bool {
        match fs::metadata(path) {
            Ok(metadata) if metadata.permissions().mode() & 0o007 == 0 => true,
            Ok(_) => {
                self.fault(
                    key,
                    "names a file that everybody may use: take the rights of others away (chmod o=)",
                );
                false
            }
            Err(error) => {
                self.fault(key, format!("cannot be read: {}", error.kind()));
                false
            }
        }
    }

    fn convert<T: FromValue>(&self, key: &str, value: &toml::Value) -> Option<T> {
        T::from_value(value)
            .map_err(|problem| self.fault(key, problem))
            .ok()
    }

    fn child(&self, key: &str, table: toml::Table, present: bool) -> Self {
        Self {
            path: join(&self.path, key),
            table,
            present,
            base: Rc::clone(&self.base),
            faults: Rc::clone(&self.faults),
        }
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        for key in self.table.keys() {
            self.fault(key, "is not a known key");
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
