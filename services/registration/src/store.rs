//! SQL of this service; rows become typed values here.

pub(crate) mod announcement;
pub(crate) mod announcement_correction;
pub(crate) mod application;
pub(crate) mod bulk;
pub(crate) mod case_file;
pub(crate) mod check;
pub(crate) mod clock;
pub(crate) mod employer;
pub(crate) mod exchange;
pub(crate) mod fact;
pub(crate) mod failing;
pub(crate) mod import;
pub(crate) mod lapse;
pub(crate) mod material;
pub(crate) mod national_entry;
pub(crate) mod notice;
pub(crate) mod objection;
pub(crate) mod opinion_template;
pub(crate) mod person;
pub(crate) mod publicity;
pub(crate) mod qualification;
pub(crate) mod reconciliation;
pub(crate) mod register_tree;
pub(crate) mod registered;
pub(crate) mod registration_number;
pub(crate) mod reminder;
pub(crate) mod report;
pub(crate) mod review;
pub(crate) mod succession;
pub(crate) mod termination_notice;
pub(crate) mod witness;
pub(crate) mod work;

use domain::province::Province;
use postgres::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use service_runtime::Scope;
use uuid::Uuid;

/// Whose rows a query may touch, as its parameters. Made from a [`Scope`] only.
#[derive(Debug, Clone)]
pub(crate) struct Within {
    /// Every row of this province: its officers, national officers, jobs.
    pub(crate) all: bool,
    /// Rows of this person.
    pub(crate) person: Option<Uuid>,
    /// Rows of these employers.
    pub(crate) employers: Vec<Uuid>,
}

impl Within {
    /// The rows of a scope in this province.
    pub(crate) fn of(scope: &Scope, province: Province) -> Self {
        Self {
            all: scope.may_see_province(province.code()),
            person: scope.own_person(),
            employers: scope.employers().collect(),
        }
    }
}

/// A stored word that must be known.
fn known<T>(value: Option<T>, table: &'static str, column: &'static str, row: Uuid) -> Result<T, Error> {
    value.ok_or_else(|| Error::inconsistent(table, column, row))
}

/// A stored JSON value that must be readable.
fn read<T: DeserializeOwned>(
    value: Value,
    table: &'static str,
    column: &'static str,
    row: Uuid,
) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|_| Error::inconsistent(table, column, row))
}

/// A typed value as JSON.
fn write(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("invariant: plain domain values encode as JSON")
}
