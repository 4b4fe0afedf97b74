//! Masked types, envelope encryption under per-person data keys, and blind indices.
