//! 对账: compares the mirror with the nation's register at a pair of positions (design §3, decision 0028). An officer orders
//! it, or the day does; the job carries it out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::application::MoveRefused;
use domain::authority::{Authority, Officer};
use domain::calendar::{day_of, start_of};
use jiff::Timestamp;
use jiff::civil::Time;
use postgres::Tx;
use postgres::audit::{Outcome as Audited, Record as AuditRecord};
use register_tree::{Digest, Key, Pair, Path, Row, differing};
use serde_json::json;
use service_runtime::clock::Clock as _;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::peer::exchange::comparison::Compared;
use crate::store::reconciliation::{self, Differing, Outcome, Reconciliation, RowState, State};
use crate::store::register_tree::{self as tree, Stands};

pub(crate) const VERB: &str = "reconcile_register";
/// How often the two sides are given the chance to come to stand at one pair: an hour of a province that never rests.
const ATTEMPTS: u32 = 3_600;
/// How many of them follow closely.
const CLOSELY: u32 = 20;

/// Before an attempt.
const fn pause(attempt: u32) -> Duration {
    match attempt {
        0 => Duration::ZERO,
        1..CLOSELY => Duration::from_millis(250),
        _ => Duration::from_secs(1),
    }
}
/// Most nodes of one question.
const NODES: usize = 256;
/// Most rows that are listed.
const ROWS: usize = 1_000;

/// An officer of the province, or of the ministry, whose register the mirror follows.
pub(super) fn reconciling_officer(deps: &Deps, call: &Call) -> Result<Officer, Error> {
    let needed = Authority::Province(deps.province);
    let officer = call.officer(needed)?;
    if officer.authority != needed && officer.authority != Authority::Ministry {
        return Err(MoveRefused::WrongAuthority { needed }.into());
    }
    Ok(officer)
}

/// Orders a comparison. Idempotent on the request.
#[instrument(name = "reconcile_register", skip_all)]
pub(crate) async fn reconcile_register(deps: &Deps, call: &Call, from_rows: bool) -> Result<Uuid, Error> {
    reconciling_officer(deps, call)?;
    let id = Uuid::now_v7();
    let ordered = deps
        .database
        .run_tx(VERB, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(id),
                Begin::First(claim) => claim,
            };
            reconciliation::insert(tx, id, None, from_rows, call.at).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "design §3",
                subject: &deps.reconciliation_name(id),
                outcome: Audited::Done,
                evidence: json!({ "from_rows": from_rows }),
            })
            .await?;
            finish(tx, claim, id).await?;
            Ok::<_, Error>(id)
        })
        .await?;
    deps.wake.reconcile.notify_one();
    Ok(ordered)
}

/// The day's own comparison, once its hour has come; it digests every row.
pub(crate) async fn schedule(deps: &Deps, hour: Time) -> Result<(), Error> {
    let now = deps.clock.now();
    let day = day_of(now);
    if now.duration_since(start_of(day)) < hour.duration_since(Time::midnight()) {
        return Ok(());
    }
    deps.database
        .run_tx("schedule reconciliation", async |tx: &mut Tx| {
            reconciliation::insert(tx, Uuid::now_v7(), Some(day), true, now).await
        })
        .await?;
    Ok(())
}

/// What one attempt came to.
enum Attempt {
    Settled(Outcome),
    /// The two sides stood at different pairs.
    Moved,
}

/// Carries out one comparison.
#[instrument(name = "reconcile", skip_all)]
pub(crate) async fn reconcile(deps: &Deps, run: &Reconciliation) -> Result<(), Error> {
    let mut outcome = None;
    for attempt in 0..ATTEMPTS {
        tokio::time::sleep(pause(attempt)).await;
        let stands = stand(deps, run.from_rows && attempt == 0).await?;
        if let Attempt::Settled(settled) = compare(deps, stands).await? {
            outcome = Some(settled);
            break;
        }
    }
    let outcome = outcome.unwrap_or(Outcome {
        state: State::Unsettled,
        stands: None,
        receipt: None,
        rows: Vec::new(),
        more_rows: false,
    });
    let differ = outcome.rows.len();
    if outcome.state == State::Different {
        tracing::error!(
            rows = differ,
            monotonic_counter.registers_differ = 1_u64,
            "the mirror differs from the nation's register"
        );
    }
    let (outcome, at) = (&outcome, deps.clock.now());
    deps.database
        .run_tx("settle reconciliation", async |tx: &mut Tx| {
            reconciliation::settle(tx, run.id, outcome, at).await?;
            let pair = outcome
                .stands
                .map(|(pair, root)| json!({ "pair": pair, "root": hex::encode(root) }));
            let actor = crate::job::actor(VERB, deps.province);
            tx.audit(AuditRecord {
                at,
                actor: &actor,
                verb: "settle_reconciliation",
                article: "design §3",
                subject: &deps.reconciliation_name(run.id),
                outcome: Audited::Done,
                evidence: json!({ "state": format!("{:?}", outcome.state), "stands": pair, "rows": differ }),
            })
            .await?;
            Ok::<_, Error>(())
        })
        .await
}

