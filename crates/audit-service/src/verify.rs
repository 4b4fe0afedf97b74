//! Walks the chain, a page a snapshot: what is linked never changes, so that no snapshot has to be held for the walk.

use api::audit::v1 as pb;
use bytes::Bytes;
use futures_util::{Stream, stream};
use postgres::Tx;
use postgres::audit::{self, Checker, Fault, Head};
use serde_json::json;
use service_runtime::Refusal;
use tonic::Status;

use crate::wire::{self, Range};
use crate::{Asked, AuditLog, BATCH, Error, status};

/// Where a walk stands.
struct Walk {
    log: AuditLog,
    asked: Asked,
    range: Range,
    /// None before the first page.
    under_way: Option<UnderWay>,
    told: bool,
}

struct UnderWay {
    checker: Checker,
    /// The end of the chain when the walk began.
    head: Head,
    to: i64,
    checked: i64,
}

/// Progress after every page, the finding at the end. The finding is recorded before it is told.
pub(crate) fn verify(
    log: AuditLog,
    asked: Asked,
    range: Range,
) -> impl Stream<Item = Result<pb::VerifyAuditResponse, Status>> + Send {
    let walk = Walk {
        log,
        asked,
        range,
        under_way: None,
        told: false,
    };
    stream::try_unfold(walk, async |mut walk| {
        if walk.told {
            return Ok(None);
        }
        let answer = walk.next().await.map_err(status)?;
        walk.told = answer.done.is_some();
        Ok(Some((answer, walk)))
    })
}

impl Walk {
    async fn next(&mut self) -> Result<pb::VerifyAuditResponse, Error> {
        let mut walk = match self.under_way.take() {
            Some(walk) => walk,
            None => self.begin().await?,
        };
        let (after, to) = (walk.checker.reached().sequence, walk.to);
        let page = self
            .log
            .0
            .reader
            .snapshot("verify audit", async |tx: &mut Tx| {
                audit::links(tx, after, to, BATCH).await
            })
            .await?;
        let mut faults = Vec::new();
        for linked in &page {
            walk.checker.follow(&linked.link, &mut faults);
            walk.checked += 1;
            if !faults.is_empty() {
                break;
            }
        }
        let fault = match faults.first() {
            Some(fault) => Some(*fault),
            None if page.is_empty() => self.at_the_end(&walk).await?,
            None => {
                let checked_to = walk.checker.reached().sequence;
                self.under_way = Some(walk);
                return Ok(pb::VerifyAuditResponse {
                    checked_to,
                    done: None,
                });
            }
        };
        self.found(&walk, fault).await
    }

    async fn begin(&self) -> Result<UnderWay, Error> {
        let before = self.range.from - 1;
        let (head, start) = self
            .log
            .0
            .reader
            .snapshot("begin to verify audit", async |tx: &mut Tx| {
                Ok::<_, Error>((audit::head(tx).await?, audit::head_at(tx, before).await?))
            })
            .await?;
        let start = start.ok_or_else(|| Refusal::invalid("from", "the chain is shorter"))?;
        Ok(UnderWay {
            checker: Checker::after(start),
            head,
            to: self.range.to.unwrap_or(head.sequence),
            checked: 0,
        })
    }

    /// What only shows once every link has been followed.
    async fn at_the_end(&self, walk: &UnderWay) -> Result<Option<Fault>, Error> {
        let reached = walk.checker.reached();
        if walk.to < walk.head.sequence {
            let short = reached.sequence < walk.to;
            return Ok(short.then_some(Fault::Gap {
                sequence: reached.sequence + 1,
            }));
        }
        if let Some(fault) = walk.checker.finish(walk.head) {
            return Ok(Some(fault));
        }
        let unlinked = self
            .log
            .0
            .reader
            .snapshot("unlinked audit records", async |tx: &mut Tx| {
                audit::unlinked(tx, 1).await
            })
            .await?;
        Ok(unlinked.first().map(|audit| Fault::Unlinked { audit: *audit }))
    }

    async fn found(&self, walk: &UnderWay, fault: Option<Fault>) -> Result<pb::VerifyAuditResponse, Error> {
        let pending = self
            .log
            .0
            .reader
            .snapshot("waiting audit records", async |tx: &mut Tx| {
                audit::pending(tx).await
            })
            .await?;
        let mut evidence = self.range.evidence();
        evidence["checked"] = walk.checked.into();
        if let Some(fault) = fault {
            evidence["fault"] = json!({ "kind": fault.code(), "position": fault.position() });
        }
        self.log.record(&self.asked, evidence).await?;
        Ok(pb::VerifyAuditResponse {
            checked_to: walk.checker.reached().sequence,
            done: Some(pb::VerifiedAudit {
                service: self.log.0.service.clone(),
                head_sequence: walk.head.sequence,
                head_hash: Bytes::copy_from_slice(&walk.head.hash),
                checked: walk.checked,
                fault: fault.map(wire::fault),
                pending,
            }),
        })
    }
}
