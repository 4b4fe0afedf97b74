/// Why a file, or a part of it, cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no `%PDF-` near the start.
    #[error("not a PDF file")]
    NotPdf,
    /// The cross-reference sections do not describe the file.
    #[error("cross-reference: {0}")]
    CrossReference(&'static str),
    /// The file is encrypted.
    #[error("encrypted files are not read")]
    Encrypted,
    /// Something refers to itself, or is named twice where it may stand once.
    #[error("loop: {0}")]
    Loop(&'static str),
    /// A value is not written as ISO 32000-1 §7 demands.
    #[error("syntax: {0}")]
    Syntax(&'static str),
    /// A value is not of the type its key demands.
    #[error("{0} has another type than it must")]
    WrongType(&'static str),
    /// A filter or its parameters are unknown, or its data is damaged.
    #[error("filter: {0}")]
    Filter(&'static str),
    /// The file asks for more than [`Limits`](crate::Limits) allow.
    #[error("limit exceeded: {0}")]
    Limit(&'static str),
    /// The reader does not know this feature.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// The XMP packet is not well-formed.
    #[error("the XMP packet is not well-formed")]
    Xmp,
}

impl ReadError {
    /// The reason that findings give.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotPdf => "neither_ofd_nor_pdf",
            Self::CrossReference(_) => "cross_reference_unsound",
            Self::Encrypted => "encrypted",
            Self::Loop(_) => "reference_loop",
            Self::Limit(_) => "too_large",
            Self::Unsupported(_) => "not_decided",
            Self::Syntax(_) | Self::WrongType(_) | Self::Filter(_) | Self::Xmp => "structure_unsound",
        }
    }

    /// A stable name for findings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotPdf => "pdf.read.not-pdf",
            Self::CrossReference(_) => "pdf.read.cross-reference",
            Self::Encrypted => "pdf.read.encrypted",
            Self::Loop(_) => "pdf.read.loop",
            Self::Syntax(_) => "pdf.read.syntax",
            Self::WrongType(_) => "pdf.read.wrong-type",
            Self::Filter(_) => "pdf.read.filter",
            Self::Limit(_) => "pdf.read.limit",
            Self::Unsupported(_) => "pdf.read.unsupported",
            Self::Xmp => "pdf.read.xmp",
        }
    }
}
