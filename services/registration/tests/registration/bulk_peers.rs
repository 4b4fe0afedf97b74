//! Identity and issuance, reduced to what imports ask of them.

use std::collections::BTreeMap;

use api::exchange::v1 as exchange;
use api::exchange::v1::migration_service_server::MigrationService;
use api::identity::v1 as identity;
use api::identity::v1::bulk_directory_service_server::BulkDirectoryService;
use api::identity::v1::recorded_employer::Outcome as Recorded;
use api::identity::v1::resolved_person::Outcome;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::peers::{Identity, Issuance};

#[tonic::async_trait]
impl BulkDirectoryService for Identity {
    async fn resolve_persons(
        &self,
        request: Request<identity::ResolvePersonsRequest>,
    ) -> Result<Response<identity::ResolvePersonsResponse>, Status> {
        let message = request.into_inner();
        assert!(message.purpose.starts_with("provinces/32/imports/"), "a purpose");
        let mut people = self.people.lock().expect("no panic");
        let mut persons = Vec::new();
        for stated in message.persons {
            let known = people
                .values()
                .find(|one| one.document_number == stated.document_number);
            let (outcome, person) = match known {
                Some(known) if known.full_name == stated.full_name => (Outcome::Known, known.name.clone()),
                Some(_) => (Outcome::NameDiffers, String::new()),
                None if message.record => {
                    let name = format!("persons/{}", Uuid::new_v4());
                    let person = identity::Person {
                        name: name.clone(),
                        full_name: stated.full_name,
                        document_kind: stated.document_kind,
                        document_number: stated.document_number,
                        sex: stated.sex,
                        birth_date: stated.birth_date,
                    };
                    people.insert(name.clone(), person);
                    (Outcome::Recorded, name)
                }
                None => (Outcome::Unknown, String::new()),
            };
            persons.push(identity::ResolvedPerson {
                outcome: outcome.into(),
                person,
            });
        }
        Ok(Response::new(identity::ResolvePersonsResponse { persons }))
    }

    async fn get_persons(
        &self,
        request: Request<identity::GetPersonsRequest>,
    ) -> Result<Response<identity::GetPersonsResponse>, Status> {
        let people = self.people.lock().expect("no panic");
        let persons = request
            .into_inner()
            .names
            .iter()
            .filter_map(|name| people.get(name).cloned())
            .collect();
        Ok(Response::new(identity::GetPersonsResponse { persons }))
    }

    async fn resolve_employers(
        &self,
        request: Request<identity::ResolveEmployersRequest>,
    ) -> Result<Response<identity::ResolveEmployersResponse>, Status> {
        let firms = self.employers.lock().expect("no panic");
        let means =
            |key: &str, firm: &identity::Employer| firm.credit_code == key || firm.credit_code[8..17] == *key;
        let message = request.into_inner();
        let employers = message.keys.iter().map(|key| identity::ResolvedEmployer {
            employer: firms.values().find(|firm| means(key, firm)).cloned(),
        });
        Ok(Response::new(identity::ResolveEmployersResponse {
            employers: employers.collect(),
        }))
    }

    async fn record_employers(
        &self,
        request: Request<identity::RecordEmployersRequest>,
    ) -> Result<Response<identity::RecordEmployersResponse>, Status> {
        let message = request.into_inner();
        let mut firms = self.employers.lock().expect("no panic");
        let mut employers = Vec::new();
        for stated in message.employers {
            let known = firms.values().find(|firm| firm.credit_code == stated.credit_code);
            let outcome = match known {
                Some(known) if known.title == stated.title => Recorded::Unchanged,
                Some(_) => Recorded::Differs,
                None => {
                    if !message.validate_only {
                        let name = format!("employers/{}", Uuid::new_v4());
                        let firm = identity::Employer {
                            name: name.clone(),
                            title: stated.title,
                            credit_code: stated.credit_code,
                            province: "32".to_owned(),
                            qualifications: stated.qualifications,
                            ..Default::default()
                        };
                        firms.insert(name, firm);
                    }
                    Recorded::Recorded
                }
            };
            employers.push(identity::RecordedEmployer {
                outcome: outcome.into(),
                employer: String::new(),
            });
        }
        Ok(Response::new(identity::RecordEmployersResponse { employers }))
    }
}

/// What the nation has cleared of registers.
#[derive(Debug, Default)]
pub(crate) struct Migrations {
    /// Rows with how often they were asked for.
    pub(crate) rows: BTreeMap<String, (exchange::MigrationRow, u32)>,
    /// So many answers get lost on their way, after the rows were cleared; then they arrive.
    pub(crate) lost: u32,
    /// Calls that are answered before the first one is lost.
    pub(crate) answered: u32,
    /// Numbers that are refused.
    pub(crate) refused: Vec<String>,
    /// Rows that were only checked.
    pub(crate) checked: usize,
}

#[tonic::async_trait]
impl MigrationService for Issuance {
    async fn clear_migration(
        &self,
        request: Request<exchange::ClearMigrationRequest>,
    ) -> Result<Response<exchange::ClearMigrationResponse>, Status> {
        let mut register = self.register();
        if register.away {
            return Err(Status::unavailable("nobody answers"));
        }
        let migrations = &mut register.migrations;
        let mut rows = Vec::new();
        let request = request.into_inner();
        if request.validate_only {
            migrations.checked += request.rows.len();
        }
        for row in request.rows {
            let refused = migrations.refused.contains(&row.registration_number);
            let reason = if refused {
                "NUMBER_TAKEN".to_owned()
            } else {
                String::new()
            };
            rows.push(exchange::MigrationClearance {
                cleared: !refused,
                reason,
            });
            if !request.validate_only {
                let known = migrations.rows.entry(row.row.clone()).or_insert((row, 0));
                known.1 += 1;
            }
        }
        if request.validate_only {
            return Ok(Response::new(exchange::ClearMigrationResponse { rows }));
        }
        if let Some(left) = migrations.answered.checked_sub(1) {
            migrations.answered = left;
        } else if let Some(left) = migrations.lost.checked_sub(1) {
            migrations.lost = left;
            return Err(Status::unavailable("the answer got lost"));
        }
        Ok(Response::new(exchange::ClearMigrationResponse { rows }))
    }
}
