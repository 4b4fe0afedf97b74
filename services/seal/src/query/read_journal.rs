//! The journal in the order of its intents, page by page, as issuance compares it with its register.

use postgres::Tx;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::Error;
use crate::store::journal::{self, Brief};

/// Acts read at once.
const PAGE: i64 = 1_000;

/// A reading on its way: after which act, and through which intent; none when all were read.
pub(crate) struct Reading(Option<((Uuid, String), Uuid)>);

impl Reading {
    /// Acts of intents after `after` and up to `through`.
    pub(crate) fn begin(after: Uuid, through: Uuid) -> Self {
        // After every kind of the intent.
        Self(Some(((after, "~".to_owned()), through)))
    }

    /// The next acts; none when all were read.
    pub(crate) async fn next(&mut self, deps: &Deps) -> Result<Option<Vec<Brief>>, Error> {
        let Some((after, through)) = self.0.take() else {
            return Ok(None);
        };
        let page = deps
            .database
            .run_tx("read journal by intent", async |tx: &mut Tx| {
                journal::by_intent(tx, &after, through, PAGE).await
            })
            .await?;
        let whole = i64::try_from(page.len()).is_ok_and(|count| count == PAGE);
        self.0 = page
            .last()
            .filter(|_| whole)
            .map(|last| ((last.intent, last.kind.code().to_owned()), through));
        Ok((!page.is_empty()).then_some(page))
    }
}
