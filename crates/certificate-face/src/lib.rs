//! From the facts of a certificate to its face in millimetres, and from one face to OFD and PDF.

pub mod font;
