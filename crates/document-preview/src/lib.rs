//! Previews of documents that strangers sent, drawn in a process of their own.
//!
//! [`Previewer::preview`] starts a worker for each page, hands it the bytes, and waits no longer than [`Limits::time`].
//! The worker gives up every right it does not need before it reads a byte: no file descriptor beyond its three streams (so
//! no file and no socket), a bound on memory and CPU time, no core dump, a low priority; its environment is empty, so that
//! there is no secret to find. A document that breaks it breaks nothing else: the caller gets [`NoPreview`]. What the worker
//! answers is decoded and made anew, so that a worker which a document has taken over can send a picture and nothing else.
//!
//! A preview is a picture and proves nothing about a document.

mod protocol;
#[cfg(feature = "settings")]
mod settings;
pub mod worker;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use material_content::Picture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::Semaphore;

pub use protocol::Request;

/// `jianzheng` allocates with mimalloc, which reserves address space ahead: 1 GiB unless told otherwise (in KiB), more than a
/// worker's limit lets it have, so that whatever did not fit into that failed.
const ALLOCATOR_RESERVE: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "65536");

/// What one preview may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From start to answer.
    pub time: Duration,
    /// Workers at once.
    pub workers: usize,
    /// How long whoever comes when all are at work waits for one.
    pub wait: Duration,
    /// Bytes of a document.
    pub document: usize,
    /// Pages of a document that are drawn at all.
    pub pages: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            workers: 2,
            wait: Duration::from_secs(2),
            document: 32 << 20,
            pages: 50,
        }
    }
}

/// Why there is no preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPreview {
    /// It cannot be read.
    Unreadable,
    /// It has no such page, or the page is beyond those that are drawn.
    NoSuchPage,
    /// It takes more time or memory than a preview may.
    TooCostly,
    /// All workers are at work.
    Busy,
    /// The worker cannot be started.
    Unavailable,
}

impl NoPreview {
    /// In Chinese and in English, for whoever wanted to see it.
    #[must_use]
    pub const fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => (
                "文档无法预览，请下载原件查看。",
                "The document cannot be drawn; read the original.",
            ),
            Self::NoSuchPage => (
                "没有这一页，或者超出可预览的页数。",
                "There is no such page, or it is beyond those that are drawn.",
            ),
            Self::TooCostly => (
                "文档过于复杂，不提供预览，请下载原件查看。",
                "The document is too costly to draw; read the original.",
            ),
            Self::Busy => ("预览繁忙，请稍后再试。", "Previews are busy; try again later."),
            Self::Unavailable => ("预览暂不可用。", "Previews are not available."),
        }
    }
}

impl std::fmt::Display for NoPreview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (zh, en) = self.text();
        write!(f, "{zh} {en}")
    }
}

impl std::error::Error for NoPreview {}

/// A page as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Made anew from the pixels that the worker answered.
    pub picture: Picture,
    /// Pages of the document.
    pub pages: u32,
}

/// Starts workers.
#[derive(Debug)]
pub struct Previewer {
    program: PathBuf,
    arguments: Vec<String>,
    limits: Limits,
    permits: Semaphore,
}

impl Previewer {
    /// Workers are started as `program` with `arguments`.
    #[must_use]
    pub fn new(program: PathBuf, arguments: Vec<String>, limits: Limits) -> Self {
        Self {
            program,
            arguments,
            permits: Semaphore::new(limits.workers),
            limits,
        }
    }

    /// What one preview may cost here.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Draws one page. Dropping the future kills the worker.
    ///
    /// # Errors
    /// Why there is no preview.
    pub async fn preview(&self, document: &[u8], request: Request) -> Result<Preview, NoPreview> {
        if document.len() > self.limits.document {
            return Err(NoPreview::TooCostly);
        }
        if request.page > self.limits.pages {
            return Err(NoPreview::NoSuchPage);
        }
        let permit = tokio::time::timeout(self.limits.wait, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else {
            return Err(NoPreview::Busy);
        };
        let answered = tokio::time::timeout(self.limits.time, self.work(document, request)).await;
        // Where time is up the future was dropped, and the worker with it.
        let (png, pages) = answered.unwrap_or(Err(NoPreview::TooCostly))?;
        let anew = tokio::task::spawn_blocking(move || material_content::preview(&png)).await;
        match anew {
            Ok(Ok(picture)) => Ok(Preview { picture, pages }),
            Ok(Err(_)) => Err(NoPreview::TooCostly),
            Err(_) => Err(NoPreview::Unavailable),
        }
    }

    async fn work(&self, document: &[u8], request: Request) -> Result<(Vec<u8>, u32), NoPreview> {
        let mut worker = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .env(ALLOCATOR_RESERVE.0, ALLOCATOR_RESERVE.1)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|_| NoPreview::Unavailable)?;
        let (Some(mut input), Some(output)) = (worker.stdin.take(), worker.stdout.take()) else {
            return Err(NoPreview::Unavailable);
        };
        let send = async {
            // A worker that died does not read on; its answer says so.
            let header = request.encode(document.len());
            let _ = input.write_all(&header).await;
            let _ = input.write_all(document).await;
            drop(input);
        };
        let mut answer = Vec::new();
        let receive = async {
            output
                .take(protocol::LARGEST_ANSWER)
                .read_to_end(&mut answer)
                .await
        };
        let ((), received) = tokio::join!(send, receive);
        let status = worker.wait().await.map_err(|_| NoPreview::Unavailable)?;
        if status.code() == Some(worker::UNFIT.into()) {
            return Err(NoPreview::Unavailable);
        }
        if received.is_err() || !status.success() {
            // Killed at a limit, or by a panic: there is no telling, and no difference to the caller.
            return Err(NoPreview::TooCostly);
        }
        protocol::decode(&answer)
    }
}
