//! A file as it arrives becomes pieces of rows: the memory it takes does not grow with it.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::pin::pin;

use bytes::Bytes;
use domain::import::ImportRefused;
use tabular::{Cell, Format, Limits, Row, TableError};
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt as _};

use super::PIECE;
use crate::error::Error;

/// What a reader has made of a file.
#[derive(Debug)]
pub(crate) enum Part {
    Heading(Vec<String>),
    Piece(Vec<Row>),
}

/// Keeps what a file is made of.
pub(crate) trait Keep: Send {
    /// Takes the next part.
    fn keep(&mut self, part: Part) -> impl Future<Output = Result<(), Error>> + Send;
}

/// What is known of a file once it has arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// SM3.
    pub(crate) digest: Vec<u8>,
    pub(crate) size: i64,
}

/// Reads a file while it arrives, and hands every part to `keeper`, the heading first.
///
/// # Errors
/// The file is no table within the limits, the stream broke off, or `keeper` refused a part.
pub(crate) async fn receive(
    chunks: impl Stream<Item = Result<Bytes, Error>> + Send,
    keeper: &mut impl Keep,
) -> Result<Arrived, Error> {
    let (feed, source) = mpsc::channel(4);
    let (parts, mut read) = mpsc::channel(2);
    let reader = tokio::task::spawn_blocking(move || parse(Source::new(source), &parts));
    let arrive = async {
        let mut chunks = pin!(chunks);
        let (mut digest, mut size) = (gm::sm3::Sm3::new(), 0_i64);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            digest.update(&chunk);
            size += i64::try_from(chunk.len()).unwrap_or_default();
            // A reader that has given up says why below.
            if feed.send(chunk).await.is_err() {
                break;
            }
        }
        drop(feed);
        Ok::<_, Error>(Arrived {
            digest: digest.finish().to_vec(),
            size,
        })
    };
    let store = async {
        while let Some(part) = read.recv().await {
            if let Err(error) = keeper.keep(part).await {
                read.close();
                return Err(error);
            }
        }
        Ok(())
    };
    let (arrived, stored) = tokio::join!(arrive, store);
    let outcome = reader.await.map_err(Error::internal)?;
    let arrived = arrived?;
    stored?;
    outcome.map_err(|fault| refused(&fault))?;
    Ok(arrived)
}

fn refused(fault: &TableError) -> Error {
    let what = match fault {
        TableError::Unreadable => "不是有效的CSV或XLSX文件".to_owned(),
        TableError::TooManyBytes => "文件过大或解压后过大".to_owned(),
        TableError::TooManyRows => "行数过多".to_owned(),
        TableError::TooManyColumns { row } => format!("第{row}行列数过多"),
        TableError::CellTooLong { row } => format!("第{row}行有单元格过长"),
        TableError::Encoding => "文字编码既不是UTF-8也不是GB18030".to_owned(),
        TableError::Empty => "表头之下没有数据行".to_owned(),
    };
    ImportRefused::File { what }.into()
}

fn parse(mut source: Source, parts: &mpsc::Sender<Part>) -> Result<(), TableError> {
    let limits = Limits::IMPORT;
    let mut rows = Rows {
        parts,
        heading: true,
        piece: Vec::new(),
    };
    match Format::of(source.beginning().map_err(|_| TableError::Unreadable)?) {
        Format::Csv => tabular::read_csv(source, &limits, |row| rows.take(row))?,
        Format::Xlsx => {
            let mut package = Vec::new();
            let most = limits.package_bytes + 1;
            source
                .take(most)
                .read_to_end(&mut package)
                .map_err(|_| TableError::Unreadable)?;
            tabular::read_xlsx(&package, &limits, |row| rows.take(row))?;
        }
    }
    let _ = rows.flush();
    Ok(())
}

struct Rows<'a> {
    parts: &'a mpsc::Sender<Part>,
    heading: bool,
    piece: Vec<Row>,
}

impl Rows<'_> {
    fn take(&mut self, row: Row) -> ControlFlow<()> {
        if self.heading {
            self.heading = false;
            let cells = row.cells.iter().map(Cell::shown).map(str::to_owned).collect();
            return self.send(Part::Heading(cells));
        }
        self.piece.push(row);
        if self.piece.len() < PIECE {
            return ControlFlow::Continue(());
        }
        self.flush()
    }

    fn flush(&mut self) -> ControlFlow<()> {
        if self.piece.is_empty() {
            return ControlFlow::Continue(());
        }
        let piece = std::mem::take(&mut self.piece);
        self.send(Part::Piece(piece))
    }

    fn send(&self, part: Part) -> ControlFlow<()> {
        if self.parts.blocking_send(part).is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

/// Chunks of a stream as a reader's bytes; for a thread of its own.
struct Source {
    chunks: mpsc::Receiver<Bytes>,
    now: Bytes,
}

impl Source {
    const fn new(chunks: mpsc::Receiver<Bytes>) -> Self {
        Self {
            chunks,
            now: Bytes::new(),
        }
    }

    /// The first bytes, without taking them.
    fn beginning(&mut self) -> io::Result<&[u8]> {
        while self.now.len() < 4 {
            let Some(more) = self.chunks.blocking_recv() else {
                break;
            };
            self.now = [&self.now[..], &more[..]].concat().into();
        }
        Ok(&self.now)
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.now.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.now = chunk,
                None => return Ok(0),
            }
        }
        let count = into.len().min(self.now.len());
        let taken = self.now.split_to(count);
        if let Some(to) = into.get_mut(..count) {
            to.copy_from_slice(&taken);
        }
        Ok(count)
    }
}
