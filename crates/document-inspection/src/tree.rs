//! The tree: labels in Chinese and English, values, branches.

use std::fmt::Write as _;

use serde::Serialize;

/// Branches of one node at most; how many more there are is said in their place.
pub const MOST_NODES: usize = 400;

/// One thing that a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// What it is, in English; programs may rely on it.
    pub en: &'static str,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Self>,
}

impl Node {
    pub(crate) const fn new(zh: &'static str, en: &'static str) -> Self {
        Self {
            zh,
            en,
            value: None,
            parts: Vec::new(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "what is said is written out here; numbers and references come alike"
    )]
    pub(crate) fn of(zh: &'static str, en: &'static str, value: impl ToString) -> Self {
        Self {
            value: Some(value.to_string()),
            ..Self::new(zh, en)
        }
    }

    /// Adds a branch.
    pub(crate) fn push(&mut self, part: Self) -> &mut Self {
        self.parts.push(part);
        self
    }

    /// Adds a leaf.
    pub(crate) fn say(&mut self, zh: &'static str, en: &'static str, value: impl ToString) -> &mut Self {
        self.push(Self::of(zh, en, value))
    }

    /// Adds a leaf if there is something to say.
    pub(crate) fn say_if(
        &mut self,
        zh: &'static str,
        en: &'static str,
        value: Option<impl ToString>,
    ) -> &mut Self {
        match value {
            Some(value) => self.say(zh, en, value),
            None => self,
        }
    }

    /// Adds branches, up to [`MOST_NODES`] of them.
    pub(crate) fn extend(&mut self, parts: impl IntoIterator<Item = Self>) -> &mut Self {
        let mut parts = parts.into_iter();
        self.parts.extend(parts.by_ref().take(MOST_NODES));
        let more = parts.count();
        if more > 0 {
            self.say("其余", "more", more);
        }
        self
    }

    /// The tree as lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.line(&mut out);
        self.branches(&mut out, "");
        out
    }

    fn line(&self, out: &mut String) {
        let label = format!("{} {}", self.zh, self.en);
        let _ = match &self.value {
            None => writeln!(out, "{label}"),
            Some(value) => writeln!(out, "{label}: {}", printable(value)),
        };
    }

    fn branches(&self, out: &mut String, before: &str) {
        for (index, part) in self.parts.iter().enumerate() {
            let last = index + 1 == self.parts.len();
            out.push_str(before);
            out.push_str(if last { "└─ " } else { "├─ " });
            part.line(out);
            let deeper = format!("{before}{}", if last { "   " } else { "│  " });
            part.branches(out, &deeper);
        }
    }
}

/// A hostile file does not steer the terminal.
fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Yes or no.
pub(crate) const fn yes(value: bool) -> &'static str {
    if value { "是 yes" } else { "否 no" }
}

/// A number of bytes.
pub(crate) fn bytes(length: usize) -> String {
    format!("{length} 字节 bytes")
}
