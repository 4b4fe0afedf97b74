//! Entry names, compared as file systems compare them.

use std::collections::HashSet;

/// The names of an archive. Two that one file system or another takes for the same file are aliases of each other.
#[derive(Default)]
pub(super) struct Names {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Names {
    /// Adds a name; whether it is none that was there before.
    pub(super) fn admit(&mut self, name: &str) -> bool {
        let folder = name.ends_with('/');
        let folded = fold(name.trim_end_matches('/'));
        if folder {
            !self.files.contains(&folded) && self.folders.insert(folded)
        } else {
            !self.folders.contains(&folded) && self.files.insert(folded)
        }
    }

    /// A file in whose name another entry's folder lies.
    pub(super) fn both_file_and_folder(&self) -> Option<&str> {
        self.files
            .iter()
            .chain(&self.folders)
            .flat_map(|name| name.rmatch_indices('/').filter_map(|(at, _)| name.get(..at)))
            .find(|parent| self.files.contains(*parent))
    }
}

/// Without case, and without the dots and blanks that one system drops at the end of a name.
fn fold(name: &str) -> String {
    let lower = name.to_lowercase();
    let dropped = |part: &str| part.ends_with(['.', ' ']);
    if !lower.split('/').any(dropped) {
        return lower;
    }
    let parts: Vec<&str> = lower
        .split('/')
        .map(|part| part.trim_end_matches(['.', ' ']))
        .collect();
    parts.join("/")
}
