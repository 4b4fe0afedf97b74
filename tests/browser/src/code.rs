//! The QR code of a certificate, read off its picture.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

/// Dots per inch of the picture: a phone held over a print sees at least as much.
const RESOLUTION: &str = "200";

/// What the QR code on the first page of a PDF says (pdftoppm of poppler-utils, zbarimg of zbar-tools).
///
/// # Errors
/// A tool is not installed, the file cannot be drawn, or it has not exactly one code.
pub async fn code_of(pdf: &Path) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let picture = folder.path().join("page");
    let drawn = Command::new("pdftoppm")
        .args(["-png", "-r", RESOLUTION, "-f", "1", "-l", "1", "-singlefile"])
        .arg(pdf)
        .arg(&picture)
        .status()
        .await
        .context("pdftoppm (package poppler-utils)")?;
    if !drawn.success() {
        bail!("the certificate cannot be drawn");
    }
    let read = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(picture.with_extension("png"))
        .output()
        .await
        .context("zbarimg (package zbar-tools)")?;
    let text = String::from_utf8(read.stdout)?;
    match text.lines().collect::<Vec<_>>().as_slice() {
        [code] => Ok((*code).to_owned()),
        codes => bail!("{} QR codes on the certificate", codes.len()),
    }
}
