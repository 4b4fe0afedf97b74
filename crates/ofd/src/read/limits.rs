//! How much a package may cost.

/// Upper bounds for one package. What lies beyond is refused before it is allocated or followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive.
    pub archive: usize,
    /// Entries of the archive.
    pub entries: usize,
    /// Bytes of one inflated entry.
    pub entry: usize,
    /// Bytes of all inflated entries together.
    pub inflated: usize,
    /// Inflated bytes per packed byte, judged for entries above 64 KiB.
    pub ratio: usize,
    /// Bytes of an entry name.
    pub name: usize,
    /// Nesting of XML elements.
    pub depth: usize,
    /// Elements and attributes of one XML file.
    pub nodes: usize,
    /// Bytes of XML parsed over the life of one package, a file parsed twice counting twice.
    pub parsed: usize,
    /// Documents, pages, signatures, attachments, annotations or fonts.
    pub items: usize,
}

impl Default for Limits {
    /// Generous for a certificate, harmless for a server.
    fn default() -> Self {
        Self {
            archive: 32 << 20,
            entries: 2_000,
            entry: 64 << 20,
            inflated: 128 << 20,
            ratio: 400,
            name: 512,
            depth: 64,
            nodes: 400_000,
            parsed: 64 << 20,
            items: 256,
        }
    }
}
