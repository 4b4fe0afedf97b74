//! Writing and reading of PDF/A documents signed with PAdES.
