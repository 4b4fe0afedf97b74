//! The journal of a span of time, page by page, in the order in which acts were requested.

use jiff::Timestamp;
use postgres::Tx;
use serde_json::json;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::Error;
use crate::management::{self, Call};
use crate::store::journal::{self, Entry, Place};

/// Acts read at once.
const PAGE: i64 = 500;

/// An export on its way.
pub(crate) struct Export {
    span: (Timestamp, Timestamp),
    place: Option<Place>,
}

/// Notes in the audit who exports what, and begins.
pub(crate) async fn begin(deps: &Deps, call: &Call, from: Timestamp, to: Timestamp) -> Result<Export, Error> {
    deps.database
        .run_tx("begin journal export", async |tx: &mut Tx| {
            let evidence = json!({ "from": from.to_string(), "to": to.to_string() });
            management::audit(
                tx,
                call,
                "export_journal",
                "国办发〔2025〕33号",
                "seals/-",
                evidence,
            )
            .await
        })
        .await?;
    Ok(Export {
        span: (from, to),
        place: Some((from, Uuid::nil(), String::new())),
    })
}

impl Export {
    /// The next acts; none when all were read.
    pub(crate) async fn next(&mut self, deps: &Deps) -> Result<Option<Vec<Entry>>, Error> {
        let Some(place) = self.place.take() else {
            return Ok(None);
        };
        let span = self.span;
        let page = deps
            .database
            .run_tx("read journal page", async |tx: &mut Tx| {
                journal::page(tx, span, &place, PAGE).await
            })
            .await?;
        let whole = i64::try_from(page.len()).is_ok_and(|count| count == PAGE);
        self.place = page.last().filter(|_| whole).map(|last| {
            (
                last.requested_at,
                last.act.intent,
                last.act.kind.code().to_owned(),
            )
        });
        Ok((!page.is_empty()).then_some(page))
    }
}
