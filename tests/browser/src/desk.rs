//! What a holder does at the desk (办事). Each step takes a code of the authenticator that was not used yet.

use anyhow::{Result, ensure};

use crate::Browser;

/// Signs in with the number of an identity card.
///
/// # Errors
/// A page does not come, or names no certificate.
pub async fn sign_in(
    browser: &Browser,
    portal: &str,
    (document_number, password): (&str, &str),
    code: &str,
) -> Result<()> {
    browser.open(&format!("{portal}/my")).await?;
    browser.fill("#document_number", document_number).await?;
    browser.fill("#password", password).await?;
    browser.fill("#code", code).await?;
    browser.leave("form[action='/my/sign-in'] button").await?;
    let certificate = browser.text("#certificate").await?;
    ensure!(!certificate.is_empty(), "the page names no certificate");
    Ok(())
}

/// Proves the second factor once more, makes a copy for `recipient`, finds it in the list and looks at it.
///
/// # Errors
/// A page does not come, says something else, or does not fit a phone.
pub async fn make_a_copy(browser: &Browser, code: &str, recipient: &str) -> Result<()> {
    browser.fill("#code", code).await?;
    browser.leave("form[action='/my/step-up'] button").await?;
    browser.fill("#reference", "JS-2026-0977").await?;
    browser.fill("#recipient", recipient).await?;
    browser.leave("form[action='/my/copies'] button").await?;
    let copies = browser.text("#copy-list").await?;
    ensure!(
        copies.contains(recipient) && copies.contains("可使用"),
        "`{copies}`"
    );
    ensure!(!browser.overflows().await?, "the page is wider than a phone");
    browser
        .leave("#copy-list form[action='/my/preview'] button")
        .await?;
    let said = browser.text("main").await?;
    ensure!(
        browser.draws("img.page").await?,
        "no picture of the copy: `{said}`"
    );
    ensure!(!browser.overflows().await?, "the picture is wider than a phone");
    Ok(())
}
