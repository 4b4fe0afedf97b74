//! Compares a province's registrations with the nation's at a pair of positions (design §3, decision 0028).

use std::collections::BTreeSet;

use domain::province::Province;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Read, Reader};
use register_tree::{Digest, Nodes, Pair, Path, Row};
use service_runtime::Scope;
use service_runtime::auth::JobName;
use tracing::instrument;

use crate::deps::Deps;
use crate::error::Error;
use crate::exchange::stream;
use crate::query::registered::registered;
use crate::store::exchange::register_tree::{self as tree, Stands};

const VERB: &str = "compare_register";
const JOB: JobName = JobName::new(VERB);

/// What a province says of its tree, and what it wants to see of ours.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) actor: String,
    pub(crate) province: Province,
    pub(crate) pair: Pair,
    pub(crate) root: Digest,
    /// Nodes whose children are asked for, and buckets whose rows are.
    pub(crate) nodes: Vec<Path>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum Compared {
    /// With the nation's signature.
    Equal { at: Timestamp, signature: Vec<u8> },
    /// The province has told more than was applied here.
    NotThereYet,
    /// This side stands elsewhere by now, or never stood there.
    Passed,
    Different {
        children: Vec<(Path, Digest)>,
        rows: Vec<Held>,
    },
}

/// A registration of a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) row: Row,
    /// The legal moment of the last act.
    pub(crate) since: Timestamp,
}

/// Everything is seen on one snapshot: pair, nodes and rows belong together.
#[instrument(name = "compare_register", skip_all, fields(province = %input.province))]
pub(crate) async fn compare_register(deps: &Deps, input: &Input) -> Result<(Stands, Compared), Error> {
    let now = deps.now();
    deps.database
        .run_serializable_tx(VERB, async |tx: &mut Tx| {
            let stands = tree::fold(tx, input.province, &stream(input.province), now).await?;
            let root = if stands.pair == input.pair {
                Some(stands.root)
            } else {
                tree::root_at(tx, input.province, input.pair).await?
            };
            let compared = match root {
                Some(root) if root == input.root => equal(deps, input, now),
                Some(_) if stands.pair == input.pair => different(deps, tx, input, now).await?,
                None if input.pair.sequence > stands.pair.sequence => Compared::NotThereYet,
                _ => Compared::Passed,
            };
            Ok::<_, Error>((stands, compared))
        })
        .await
}

fn equal(deps: &Deps, input: &Input, at: Timestamp) -> Compared {
    let signature = deps
        .exchange
        .sign_equal(input.province, input.pair, &input.root, at);
    Compared::Equal { at, signature }
}

async fn different(deps: &Deps, tx: &mut Tx, input: &Input, now: Timestamp) -> Result<Compared, Error> {
    let (buckets, nodes): (Vec<Path>, Vec<Path>) = input.nodes.iter().partition(|path| path.is_bucket());
    let asked: BTreeSet<Path> = nodes.iter().flat_map(|node| node.children()).collect();
    let found = tree::nodes(tx, input.province, &asked).await?;
    let digest = |path: Path, nodes: &Nodes| nodes.get(path).map(|digest| (path, digest));
    let children = asked.iter().filter_map(|path| digest(*path, &found)).collect();
    let mut rows = Vec::new();
    if !buckets.is_empty() {
        let scope = Scope::for_job(&JOB);
        for person in tree::people(tx, input.province, &buckets).await? {
            // Of somebody erased nothing can be shown; the digest says that something stands there.
            if let Some(known) = registered(tx, &deps.sealing, person, &scope).await? {
                rows.push(Held {
                    row: Row::from(&known.entry),
                    since: known.entry.since,
                });
            }
        }
        let people: Vec<String> = rows.iter().map(|held| held.row.person.resource_name()).collect();
        let read: Vec<Read> = people
            .iter()
            .map(|person| Read::new("register_row", person))
            .collect();
        let reader = Reader {
            at: now,
            actor: &input.actor,
            verb: VERB,
            purpose: "reconciliation",
        };
        tx.audit_read(reader, &stream(input.province), &read).await?;
    }
    Ok(Compared::Different { children, rows })
}

/// Lets the nodes of a province's tree follow its rows, so that a comparison finds little to do.
pub(crate) async fn fold_register(deps: &Deps, province: Province) -> Result<(), postgres::Error> {
    let now = deps.now();
    deps.database
        .run_serializable_tx("fold_register", async |tx: &mut Tx| {
            tree::fold(tx, province, &stream(province), now).await
        })
        .await?;
    Ok(())
}
