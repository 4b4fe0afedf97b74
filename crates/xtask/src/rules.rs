//! `docs/rules.md` against the sources: every function and test it names exists, every rule of refusal is in it, and every
//! policy key has the default that it says.
//!
//! Names are written as in Rust, `crate::module::item` or `crate::module::Type::item`; the test binaries of a crate count
//! as modules named after their file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::shell;

const PAGE: &str = "docs/rules.md";
const POLICIES: &str = "crates/domain/data/policies";
const TABLE_OF_RULES: &str = "crates/domain/src/refusal/rule.rs";

/// Heads of the columns that name things, as the page has them.
const FUNCTION: &str = "function";
const TEST: &str = "test";
const KEY: &str = "key";

/// Checks the page.
pub(crate) fn check() -> Result<()> {
    let root = shell::root();
    let text = std::fs::read_to_string(root.join(PAGE)).context(PAGE)?;
    let sources = Sources::read(&root)?;
    let policies = Policies::read(&root.join(POLICIES))?;
    let mut faults = Vec::new();
    let mut counts = (0, 0, 0);
    for row in rows(&text) {
        for (head, cell) in &row.cells {
            for name in names(cell) {
                let found = match head.as_str() {
                    FUNCTION => {
                        counts.0 += 1;
                        sources.has_item(name)
                    }
                    TEST => {
                        counts.1 += 1;
                        sources.has_test(name)
                    }
                    _ => Ok(()),
                };
                if let Err(fault) = found {
                    faults.push(format!("{PAGE}:{}: {head} `{name}`: {fault}", row.line));
                }
            }
        }
        if let Some(key) = row.cell(KEY).and_then(|cell| names(cell).next()) {
            counts.2 += 1;
            for (profile, values) in &policies.0 {
                if let Some(said) = row.cell(profile)
                    && let Err(fault) = compare(values, key, said)
                {
                    faults.push(format!("{PAGE}:{}: {profile}: `{key}`: {fault}", row.line));
                }
            }
        }
    }
    let rules = std::fs::read_to_string(root.join(TABLE_OF_RULES)).context(TABLE_OF_RULES)?;
    for code in rule_codes(&rules) {
        if !text.contains(&format!("`{code}`")) {
            faults.push(format!("{PAGE}: the rule `{code}` is not mapped"));
        }
    }
    if counts.0 == 0 || counts.1 == 0 || counts.2 == 0 {
        faults.push(format!("{PAGE}: a table of functions, tests or keys is missing"));
    }
    if faults.is_empty() {
        let (functions, tests, keys) = counts;
        println!("rules: {functions} functions, {tests} tests and {keys} policy keys are as {PAGE} says");
        return Ok(());
    }
    for fault in &faults {
        eprintln!("rules: {fault}");
    }
    bail!("{} faults in {PAGE}", faults.len())
}

/// A row of a table, its cells under the heads of their columns.
struct Row {
    line: usize,
    cells: Vec<(String, String)>,
}

impl Row {
    fn cell(&self, head: &str) -> Option<&str> {
        let found = self.cells.iter().find(|(known, _)| known == head);
        found.map(|(_, cell)| cell.as_str())
    }
}

fn rows(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut heads: Option<Vec<String>> = None;
    for (number, line) in text.lines().enumerate() {
        let Some(inner) = line.trim().strip_prefix('|') else {
            heads = None;
            continue;
        };
        let cells = inner
            .trim_end_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned());
        match &heads {
            None => heads = Some(cells.collect()),
            Some(_) if inner.chars().all(|c| matches!(c, '-' | '|' | ':' | ' ')) => {}
            Some(heads) => rows.push(Row {
                line: number + 1,
                cells: heads.iter().cloned().zip(cells).collect(),
            }),
        }
    }
    rows
}

