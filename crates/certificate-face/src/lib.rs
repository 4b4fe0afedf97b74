//! From the facts of a certificate to its face in millimetres, and to OFD and PDF.
