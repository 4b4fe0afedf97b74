//! The plain part of XML, read in one pass: elements, attributes in double quotes, text; no references, comments,
//! instructions or character data sections. Programs write packages so, and reading them is most of the work on one.
//!
//! Anything else gives nothing, and so does every fault: the library then reads the file, and says what is wrong.

use std::borrow::Cow;

use super::{Builder, Tree, is_text, split};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

impl<'a> Builder<'a, '_> {
    /// The same tree that [`Builder::run`] gives, if the file is plain.
    pub(super) fn plain(mut self) -> Option<Tree<'a>> {
        let mut rest = self.input.strip_prefix(DECLARATION).unwrap_or(self.input);
        let mut names: Vec<&'a str> = Vec::new();
        loop {
            let Some(next) = memchr::memchr(b'<', rest.as_bytes()) else {
                let closed = names.is_empty() && !self.tree.nodes.is_empty();
                return (closed && is_blank(rest)).then_some(self.tree);
            };
            let (text, tag) = (rest.get(..next)?, rest.get(next + 1..)?);
            if names.is_empty() {
                is_blank(text).then_some(())?;
            } else if !text.is_empty() {
                let plain = memchr::memchr2(b'&', b'\r', text.as_bytes()).is_none() && is_text(text);
                plain.then_some(())?;
                self.text(Cow::Borrowed(text)).ok()?;
            }
            rest = if let Some(end) = tag.strip_prefix('/') {
                let after = end.strip_prefix(names.pop()?)?.strip_prefix('>')?;
                self.close();
                after
            } else {
                self.element(tag, &mut names)?
            };
        }
    }

    /// Reads a tag after its `<`; gives what follows it.
    fn element(&mut self, tag: &'a str, names: &mut Vec<&'a str>) -> Option<&'a str> {
        self.admit().ok()?;
        let (name, mut rest) = take_name(tag)?;
        let own = split(name).0;
        let first = self.tree.attributes.len();
        let mut keys: [&str; 16] = [""; 16];
        let mut count = 0;
        loop {
            let space = rest.len();
            rest = rest.trim_start_matches(' ');
            if let Some(after) = rest.strip_prefix('>') {
                self.enter(name, first);
                names.push(name);
                return Some(after);
            }
            if let Some(after) = rest.strip_prefix("/>") {
                self.enter(name, first);
                self.close();
                return Some(after);
            }
            // Space before an attribute, and no attribute twice.
            (rest.len() < space).then_some(())?;
            let (key, after) = take_name(rest)?;
            let known = keys.get(..count)?.contains(&key);
            (!known).then_some(())?;
            *keys.get_mut(count)? = key;
            count += 1;
            let quoted = after.strip_prefix("=\"")?;
            let ends = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'<' | b'&');
            let end = quoted.bytes().position(ends)?;
            let value = quoted.get(..end)?;
            rest = quoted.get(end..)?.strip_prefix('"')?;
            self.attribute(own, key, Cow::Borrowed(value)).ok()?;
        }
    }
}

/// An ASCII name at the start, and what follows it.
fn take_name(text: &str) -> Option<(&str, &str)> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.');
    let end = text.bytes().position(|byte| !allowed(byte))?;
    let letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let name = text.get(..end).filter(|_| letter)?;
    Some((name, text.get(end..)?))
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::read::limits::Limits;

    const SAMPLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\">\
        <ofd:Content><ofd:Layer ID=\"4\" Type=\"Body\"><ofd:TextObject ID=\"5\" Boundary=\"1 2 3 4\"> \
        <ofd:TextCode X=\"0\" Y=\"1.5\" DeltaX=\"g 3 2.5\">张三（样本）</ofd:TextCode></ofd:TextObject>\
        <x:Other xmlns:x=\"urn:x\"/>tail</ofd:Layer></ofd:Content></ofd:Page>\n";

    fn both(text: &str, limits: &Limits) -> (Option<Tree<'static>>, Option<Tree<'static>>) {
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        let limits: &'static Limits = Box::leak(Box::new(*limits));
        (
            Builder::new(text, limits).plain(),
            Builder::new(text, limits).run().ok(),
        )
    }

    #[test]
    fn plain_files_are_read_and_others_left_to_the_library() {
        let (plain, library) = both(SAMPLE, &Limits::default());
        assert!(plain.is_some() && plain == library);
        for other in [
            "<a>&amp;</a>",
            "<a b='c'/>",
            "<!-- --><a/>",
            "<a><![CDATA[]]></a>",
            "<a b=\"1\" b=\"2\"/>",
            "<a></b>",
            "<a/><a/>",
            "<a b=\"1\"c=\"2\"/>",
            "<a",
            "",
        ] {
            assert!(both(other, &Limits::default()).0.is_none(), "{other}");
        }
        let few = Limits {
            nodes: 5,
            ..Limits::default()
        };
        assert_eq!(both(SAMPLE, &few), (None, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// What is read as plain is read by the library, and as the same.
        #[test]
        fn a_changed_file_is_read_as_the_library_reads_it(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), "[ -~\\n\\r\\t（\u{ffff}\u{1}]{0,3}"), 1..4),
        ) {
            let mut text: Vec<char> = SAMPLE.chars().collect();
            for (at, with) in changes {
                let at = at.index(text.len());
                text.splice(at..=at, with.chars());
            }
            let (plain, library) = both(&text.into_iter().collect::<String>(), &Limits::default());
            if plain.is_some() {
                prop_assert_eq!(plain, library);
            }
        }
    }
}
