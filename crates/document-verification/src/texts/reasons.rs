//! Every reason that findings give, by subject.

mod authority;
mod certificate;
mod facts;
mod file;
mod ofd;
mod pdf;
mod register;
mod shown;
mod signature;
mod time;

/// Name, Chinese, English.
pub(super) type Row = (&'static str, &'static str, &'static str);

/// The subjects in order; a name stands in one of them.
pub(super) const REASONS: &[&[Row]] = &[
    file::ROWS,
    ofd::ROWS,
    pdf::ROWS,
    signature::ROWS,
    certificate::ROWS,
    time::ROWS,
    authority::ROWS,
    shown::ROWS,
    facts::ROWS,
    register::ROWS,
];