/// Where the mirror stands now.
async fn stand(deps: &Deps, from_rows: bool) -> Result<Stands, Error> {
    let fold = async |tx: &mut Tx| tree::fold(tx, &deps.stream, from_rows).await;
    Ok(deps.database.run_serializable_tx("fold register", fold).await?)
}

async fn compare(deps: &Deps, stands: Stands) -> Result<Attempt, Error> {
    let Stands { pair, root } = stands;
    match deps.issuance.compare(pair, &root, &[]).await? {
        Compared::NotThereYet | Compared::Passed => Ok(Attempt::Moved),
        Compared::Equal { signature, at } => {
            if !deps
                .receipt_key
                .verifies_equal(deps.province, pair, &root, at, &signature)
            {
                return Err(Error::internal(
                    "issuance: a receipt of equal registers whose signature does not verify",
                ));
            }
            Ok(Attempt::Settled(Outcome {
                state: State::Equal,
                stands: Some((pair, root)),
                receipt: Some((signature, at)),
                rows: Vec::new(),
                more_rows: false,
            }))
        }
        Compared::Different { .. } => descend(deps, stands).await,
    }
}

/// From the root to the rows, as long as both sides stand where they stood.
async fn descend(deps: &Deps, stands: Stands) -> Result<Attempt, Error> {
    let mut nodes = vec![Path::ROOT];
    let mut more_rows = false;
    while nodes.iter().any(|node| !node.is_bucket()) {
        let Some(here) = children(deps, stands.pair, &nodes).await? else {
            return Ok(Attempt::Moved);
        };
        let answer = deps.issuance.compare(stands.pair, &stands.root, &nodes).await?;
        let Compared::Different { children: there, .. } = answer else {
            return Ok(Attempt::Moved);
        };
        nodes = differing(
            &nodes,
            |path| here.get(&path).copied(),
            |path| there.get(&path).copied(),
        );
        more_rows |= nodes.len() > NODES;
        nodes.truncate(NODES);
    }
    let Some(here) = rows(deps, stands.pair, &nodes).await? else {
        return Ok(Attempt::Moved);
    };
    let answer = deps.issuance.compare(stands.pair, &stands.root, &nodes).await?;
    let Compared::Different { rows: there, .. } = answer else {
        return Ok(Attempt::Moved);
    };
    let mut rows = pair_up(here, there);
    more_rows |= rows.len() > ROWS;
    rows.truncate(ROWS);
    Ok(Attempt::Settled(Outcome {
        state: State::Different,
        stands: Some((stands.pair, stands.root)),
        receipt: None,
        rows,
        more_rows,
    }))
}

/// The digests below some nodes, if the mirror still stands at the pair.
async fn children(deps: &Deps, pair: Pair, nodes: &[Path]) -> Result<Option<BTreeMap<Path, Digest>>, Error> {
    let asked: BTreeSet<Path> = nodes.iter().flat_map(|node| node.children()).collect();
    let asked = &asked;
    let found = deps
        .database
        .run_serializable_tx("fold register", async |tx: &mut Tx| {
            let stands = tree::fold(tx, &deps.stream, false).await?;
            let found = tree::nodes(tx, asked).await?;
            Ok::<_, Error>((stands.pair == pair).then_some(found))
        })
        .await?;
    Ok(found.map(|found| {
        let known = |path: &Path| found.get(*path).map(|digest| (*path, digest));
        asked.iter().filter_map(known).collect()
    }))
}

/// The rows of some buckets, if the mirror still stands at the pair.
async fn rows(deps: &Deps, pair: Pair, buckets: &[Path]) -> Result<Option<Vec<Row>>, Error> {
    deps.database
        .run_serializable_tx("fold register", async |tx: &mut Tx| {
            let stands = tree::fold(tx, &deps.stream, false).await?;
            let found = tree::rows(tx, buckets).await?;
            Ok::<_, Error>((stands.pair == pair).then_some(found))
        })
        .await
}

/// A registration here, and there with the moment of its last act.
type Sides = (Option<Row>, Option<(Row, Option<Timestamp>)>);

/// What differs, side by side.
fn pair_up(here: Vec<Row>, there: Vec<(Row, Option<Timestamp>)>) -> Vec<Differing> {
    let mut sides: BTreeMap<Key, Sides> = BTreeMap::new();
    for row in here {
        let key = row.key();
        sides.entry(key).or_default().0 = Some(row);
    }
    for row in there {
        let key = row.0.key();
        sides.entry(key).or_default().1 = Some(row);
    }
    let digest = |row: &Row| row.digest();
    sides
        .into_values()
        .filter(|(here, there)| here.as_ref().map(digest) != there.as_ref().map(|(row, _)| digest(row)))
        .map(|(here, there)| {
            let (there, since) = there.unzip();
            Differing {
                id: Uuid::now_v7(),
                state: RowState::Open,
                here,
                there,
                since: since.flatten(),
                four_eyes: None,
            }
        })
        .collect()
}
