//! The portal in a real browser: Chromium with a phone's screen, driven through chromedriver (both Debian packages).
//!
//! [`scan_to_verdict`] is what a checker does: scan the code of a certificate, read the verdict, upload a file, read
//! the verdict. [`code_of`] reads the QR code off the certificate's own PDF as a phone would (pdftoppm, zbarimg).
//! [`make_a_copy`] is what a holder does at the desk.

mod chromium;
mod code;
mod desk;
mod scan;

pub use chromium::Browser;
pub use code::code_of;
pub use desk::{make_a_copy, sign_in};
pub use scan::{Expected, scan_to_verdict};
