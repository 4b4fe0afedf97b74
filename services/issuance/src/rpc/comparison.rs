//! `CompareRegister` of `exchange.v1.ExchangeService`: decoding and encoding.

use api::convert::{Malformed, instant};
use api::exchange::v1 as wire;
use api::types::v1 as types;
use domain::province::Province;
use domain::register::StatusCode;
use register_tree::{Pair, Path, Standing};
use wire::compare_register_response::Outcome;

use crate::command::compare_register::{Compared, Held, Input};
use crate::store::exchange::register_tree::Stands;

/// Most nodes of one call.
const MOST_NODES: usize = 256;

pub(super) fn input(
    actor: String,
    province: Province,
    request: &wire::CompareRegisterRequest,
) -> Result<Input, Malformed> {
    let pair = request
        .pair
        .ok_or_else(|| Malformed::new("pair", "a pair of positions"))?;
    let root = request.root.as_ref().try_into();
    if request.nodes.len() > MOST_NODES {
        return Err(Malformed::new("nodes", "at most 256"));
    }
    let nodes = request
        .nodes
        .iter()
        .map(|text| Path::parse(text))
        .collect::<Option<_>>();
    Ok(Input {
        actor,
        province,
        pair: Pair {
            sequence: pair.sequence,
            number: pair.number,
        },
        root: root.map_err(|_| Malformed::new("root", "32 bytes"))?,
        nodes: nodes.ok_or_else(|| Malformed::new("nodes", "at most four hexadecimal digits each"))?,
    })
}

pub(super) fn answer((stands, compared): (Stands, Compared)) -> wire::CompareRegisterResponse {
    let mut answer = wire::CompareRegisterResponse {
        pair: Some(wire::RegisterPair {
            sequence: stands.pair.sequence,
            number: stands.pair.number,
        }),
        ..Default::default()
    };
    let outcome = match compared {
        Compared::Equal { at, signature } => {
            answer.compared_at = Some(instant(at));
            answer.receipt_signature = signature.into();
            Outcome::Equal
        }
        Compared::NotThereYet => Outcome::NotThereYet,
        Compared::Passed => Outcome::Passed,
        Compared::Different { children, rows } => {
            let node = |(path, digest): (Path, register_tree::Digest)| wire::RegisterNode {
                path: path.to_string(),
                digest: digest.to_vec().into(),
            };
            answer.children = children.into_iter().map(node).collect();
            answer.rows = rows.into_iter().map(row).collect();
            Outcome::Different
        }
    };
    answer.set_outcome(outcome);
    answer
}

fn row(held: Held) -> wire::RegisterRow {
    let row = held.row;
    let specialties = row
        .specialties
        .iter()
        .map(|(specialty, term)| types::SpecialtyValidity {
            specialty: types::Specialty::from(*specialty).into(),
            valid_from: Some(term.from.into()),
            valid_to: Some(term.to.into()),
        });
    let (status, cause, until) = match row.standing {
        Standing::InForce => (StatusCode::Valid, None, None),
        Standing::Suspended { until } => (StatusCode::Suspended, None, until),
        Standing::Ended { cause } => (cause.status(), Some(cause), None),
    };
    wire::RegisterRow {
        registration_number: row.number.to_string(),
        person: row.person.resource_name(),
        employer: row.employer.resource_name(),
        specialties: specialties.collect(),
        status_code: types::StatusCode::from(status).into(),
        end_cause: cause.map_or(0, |cause| types::EndCause::from(cause).into()),
        suspended_until: until.map(Into::into),
        since: Some(instant(held.since)),
    }
}
