//! The targets. Each takes bytes from a stranger through the public functions that services call on them.

mod der;
mod ofd_package;
mod pdf_file;
mod plain;
mod symbol;
mod whole;

/// A target reads its input and may only return.
pub(crate) type Target = fn(&[u8]);

/// In the order of docs and CI.
const ALL: &[(&str, Target)] = &[
    ("ofd_package", ofd_package::package),
    ("ofd_part", ofd_package::part),
    ("seal", der::seal),
    ("certificate", der::certificate),
    ("cms", der::cms),
    ("pdf_file", pdf_file::file),
    ("pdf_stream", pdf_file::stream),
    ("font", plain::font),
    ("picture", plain::picture),
    ("table_csv", plain::csv),
    ("table_xlsx", plain::xlsx),
    ("announcement_list", plain::list),
    ("trust_bundle", whole::trust_bundle),
    ("verify", whole::verify),
    ("render", whole::render),
    #[cfg(feature = "by-name")]
    ("render_pdf", whole::render_pdf),
    ("qr_payload", symbol::payload),
    ("inspect", whole::inspect),
];

/// The target of this name.
pub(crate) fn find(name: &str) -> Option<Target> {
    ALL.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, target)| *target)
}

/// All names.
pub(crate) fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}
