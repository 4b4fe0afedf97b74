//! What verification promises, proved on documents that are really sealed.

mod archive;
mod bundle;
mod conclusions;
mod der_tree;
mod documented;
mod fixture;
mod hand;
mod hostile_ofd;
mod hostile_package;
mod hostile_page;
mod lookalikes;
mod ofd_tampering;
mod ofd_time;
mod pdf_foreign;
mod pdf_hostile;
mod pdf_revisions;
mod pdf_sm2;
mod pdf_tampering;
mod pdf_time;
mod revoked;
mod samples;
mod several;
mod symbols;
mod tamper_matrix;
mod whole;
mod words;
