//! Places in the tree and the digests that stand there.

use std::fmt;
use std::sync::LazyLock;

use crate::{Digest, Hasher, Key};

/// Children of a node.
pub const FAN_OUT: u16 = 16;
/// Levels below the root; the last is that of the buckets.
pub const LEVELS: u8 = 4;

/// A place: as many hexadecimal digits of the keys below as it is deep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    level: u8,
    place: u16,
}

impl Path {
    /// The root.
    pub const ROOT: Self = Self { level: 0, place: 0 };

    /// A bucket.
    #[must_use]
    pub const fn bucket(place: u16) -> Self {
        Self { level: LEVELS, place }
    }

    /// A place as stored; none if there is no such place.
    #[must_use]
    pub fn new(level: u8, place: u16) -> Option<Self> {
        let within = level <= LEVELS && u32::from(place) < (1 << (4 * u32::from(level)));
        within.then_some(Self { level, place })
    }

    /// Reads hexadecimal digits; the root is the empty text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let level = u8::try_from(text.len()).ok().filter(|level| *level <= LEVELS)?;
        if text.is_empty() {
            return Some(Self::ROOT);
        }
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let place = u16::from_str_radix(text, 16).ok();
        place
            .filter(|_| text.bytes().all(lower))
            .map(|place| Self { level, place })
    }

    /// 0 for the root, [`LEVELS`] for a bucket.
    #[must_use]
    pub const fn level(self) -> u8 {
        self.level
    }

    /// Its digits as a number.
    #[must_use]
    pub const fn place(self) -> u16 {
        self.place
    }

    /// Whether rows stand here.
    #[must_use]
    pub const fn is_bucket(self) -> bool {
        self.level == LEVELS
    }

    /// The node above; none above the root.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self.level {
            0 => None,
            level => Some(Self {
                level: level - 1,
                place: self.place / FAN_OUT,
            }),
        }
    }

    /// The sixteen places below; none below a bucket.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let digits = if self.is_bucket() { 0..0 } else { 0..FAN_OUT };
        digits.map(move |digit| Self {
            level: self.level + 1,
            // Above the last level a place has at most twelve bits.
            place: (self.place << 4) | digit,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            0 => Ok(()),
            level => write!(f, "{:0width$x}", self.place, width = usize::from(level)),
        }
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({self})")
    }
}

/// Digest of a bucket over its rows in the order of their keys; none without rows.
#[must_use]
pub fn bucket_digest(mut rows: Vec<(Key, Digest)>) -> Option<Digest> {
    if rows.is_empty() {
        return None;
    }
    rows.sort_unstable();
    let mut hasher = Hasher::new("jianzheng/register-tree/bucket/v1");
    for (key, digest) in rows {
        hasher = hasher.field(key.as_bytes()).field(&digest);
    }
    Some(hasher.finish())
}

/// Digest of a node over its children in order, the empty ones included; none if all are empty.
#[must_use]
pub fn node_digest(node: Path, child: impl Fn(Path) -> Option<Digest>) -> Option<Digest> {
    let children: Vec<_> = node.children().map(child).collect();
    let empty = empty(node.level + 1);
    children
        .iter()
        .any(Option::is_some)
        .then(|| over(children.into_iter().map(|child| child.unwrap_or(empty))))
}

/// What stands for a place of a level where nothing is.
#[must_use]
pub fn empty(level: u8) -> Digest {
    static EMPTY: LazyLock<[Digest; LEVELS as usize + 1]> = LazyLock::new(|| {
        let mut digests = [Hasher::new("jianzheng/register-tree/bucket/v1").finish(); LEVELS as usize + 1];
        for level in (0..usize::from(LEVELS)).rev() {
            digests[level] = over(std::iter::repeat_n(digests[level + 1], usize::from(FAN_OUT)));
        }
        digests
    });
    EMPTY[usize::from(level.min(LEVELS))]
}

fn over(children: impl Iterator<Item = Digest>) -> Digest {
    children
        .fold(Hasher::new("jianzheng/register-tree/node/v1"), |hasher, child| {
            hasher.field(&child)
        })
        .finish()
}

/// The places below some nodes where two trees differ.
pub fn differing(
    nodes: &[Path],
    here: impl Fn(Path) -> Option<Digest>,
    there: impl Fn(Path) -> Option<Digest>,
) -> Vec<Path> {
    nodes
        .iter()
        .flat_map(|node| node.children())
        .filter(|child| here(*child) != there(*child))
        .collect()
}
