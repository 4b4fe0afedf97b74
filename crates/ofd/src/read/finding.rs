//! What is wrong with a package: refusals and findings, each with a stable name.

use std::fmt;

macro_rules! named {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$doc])* $variant,)*
        }

        impl $type {
            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// Why a package, or a file of it, is not read further.
    Reason {
        /// No ZIP end-of-directory record.
        NotAnArchive = "ofd.not-an-archive",
        /// A ZIP structure points outside the archive or contradicts itself.
        ArchiveDamaged = "ofd.archive-damaged",
        /// Two end-of-directory records both fit the file.
        ArchiveAmbiguous = "ofd.archive-ambiguous",
        /// Spread over several files.
        ArchiveSplit = "ofd.archive-split",
        /// An entry is encrypted.
        Encrypted = "ofd.encrypted",
        /// A compression method other than stored or deflate.
        Method = "ofd.compression-method",
        /// Two entries with one name, or names that differ in case only.
        DuplicateEntry = "ofd.duplicate-entry",
        /// Two entries share bytes.
        OverlappingEntries = "ofd.overlapping-entries",
        /// Local header and directory disagree on an entry.
        HeaderMismatch = "ofd.header-mismatch",
        /// An entry name that is absolute, climbs, or is not plain UTF-8.
        EntryName = "ofd.entry-name",
        /// A limit of size, count or ratio is exceeded.
        TooLarge = "ofd.too-large",
        /// A file that the structure names is not there.
        MissingFile = "ofd.missing-file",
        /// A file cannot be inflated or is not as long as declared.
        UnreadableFile = "ofd.unreadable-file",
        /// A location climbs out of the package or is empty.
        Location = "ofd.location",
        /// Not well-formed XML in UTF-8.
        Xml = "ofd.xml",
        /// A document type declaration or an entity of its own.
        Doctype = "ofd.doctype",
        /// Too deep or too many elements.
        XmlTooLarge = "ofd.xml-too-large",
        /// Another root element than the place demands.
        UnexpectedRoot = "ofd.unexpected-root",
        /// An element or attribute that must be there is not.
        MissingElement = "ofd.missing-element",
        /// An element that may occur once occurs again, so that readers would differ.
        RepeatedElement = "ofd.repeated-element",
        /// A number, box or identifier that is none.
        Value = "ofd.value",
    }
}

named! {
    /// What is odd about a package without making it unreadable.
    FindingKind {
        /// Bytes before the first entry.
        PrependedBytes = "ofd.prepended-bytes",
        /// Bytes after the end of the archive.
        TrailingBytes = "ofd.trailing-bytes",
        /// Bytes between entries that belong to none: readers that scan may find files there.
        UnlistedBytes = "ofd.unlisted-bytes",
        /// A ZIP comment.
        ArchiveComment = "ofd.archive-comment",
        /// An entry that cannot be inflated, is shorter or longer than declared.
        UnreadableEntry = "ofd.unreadable-entry",
        /// An entry whose CRC-32 does not fit.
        EntryCrc = "ofd.entry-crc",
        /// A directory entry that carries bytes.
        DirectoryWithBytes = "ofd.directory-with-bytes",
        /// A name with characters whose encoding the archive leaves open.
        NameEncoding = "ofd.name-encoding",
        /// More than one document in the package.
        SeveralDocuments = "ofd.several-documents",
        /// The document has recorded versions: a reader may show another one.
        DocumentVersions = "ofd.document-versions",
        /// A namespace that is not of OFD.
        UnknownNamespace = "ofd.unknown-namespace",
        /// Elements of several namespaces in one structural file.
        MixedNamespaces = "ofd.mixed-namespaces",
        /// A file that the document names is not there.
        MissingFile = "ofd.named-file-missing",
        /// A location that only fits another folder than the standard's.
        UnusualLocation = "ofd.unusual-location",
        /// A part of the document that could not be read.
        UnreadablePart = "ofd.unreadable-part",
        /// A signature references a file by a relative path.
        RelativeReference = "ofd.relative-reference",
        /// Two references name one file.
        RepeatedReference = "ofd.repeated-reference",
        /// Object numbers are used twice.
        RepeatedId = "ofd.repeated-id",
        /// The document runs actions (scripts, links, sounds).
        Actions = "ofd.actions",
        /// A location outside of the package: a URL, a path of a host. It is not followed.
        ExternalLocation = "ofd.external-location",
    }
}

/// Why a package is not read, with the file concerned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The reason.
    pub reason: Reason,
    /// The file, if it concerns one.
    pub path: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", self.reason, path.escape_debug()),
            None => write!(f, "{}", self.reason),
        }
    }
}

impl Refusal {
    pub(super) fn new(reason: Reason) -> Self {
        Self { reason, path: None }
    }

    pub(super) fn at(reason: Reason, path: impl Into<String>) -> Self {
        Self {
            reason,
            path: Some(path.into()),
        }
    }
}

/// Something odd, with the file concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The file, if it concerns one.
    pub path: Option<String>,
}

impl Finding {
    pub(super) fn new(kind: FindingKind) -> Self {
        Self { kind, path: None }
    }

    pub(super) fn at(kind: FindingKind, path: impl Into<String>) -> Self {
        Self {
            kind,
            path: Some(path.into()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", self.kind, path.escape_debug()),
            None => write!(f, "{}", self.kind),
        }
    }
}
