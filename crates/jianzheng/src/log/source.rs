//! Where a log is read from.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use api::issuance::v1 as wire;
use api::issuance::v1::log_service_client::LogServiceClient;
use service_runtime::tls::PeerChannel;
use tlog::TilePath;
use tonic::Code;

use super::web::Web;
use crate::verify::online_client;

/// A copy in a folder, or the log as it is served.
#[derive(Debug)]
pub enum Source {
    /// In the layout of C2SP: `checkpoint`, `tile/…`. Further checkpoints may lie in `checkpoints/`, one a file.
    Folder(PathBuf),
    /// `issuance.v1.LogService`.
    Served(LogServiceClient<PeerChannel>),
    /// The layout of C2SP over HTTP; where it has them, further checkpoints as our portals serve them.
    Web(Web),
}

impl Source {
    /// The served log, by a client's certificate and endpoints.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn served(client: &Path) -> Result<Self> {
        let channel = online_client(client, "issuance").with_context(|| client.display().to_string())?;
        Ok(Self::Served(LogServiceClient::new(channel)))
    }

    /// Every checkpoint that is published.
    pub(super) async fn checkpoints(&self) -> Result<Vec<String>> {
        match self {
            Self::Folder(folder) => in_folder(folder),
            Self::Served(client) => every(client.clone()).await,
            Self::Web(web) => on_web(web).await,
        }
    }

    /// A tile or a bundle of entries; none where the log does not have it.
    pub(super) async fn file(&self, path: &TilePath) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => read(&folder.join(path.to_string())),
            Self::Web(web) => web.get(&path.to_string()).await,
            Self::Served(client) => {
                let paths = vec![path.to_string()];
                match client.clone().get_tiles(wire::GetTilesRequest { paths }).await {
                    Ok(answer) => {
                        let tile = answer.into_inner().tiles.into_iter().next();
                        Ok(tile.map(|tile| tile.content.to_vec()))
                    }
                    Err(status) if status.code() == Code::NotFound => Ok(None),
                    Err(status) => Err(anyhow!("{path}: {}", status.message())),
                }
            }
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).context("a checkpoint is text")
}

fn in_folder(folder: &Path) -> Result<Vec<String>> {
    let latest = folder.join("checkpoint");
    let latest = read(&latest)?.with_context(|| latest.display().to_string())?;
    let mut notes = vec![text(latest)?];
    match std::fs::read_dir(folder.join("checkpoints")) {
        Ok(entries) => {
            for entry in entries {
                notes.push(text(std::fs::read(entry?.path())?)?);
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    Ok(notes)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

async fn every(mut client: LogServiceClient<PeerChannel>) -> Result<Vec<String>> {
    let mut notes: Vec<String> = Vec::new();
    let mut after_size = 0;
    loop {
        let request = wire::ListCheckpointsRequest {
            after_size,
            page_size: 0,
        };
        let answer = client.list_checkpoints(request).await;
        let page = answer
            .map_err(|status| anyhow!("checkpoints: {}", status.message()))?
            .into_inner()
            .checkpoints;
        let Some(last) = page.last() else {
            return Ok(notes);
        };
        after_size = goes_on(last, after_size)?;
        notes.extend(page);
    }
}

/// The latest, and every page of the others. C2SP knows the latest alone: of a log that serves no more there is no more.
async fn on_web(web: &Web) -> Result<Vec<String>> {
    let latest = web.get("checkpoint").await?.context("checkpoint: none")?;
    let mut notes = vec![text(latest)?];
    let mut after_size = 0;
    while let Some(page) = web.get(&format!("checkpoints/{after_size}")).await? {
        let page = framed(&page)?;
        let Some(last) = page.last() else { break };
        after_size = goes_on(last, after_size)?;
        notes.extend(page);
    }
    Ok(notes)
}

/// Notes one after the other, each after its length in two bytes.
fn framed(mut page: &[u8]) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    while let Some((length, rest)) = page.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (note, rest) = rest
            .split_at_checked(length)
            .context("a page of checkpoints breaks off")?;
        notes.push(text(note.to_vec())?);
        page = rest;
    }
    if page.is_empty() {
        Ok(notes)
    } else {
        Err(anyhow!("a page of checkpoints breaks off"))
    }
}

/// The size that the last checkpoint of a page states: the next page begins after it.
fn goes_on(last: &str, after: u64) -> Result<u64> {
    let size = last.lines().nth(1).and_then(|size| size.parse().ok());
    size.filter(|size| *size > after)
        .context("the pages of checkpoints do not go on")
}
