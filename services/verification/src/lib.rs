//! Answers about certificates from a read model of the register.
