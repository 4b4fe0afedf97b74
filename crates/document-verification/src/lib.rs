//! Findings and verdict on a certificate file; no I/O.
