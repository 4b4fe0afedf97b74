//! What a checker does with a phone.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::Browser;

/// Words that the two verdicts must contain.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// After the scan: 有效.
    pub scanned: &'a str,
    /// After the upload: 已被新版本取代.
    pub uploaded: &'a str,
    /// Whether the page of the upload shows what the file shows.
    pub shown: bool,
}

/// Opens what the QR code says and reads the verdict; then goes to the portal, uploads a file, reads the verdict and sees
/// the file's page.
///
/// `portal` is its base address (`http://127.0.0.1:8080`), `code` the text of the QR code.
///
/// # Errors
/// A page does not come, says something else, or does not fit a phone.
pub async fn scan_to_verdict(
    browser: &Browser,
    portal: &str,
    code: &str,
    file: &Path,
    expected: Expected<'_>,
) -> Result<()> {
    ensure!(
        code.starts_with(portal),
        "the code leads to the portal of this system, not to {code}"
    );
    browser.open(code).await?;
    read(browser, expected.scanned).await.context("after the scan")?;

    browser.click(".again .button").await?;
    let path = file.to_str().context("a path that can be typed")?;
    browser.fill("#file", path).await?;
    browser.click("form[action='/verify/file'] button").await?;
    read(browser, expected.uploaded)
        .await
        .context("after the upload")?;
    ensure!(
        browser.draws("img.page").await? == expected.shown,
        "whether the page shows what the file shows"
    );
    Ok(())
}

async fn read(browser: &Browser, expected: &str) -> Result<()> {
    let verdict = browser.text("#verdict").await?;
    ensure!(verdict.contains(expected), "`{verdict}` instead of `{expected}`");
    ensure!(!browser.overflows().await?, "the page is wider than a phone");
    Ok(())
}
