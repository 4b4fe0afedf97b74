//! What verification promises, proved on documents that are really sealed.

mod archive;
mod bundle;
mod conclusions;
mod fixture;
mod lookalikes;
mod ofd_tampering;
mod pdf_hostile;
mod pdf_revisions;
mod pdf_sm2;
mod pdf_tampering;
mod pdf_time;
mod samples;
mod several;
mod whole;
mod words;
