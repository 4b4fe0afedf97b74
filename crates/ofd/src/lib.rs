//! Writing and reading of OFD packages (GB/T 33190).
