//! Pages for people: verification by number, QR code and file.
