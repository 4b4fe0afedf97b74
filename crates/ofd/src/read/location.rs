//! Locations inside a package (`ST_Loc`).

/// Joins `location` to the folder `base` and removes `.` and `..`. The result has no leading slash.
/// Nothing if it climbs out of the package, is empty, or holds what no path of a package holds.
pub(super) fn resolve(base: &str, location: &str) -> Option<String> {
    let location = location.trim();
    if location.is_empty() || location.contains(['\\', '\0']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    let base = if location.starts_with('/') { "" } else { base };
    for part in base.split('/').chain(location.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    if parts.is_empty() {
        None
    } else {
        Some(parts.join("/"))
    }
}

/// Whether `location` leads out of any package: a URL, a share, a drive.
pub(super) fn is_external(location: &str) -> bool {
    let location = location.trim();
    let drive = matches!(location.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    location.contains("://") || location.starts_with("//") || location.starts_with("\\\\") || drive
}

/// The folder of a path, without trailing slash.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether an entry name is a plain relative path: no leading slash, no empty, `.` or `..` part, no backslash,
/// no drive, no control character.
pub(super) fn is_plain(name: &str) -> bool {
    let name = name.strip_suffix('/').unwrap_or(name);
    !name.is_empty()
        && !name.contains(['\\', ':'])
        && !name.chars().any(char::is_control)
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}
