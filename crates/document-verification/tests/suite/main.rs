//! What verification promises, proved on documents that are really sealed.

mod archive;
mod bundle;
mod conclusions;
mod fixture;
mod lookalikes;
mod ofd_tampering;
mod pdf_tampering;
mod samples;
mod several;
mod symbols;
mod whole;
mod words;
