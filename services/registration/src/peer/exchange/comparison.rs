//! `CompareRegister` of the nation's `exchange.v1.ExchangeService`.

use std::collections::BTreeMap;

use api::convert::{Malformed, Read as _, read_term};
use api::exchange::v1 as wire;
use api::types::v1 as types;
use domain::ids::{EmployerId, PersonId};
use domain::register::{EndCause, StatusCode};
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use register_tree::{Digest, Pair, Path, Row, Standing};
use wire::compare_register_response::Outcome;

use super::{Issuance, relay};
use crate::error::Error;

/// What the nation answers.
#[derive(Debug, Clone)]
pub(crate) enum Compared {
    /// Both hold the same, by its signature of this instant.
    Equal { signature: Vec<u8>, at: Timestamp },
    /// It has not applied everything yet.
    NotThereYet,
    /// It stands elsewhere.
    Passed,
    /// What it has below the nodes that were asked for.
    Different {
        children: BTreeMap<Path, Digest>,
        rows: Vec<(Row, Option<Timestamp>)>,
    },
}

impl Issuance {
    /// Compares a root at a pair, and asks for what is below some nodes.
    pub(crate) async fn compare(&self, pair: Pair, root: &Digest, nodes: &[Path]) -> Result<Compared, Error> {
        let request = wire::CompareRegisterRequest {
            pair: Some(wire::RegisterPair {
                sequence: pair.sequence,
                number: pair.number,
            }),
            root: root.to_vec().into(),
            nodes: nodes.iter().map(Path::to_string).collect(),
        };
        let answer = self.client().compare_register(request).await.map_err(relay)?;
        read(answer.into_inner()).map_err(|_| Error::internal("issuance: a comparison cannot be read"))
    }
}

fn read(answer: wire::CompareRegisterResponse) -> Result<Compared, Malformed> {
    Ok(match answer.outcome() {
        Outcome::Equal => Compared::Equal {
            signature: answer.receipt_signature.to_vec(),
            at: answer.compared_at.read("compared_at")?,
        },
        Outcome::NotThereYet => Compared::NotThereYet,
        Outcome::Passed => Compared::Passed,
        Outcome::Different => Compared::Different {
            children: answer.children.iter().map(node).collect::<Result<_, _>>()?,
            rows: answer.rows.into_iter().map(row).collect::<Result<_, _>>()?,
        },
        Outcome::Unspecified => return Err(Malformed::new("outcome", "a known value")),
    })
}

fn node(node: &wire::RegisterNode) -> Result<(Path, Digest), Malformed> {
    let path = Path::parse(&node.path).ok_or_else(|| Malformed::new("path", "hexadecimal digits"))?;
    let digest = node.digest.as_ref().try_into();
    Ok((path, digest.map_err(|_| Malformed::new("digest", "32 bytes"))?))
}

fn row(told: wire::RegisterRow) -> Result<(Row, Option<Timestamp>), Malformed> {
    let status = read_term::<types::StatusCode, StatusCode>(told.status_code, "status_code")?;
    let standing = match status {
        StatusCode::Valid => Standing::InForce,
        StatusCode::Suspended => Standing::Suspended {
            until: match told.suspended_until {
                None => None,
                until => Some(until.read("suspended_until")?),
            },
        },
        _ => Standing::Ended {
            cause: read_term::<types::EndCause, EndCause>(told.end_cause, "end_cause")?,
        },
    };
    let term = |known: types::SpecialtyValidity| {
        let specialty = read_term::<types::Specialty, Specialty>(known.specialty, "specialty")?;
        let validity = Validity {
            from: known.valid_from.read("valid_from")?,
            to: known.valid_to.read("valid_to")?,
        };
        Ok::<_, Malformed>((specialty, validity))
    };
    let number = RegistrationNumber::parse(&told.registration_number);
    let person = PersonId::from_resource_name(&told.person);
    let employer = EmployerId::from_resource_name(&told.employer);
    let since = told.since.map(|_| told.since.read("since")).transpose()?;
    let row = Row {
        number: number.map_err(|_| Malformed::new("registration_number", "a number"))?,
        person: person.map_err(|_| Malformed::new("person", "persons/{person}"))?,
        employer: employer.map_err(|_| Malformed::new("employer", "employers/{employer}"))?,
        specialties: told.specialties.into_iter().map(term).collect::<Result<_, _>>()?,
        standing,
    };
    Ok((row, since))
}
