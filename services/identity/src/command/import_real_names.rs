//! Records who carries which document.

use domain::document_number::DocumentNumber;
use domain::name::PersonName;
use postgres::Tx;
use postgres::requests::{Begun, Stored};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::Write;
use crate::access::{REAL_NAME_AUTHORITY, require_client};
use crate::deps::Deps;
use crate::error::{ANSWER_NOT_REPEATED, Error};
use crate::sealing::{self, PersonFacts};
use crate::store::real_name::{self, NewLine};

/// One line as the authority tells it.
pub(crate) struct Line {
    /// The document.
    pub(crate) number: DocumentNumber,
    /// The name on it.
    pub(crate) name: PersonName,
    /// Sex and birth date.
    pub(crate) facts: PersonFacts,
    /// The document that it took the place of, where it is told.
    pub(crate) previous: Option<DocumentNumber>,
}

/// A line that was not recorded. Holds nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineFault {
    /// Counted from 0.
    pub(crate) row: u32,
    /// The field at fault.
    pub(crate) field: String,
    /// Stable reason.
    pub(crate) reason: String,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Imported {
    /// Lines recorded.
    pub(crate) imported: u32,
    /// Lines that were not.
    pub(crate) faults: Vec<LineFault>,
}

/// Lines to record, and those that could not be read.
pub(crate) struct Input {
    /// The write.
    pub(crate) write: Write,
    /// Lines in order.
    pub(crate) lines: Vec<Line>,
    /// Lines left out.
    pub(crate) faults: Vec<LineFault>,
}

/// Idempotent on the request id. A line replaces what was known of its document; of two lines about one document the
/// later counts. Accounts that were opened before stay as they are until their owners take the change over
/// (`UpdateIdentity`).
///
/// # Errors
/// `CALLER_NOT_ALLOWED` for everybody but the real-name authority.
#[instrument(name = "import_real_names", skip_all, fields(count = input.lines.len()))]
pub(crate) async fn import_real_names(deps: &Deps, input: Input) -> Result<Imported, Error> {
    let Input { write, lines, faults } = input;
    let result = try_import(deps, &write, &lines, faults).await;
    write.recorded(deps, "realNames", result).await
}

async fn try_import(
    deps: &Deps,
    write: &Write,
    lines: &[Line],
    faults: Vec<LineFault>,
) -> Result<Imported, Error> {
    require_client(&write.caller, REAL_NAME_AUTHORITY)?;
    let mut sealed: Vec<NewLine> = lines.iter().map(|line| seal(deps, line)).collect();
    // Everybody locks rows in one order, so two imports cannot block each other; the later line stays the later.
    sealed.sort_by(|one, other| one.number.current().cmp(other.number.current()));
    let imported = Imported {
        imported: u32::try_from(lines.len()).map_err(Error::internal)?,
        faults,
    };
    deps.database
        .run_tx("import real names", async |tx: &mut Tx| {
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(Stored::Response(kept)) => {
                    return serde_json::from_slice(&kept)
                        .map_err(|_| Error::internal("a kept answer is broken"));
                }
                Begun::Replay(Stored::Never) => return Err(Error::from(ANSWER_NOT_REPEATED)),
                Begun::First(claim) => claim,
            };
            for line in &sealed {
                real_name::replace(tx, line, write.at).await?;
            }
            let evidence = json!({ "imported": imported.imported, "faults": imported.faults.len() });
            write.done(tx, "realNames", evidence).await?;
            let kept = serde_json::to_vec(&imported).map_err(Error::internal)?;
            tx.finish_request(claim, &Stored::Response(kept)).await?;
            Ok(imported.clone())
        })
        .await
}

fn seal(deps: &Deps, line: &Line) -> NewLine {
    let id = Uuid::new_v4();
    let (key, wrapped_key) = deps.sealing.create_key(id);
    NewLine {
        number: deps.sealing.number_index(&line.number),
        previous: line
            .previous
            .as_ref()
            .map(|number| deps.sealing.number_index(number)),
        name: deps.sealing.name_index(&line.name),
        id,
        wrapped_key,
        facts: sealing::seal_record_facts(&key, &line.facts),
    }
}
