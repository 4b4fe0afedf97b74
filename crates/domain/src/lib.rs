//! Nouns, rules and lifecycles of the registration of constructors; no I/O, no async, no clock reads.