/// What stands between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The codes of the table of rules: `Name = "CODE", "article", …`.
fn rule_codes(text: &str) -> Vec<&str> {
    let code = |line: &'_ str| -> Option<(usize, usize)> {
        let at = line.find(" = \"")? + 4;
        let end = at + line.get(at..)?.find("\",")?;
        let upper = line
            .get(at..end)?
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b == b'_');
        upper.then_some((at, end))
    };
    text.lines()
        .filter_map(|line| code(line).and_then(|(at, end)| line.get(at..end)))
        .collect()
}

/// Rust files by crate, each with the path of its module.
struct Sources(BTreeMap<String, Vec<(Vec<String>, PathBuf)>>);

impl Sources {
    fn read(root: &Path) -> Result<Self> {
        let mut crates = BTreeMap::new();
        for parent in ["crates", "services", "tests"] {
            for entry in std::fs::read_dir(root.join(parent))? {
                let folder = entry?.path();
                if !folder.join("Cargo.toml").exists() {
                    continue;
                }
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                let mut files = Vec::new();
                collect(&folder, &folder, &mut files)?;
                crates.insert(name.replace('-', "_"), files);
            }
        }
        Ok(Self(crates))
    }

    fn has_item(&self, name: &str) -> Result<(), &'static str> {
        self.find(name, |text, item, owner| {
            declares(text, item) && owner.is_none_or(|owner| declares(text, owner))
        })
    }

    fn has_test(&self, name: &str) -> Result<(), &'static str> {
        let within_its_file = |owner: Option<&str>| owner.is_none_or(|owner| owner == "tests");
        self.find(name, |text, item, owner| {
            within_its_file(owner) && is_test(text, item)
        })
    }

    /// Looks for an item in the files of a module, the last segment but one being a module or a type of it.
    fn find(&self, name: &str, holds: impl Fn(&str, &str, Option<&str>) -> bool) -> Result<(), &'static str> {
        let segments: Vec<&str> = name.split("::").collect();
        let [krate, modules @ .., item] = segments.as_slice() else {
            return Err("is no path");
        };
        let files = self.0.get(*krate).ok_or("no such crate")?;
        let within = |modules: &[&str]| -> Vec<&PathBuf> {
            let fits = |path: &[String]| {
                path.len() >= modules.len()
                    && path.iter().rev().zip(modules.iter().rev()).all(|(a, b)| a == b)
            };
            let exact = |path: &&(Vec<String>, PathBuf)| path.0.len() == modules.len() && fits(&path.0);
            let mut found: Vec<_> = files.iter().filter(exact).map(|(_, path)| path).collect();
            if found.is_empty() && !modules.is_empty() {
                found = files
                    .iter()
                    .filter(|(path, _)| fits(path))
                    .map(|(_, path)| path)
                    .collect();
            }
            found
        };
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        let plain = within(modules)
            .into_iter()
            .any(|path| holds(&read(path), item, None));
        let of_type = modules.split_last().is_some_and(|(owner, modules)| {
            within(modules)
                .into_iter()
                .any(|path| holds(&read(path), item, Some(owner)))
        });
        if plain || of_type {
            Ok(())
        } else {
            Err("is not in the sources")
        }
    }
}

/// Every Rust file with its module path: `src/refusal/tests.rs` is `refusal::tests`, `tests/x/facts.rs` is `x::facts`.
fn collect(base: &Path, folder: &Path, files: &mut Vec<(Vec<String>, PathBuf)>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            let skipped = path.file_name().is_some_and(|name| name == "target");
            if !skipped {
                collect(base, &path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(base)?.with_extension("");
            let segments = relative.components().skip(1);
            let mut module: Vec<_> = segments
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            if module
                .last()
                .is_some_and(|last| matches!(last.as_str(), "lib" | "main" | "mod"))
            {
                module.pop();
            }
            files.push((module, path));
        }
    }
    Ok(())
}

