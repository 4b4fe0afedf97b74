//! One Chromium under one chromedriver, both gone with the value.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// What chromedriver says when it listens, before the port.
const STARTED: &str = "started successfully on port ";
/// A phone's screen, in CSS pixels.
const SCREEN: (u32, u32) = (390, 844);

/// A browser with a phone's screen.
pub struct Browser {
    client: Client,
    _driver: Child,
    /// Kept open: chromedriver ends when it cannot write.
    _said: Lines<BufReader<ChildStdout>>,
    _profile: TempDir,
}

impl Browser {
    /// Starts chromedriver on a free port and Chromium with a profile of its own.
    ///
    /// # Errors
    /// Either is not installed or does not start.
    pub async fn start() -> Result<Self> {
        let profile = TempDir::with_prefix("jianzheng-browser-")?;
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("chromedriver (package chromium-driver)")?;
        let output = driver.stdout.take().context("its output is piped")?;
        let mut said = BufReader::new(output).lines();
        let port = loop {
            let line = said
                .next_line()
                .await?
                .context("chromedriver ended before it listened")?;
            if let Some((_, port)) = line.split_once(STARTED) {
                break port.trim_end_matches('.').parse::<u16>()?;
            }
        };
        let options = json!({
            "goog:chromeOptions": {
                "args": arguments(profile.path()),
                "mobileEmulation": {
                    "deviceMetrics": { "width": SCREEN.0, "height": SCREEN.1, "pixelRatio": 2.0, "touch": true }
                },
            }
        });
        let serde_json::Value::Object(capabilities) = options else {
            bail!("capabilities are an object");
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .context("chromium (package chromium)")?;
        Ok(Self {
            client,
            _driver: driver,
            _said: said,
            _profile: profile,
        })
    }

    /// Opens an address.
    ///
    /// # Errors
    /// The page cannot be loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// The text of the element that `selector` finds, once it is there.
    ///
    /// # Errors
    /// It does not come.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let element = self.client.wait().for_element(Locator::Css(selector)).await;
        Ok(element.with_context(|| selector.to_owned())?.text().await?)
    }

    /// Types into an input; for a file input, the path of the file.
    ///
    /// # Errors
    /// There is no such input.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.client.wait().for_element(Locator::Css(selector)).await;
        Ok(element
            .with_context(|| selector.to_owned())?
            .send_keys(text)
            .await?)
    }

    /// Clicks.
    ///
    /// # Errors
    /// There is nothing to click.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = self.client.wait().for_element(Locator::Css(selector)).await;
        Ok(element.with_context(|| selector.to_owned())?.click().await?)
    }

    /// Clicks what leads to another page, perhaps one that looks the same, and waits until that is there.
    ///
    /// # Errors
    /// There is nothing to click, or no page follows.
    pub async fn leave(&self, selector: &str) -> Result<()> {
        let mark = "document.documentElement.setAttribute('data-left', '')";
        self.client.execute(mark, Vec::new()).await?;
        self.click(selector).await?;
        let next = Locator::Css("html:not([data-left])");
        let page = self.client.wait().for_element(next).await;
        page.with_context(|| format!("the page behind {selector}"))?;
        Ok(())
    }

    /// Whether the page is wider than the phone, so that it must be pushed aside to be read.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn overflows(&self) -> Result<bool> {
        let script = "return document.documentElement.scrollWidth > window.innerWidth";
        let answer = self.client.execute(script, Vec::new()).await?;
        answer.as_bool().context("a yes or a no")
    }

    /// Whether the picture that `selector` finds is one that the browser draws.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn draws(&self, selector: &str) -> Result<bool> {
        let script = "const found = document.querySelector(arguments[0]); \
                      return found !== null && found.complete && found.naturalWidth > 0";
        let answer = self.client.execute(script, vec![selector.into()]).await?;
        answer.as_bool().context("a yes or a no")
    }

    /// The screen as PNG.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        Ok(self.client.screenshot().await?)
    }

    /// Ends the session; Chromium leaves with it.
    ///
    /// # Errors
    /// The browser is gone already.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.clone().close().await?)
    }
}

/// Chromium's sandbox does not start for root, as whom CI runs. The pipe makes Chromium end when chromedriver does.
fn arguments(profile: &Path) -> Vec<String> {
    let fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-sync",
        "--disable-component-update",
        "--disable-background-networking",
        "--no-first-run",
        "--no-proxy-server",
        "--remote-debugging-pipe",
    ];
    let mut arguments: Vec<_> = fixed.map(str::to_owned).into();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments
}
