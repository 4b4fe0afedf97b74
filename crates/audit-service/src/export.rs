//! The chain as JSON lines, a page a message.

use api::audit::v1 as pb;
use bytes::Bytes;
use futures_util::{Stream, stream};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{self, FORMAT, Head, Line};
use service_runtime::Refusal;
use tonic::Status;

use crate::wire::{Filter, Range};
use crate::{AuditLog, BATCH, Error, status};

struct Export {
    log: AuditLog,
    at: Timestamp,
    range: Range,
    filter: Filter,
    state: State,
}

enum State {
    Begin,
    Lines(Lines),
    Done,
}

/// How far the lines have come.
#[derive(Debug, Clone, Copy)]
struct Lines {
    reached: Head,
    to: i64,
    /// Where the service says that its chain ends, if the range goes so far.
    head: Option<Head>,
    told: u64,
    pending: i64,
}

/// Every link of the range has a line; the filter decides which records are told with theirs.
pub(crate) fn export(
    log: AuditLog,
    at: Timestamp,
    range: Range,
    filter: Filter,
) -> impl Stream<Item = Result<pb::ExportAuditResponse, Status>> + Send {
    let export = Export {
        log,
        at,
        range,
        filter,
        state: State::Begin,
    };
    stream::try_unfold(export, async |mut export| {
        let lines = export.next().await.map_err(status)?;
        Ok(lines.map(|lines| {
            let lines = Bytes::from(lines);
            (pb::ExportAuditResponse { lines }, export)
        }))
    })
}

impl Export {
    async fn next(&mut self) -> Result<Option<String>, Error> {
        match self.state {
            State::Begin => self.begin().await.map(Some),
            State::Lines(lines) => self.lines(lines).await.map(Some),
            State::Done => Ok(None),
        }
    }

    async fn begin(&mut self) -> Result<String, Error> {
        let before = self.range.from - 1;
        let (head, start, pending) = self
            .log
            .0
            .reader
            .snapshot("begin to export audit", async |tx: &mut Tx| {
                let head = audit::head(tx).await?;
                Ok::<_, Error>((head, audit::head_at(tx, before).await?, audit::pending(tx).await?))
            })
            .await?;
        let start = start.ok_or_else(|| Refusal::invalid("from", "the chain is shorter"))?;
        let to = self.range.to.unwrap_or(head.sequence).min(head.sequence);
        self.state = State::Lines(Lines {
            reached: start,
            to,
            head: (to == head.sequence).then_some(head),
            told: 0,
            pending,
        });
        Ok(Line::Begin {
            format: FORMAT.to_owned(),
            service: self.log.0.service.clone(),
            exported_at: self.at,
            filter: self.filter.to_string(),
            after: start.into(),
        }
        .to_json())
    }

    async fn lines(&mut self, mut at: Lines) -> Result<String, Error> {
        let (after, to) = (at.reached.sequence, at.to);
        let page = self
            .log
            .0
            .reader
            .snapshot("export audit", async |tx: &mut Tx| {
                audit::links(tx, after, to, BATCH).await
            })
            .await?;
        if page.is_empty() {
            self.state = State::Done;
            return Ok(Line::End {
                head: at.head.unwrap_or(at.reached).into(),
                records: at.told,
                pending: at.pending,
            }
            .to_json());
        }
        let mut lines = String::new();
        for linked in page {
            at.reached = Head {
                sequence: linked.link.sequence,
                hash: linked.link.hash,
            };
            let tell = linked.entry.as_ref().is_some_and(|entry| self.filter.lets(entry));
            at.told += u64::from(tell);
            lines.push_str(&Line::of(linked, tell).to_json());
        }
        self.state = State::Lines(at);
        Ok(lines)
    }
}