/// Whether a text declares an item: a function, a type, a constant, or a variant or rule of a macro table.
fn declares(text: &str, item: &str) -> bool {
    const KINDS: [&str; 9] = [
        "fn",
        "struct",
        "enum",
        "trait",
        "type",
        "const",
        "static",
        "mod",
        "macro_rules!",
    ];
    text.lines().any(|line| {
        let code = line.split("//").next().unwrap_or_default();
        let words: Vec<&str> = code
            .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '!'))
            .filter(|word| !word.is_empty())
            .collect();
        let declared = words
            .windows(2)
            .any(|pair| matches!(pair, [kind, name] if KINDS.contains(kind) && *name == item));
        declared
            || (words.first() == Some(&item) && item.starts_with(char::is_uppercase) && code.starts_with(' '))
    })
}

/// Whether a text has a function of that name under a test attribute.
fn is_test(text: &str, item: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let named = |line: &&str| {
        let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        rest.and_then(|rest| rest.strip_prefix(item))
            .is_some_and(|rest| rest.starts_with('('))
    };
    let Some(at) = lines.iter().position(named) else {
        return false;
    };
    let above = lines
        .iter()
        .take(at)
        .rev()
        .take_while(|line| line.starts_with('#') || line.starts_with("//"));
    above
        .into_iter()
        .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}

/// The shipped profiles by the name of their file.
struct Policies(BTreeMap<String, toml::Table>);

impl Policies {
    fn read(folder: &Path) -> Result<Self> {
        let mut profiles = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let table: toml::Table = std::fs::read_to_string(&path)?
                .parse()
                .with_context(|| name.clone())?;
            profiles.insert(name, table);
        }
        Ok(Self(profiles))
    }
}

/// Whether a profile has at `key` what the page says; a dash says that it has nothing there.
fn compare(profile: &toml::Table, key: &str, said: &str) -> Result<(), String> {
    let (last, path) = {
        let mut parts: Vec<&str> = key.split('.').collect();
        (parts.pop().unwrap_or_default(), parts)
    };
    let mut table = Some(profile);
    for part in path {
        table = table
            .and_then(|table| table.get(part))
            .and_then(toml::Value::as_table);
    }
    let found = table.and_then(|table| table.get(last));
    let said = said.trim_matches('`');
    match found {
        None if said == "—" => Ok(()),
        None => Err("is no key of the profile".to_owned()),
        // A list or table is described in words.
        Some(toml::Value::Array(_) | toml::Value::Table(_)) => Ok(()),
        Some(value) => {
            let value = match value {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if value == said {
                Ok(())
            } else {
                Err(format!("is {value}, not {said}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_its_cells_by_their_heads() {
        let found = rows("text\n\n| provision | function |\n|---|---|\n| art 15 | `a::b`, `c::d` |\n");
        let [row] = found.as_slice() else {
            panic!("one row")
        };
        assert_eq!(row.line, 5);
        assert_eq!(
            row.cell("function").map(|cell| names(cell).collect::<Vec<_>>()),
            Some(vec!["a::b", "c::d"])
        );
    }

    #[test]
    fn only_declarations_and_tests_count() {
        let text = "pub const fn days(self) {}\n    Fraud = \"FRAUD\", x;\n// fn gone()\n#[test]\nfn holds() {}\nfn helper() {}\n";
        assert!(declares(text, "days") && declares(text, "Fraud") && !declares(text, "gone"));
        assert!(is_test(text, "holds") && !is_test(text, "helper"));
        assert_eq!(rule_codes(text), ["FRAUD"]);
    }

    #[test]
    fn defaults_are_compared_with_the_profile() {
        let profile: toml::Table = "ce_mode = \"attest\"\n[renewal]\nopens = 90\n"
            .parse()
            .expect("TOML");
        assert_eq!(compare(&profile, "renewal.opens", "`90`"), Ok(()));
        assert_eq!(compare(&profile, "ce_mode", "`attest`"), Ok(()));
        assert_eq!(compare(&profile, "publicity_days.INITIAL", "—"), Ok(()));
        assert!(compare(&profile, "renewal.opens", "`60`").is_err());
        assert!(compare(&profile, "renewal.closes", "`30`").is_err());
    }
}
