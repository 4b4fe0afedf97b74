//! Previews of documents that strangers sent, drawn in a process of their own.
//!
//! [`Previewer::preview`] starts a worker for each document, hands it the bytes, and waits no longer than [`Limits::time`].
//! The worker gives up every right it does not need before it reads a byte: no file descriptor beyond its three streams (so
//! no file and no socket), a bound on memory and CPU time, no core dump; its environment is empty, so that there is no
//! secret to find. A document that breaks it breaks nothing else: the caller gets [`NoPreview`].
//!
//! A preview is a picture and proves nothing about a document.

mod protocol;
pub mod worker;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::Semaphore;

pub use protocol::Request;

/// What one preview may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From start to answer.
    pub time: Duration,
    /// Workers at once; who comes later waits, as long as one preview may take.
    pub workers: usize,
    /// Bytes of a document.
    pub document: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            workers: 2,
            document: 32 << 20,
        }
    }
}

/// Why there is no preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPreview {
    /// It cannot be read, or has no such page.
    #[error("文档无法预览，请下载原件查看。 The document cannot be drawn; read the original.")]
    Unreadable,
    /// It takes more time or memory than a preview may.
    #[error(
        "文档过于复杂，不提供预览，请下载原件查看。 The document is too costly to draw; read the original."
    )]
    TooCostly,
    /// All workers are at work.
    #[error("预览繁忙，请稍后再试。 Previews are busy; try again later.")]
    Busy,
    /// The worker cannot be started.
    #[error("预览暂不可用。 Previews are not available.")]
    Unavailable,
}

/// A page as a PNG file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The file.
    pub png: Vec<u8>,
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

    /// Draws one page. Dropping the future kills the worker.
    ///
    /// # Errors
    /// Why there is no preview.
    pub async fn preview(&self, document: &[u8], request: Request) -> Result<Preview, NoPreview> {
        if document.len() > self.limits.document {
            return Err(NoPreview::TooCostly);
        }
        let permit = tokio::time::timeout(self.limits.time, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else {
            return Err(NoPreview::Busy);
        };
        match tokio::time::timeout(self.limits.time, self.work(document, request)).await {
            Ok(answer) => answer,
            // The future was dropped, and the worker with it.
            Err(_) => Err(NoPreview::TooCostly),
        }
    }

    async fn work(&self, document: &[u8], request: Request) -> Result<Preview, NoPreview> {
        let mut worker = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
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
        if received.is_err() || !status.success() {
            // Killed at a limit, or by a panic: there is no telling, and no difference to the caller.
            return Err(NoPreview::TooCostly);
        }
        protocol::decode(answer)
    }
}
