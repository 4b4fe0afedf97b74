//! `issuance.v1.RegisterService`

use std::pin::Pin;
use std::sync::Arc;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::register_service_server::RegisterService;
use api::types::v1 as types;
use domain::ids::PersonId;
use domain::register::{RegisterEntry, RegistrationState, TimeCause, TimeTransition};
use domain::specialty::Specialty;
use futures_util::{Stream, StreamExt as _};
use jiff::civil::Date;
use service_runtime::clock::day_of;
use service_runtime::server::Deadline;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status, async_trait};
use wire::watch_changes_response::Change as WireChange;

use super::{Rpc, history, status};
use crate::change::{Change, CopySnapshot, DocumentFormat, DocumentSnapshot, EntrySnapshot, VersionSnapshot};
use crate::command::certify::LEAP_DAY;
use crate::query::get_register_entry::get_register_entry;
use crate::query::read_history::read_history;
use crate::query::watch_changes::{Resume, Told, What, watch_changes};
use crate::store::log::sequence::Mark;

#[async_trait]
impl RegisterService for Rpc {
    type WatchChangesStream = Pin<Box<dyn Stream<Item = Result<wire::WatchChangesResponse, Status>> + Send>>;

    async fn get_register_entry(
        &self,
        request: Request<wire::GetRegisterEntryRequest>,
    ) -> Result<Response<wire::GetRegisterEntryResponse>, Status> {
        let caller = Caller::of(&request)?;
        let (scope, reader) = (caller.scope().clone(), caller.name());
        let deadline = Deadline::of(&request);
        let request = request.into_inner();
        let person = PersonId::from_resource_name(&request.person)
            .map_err(|_| Refusal::invalid("person", "must be persons/{person}").into_status())?;
        super::wait_for(&self.deps.positions, request.min_position.as_ref(), deadline).await?;
        let found = get_register_entry(&self.deps, &scope, &reader, person)
            .await
            .map_err(status)?;
        let today = self.deps.clock.today();
        Ok(Response::new(wire::GetRegisterEntryResponse {
            entry: Some(entry(&found, today)),
        }))
    }

    async fn watch_changes(
        &self,
        request: Request<wire::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let resume = resume(request.get_ref())?;
        let changes = watch_changes(Arc::clone(&self.deps), resume);
        let changes = changes.map(|told| told.map(message).map_err(status));
        Ok(Response::new(Box::pin(self.life.until_draining(changes))))
    }

    async fn read_history(
        &self,
        request: Request<wire::ReadHistoryRequest>,
    ) -> Result<Response<wire::ReadHistoryResponse>, Status> {
        let (person, at, known_at) = history::asked(request.get_ref())?;
        let found = read_history(&self.deps, person, at, known_at)
            .await
            .map_err(status)?;
        Ok(Response::new(history::answer(found)))
    }
}

fn resume(request: &wire::WatchChangesRequest) -> Result<Resume, Refusal> {
    let anchor = match &*request.anchor {
        [] => None,
        bytes => {
            let anchor = bytes.try_into();
            Some(anchor.map_err(|_| {
                Refusal::invalid("anchor", "must be the 32 bytes that came with the position")
            })?)
        }
    };
    Ok(Resume {
        after: request.after,
        anchor,
    })
}

fn message(told: Told) -> wire::WatchChangesResponse {
    let today = day_of(told.recorded_at);
    let change = match told.what {
        What::Heartbeat => WireChange::Heartbeat(wire::Heartbeat {}),
        What::Change(change, facts) => encode(*change, facts.map(|facts| facts.to_vec().into()), today),
    };
    wire::WatchChangesResponse {
        position: told.position,
        recorded_at: Some(instant(told.recorded_at)),
        watermarks: told.watermarks.into_iter().map(watermark).collect(),
        change: Some(change),
        anchor: told
            .anchor
            .map(|anchor| anchor.to_vec().into())
            .unwrap_or_default(),
    }
}

fn encode(change: Change, facts: Option<bytes::Bytes>, today: Date) -> WireChange {
    match change {
        Change::Entry(snapshot) => WireChange::EntryChanged(entry_changed(&snapshot, today)),
        Change::Version(snapshot) => {
            WireChange::VersionChanged(version_changed(snapshot, facts.unwrap_or_default()))
        }
        Change::Copy(snapshot) => WireChange::CopyChanged(copy_changed(snapshot)),
        Change::Document(snapshot) => WireChange::DocumentIssued(document_issued(snapshot)),
    }
}

fn watermark(mark: Mark) -> wire::ProvinceWatermark {
    wire::ProvinceWatermark {
        province: format!("provinces/{}", mark.province),
        sequence: mark.sequence,
        time: Some(instant(mark.through)),
    }
}

fn entry(snapshot: &EntrySnapshot, today: Date) -> wire::RegisterEntry {
    let entry = &snapshot.entry;
    let specialties = entry.specialties.iter().map(|known| types::SpecialtyValidity {
        specialty: types::Specialty::from(known.specialty).into(),
        valid_from: Some(known.validity.from.into()),
        valid_to: Some(known.validity.to.into()),
    });
    let certificate = snapshot.current_certificate.as_ref();
    wire::RegisterEntry {
        person: entry.person.resource_name(),
        registration_number: entry.number.to_string(),
        status_code: types::StatusCode::from(entry.status(today, LEAP_DAY)).into(),
        employer_title: entry.employer.name.clone(),
        employer_credit_code: entry.employer.credit_code.as_str().to_owned(),
        specialties: specialties.collect(),
        current_certificate: certificate
            .map(|identifier| format!("certificates/{identifier}"))
            .unwrap_or_default(),
        province: snapshot.province.code().to_owned(),
        decided_by: entry.decided_by.to_string(),
        announced_by: entry.announced_by.to_string(),
        announced_at: Some(instant(entry.since)),
    }
}

/// Where a day alone changed it, the status is that of this day, however late it is told.
fn entry_changed(snapshot: &EntrySnapshot, recorded_on: Date) -> wire::EntryChanged {
    let person = &snapshot.person;
    let transition = snapshot.transition.as_ref();
    let today = transition.map_or(recorded_on, |transition| transition.day);
    wire::EntryChanged {
        entry: Some(entry(snapshot, today)),
        full_name: person.name.expose().to_owned(),
        document_kind: types::DocumentKind::from(person.document.kind()).into(),
        document_number: person.document.expose().to_owned(),
        valid_through_age: Some(snapshot.entry.last_day_of_age(LEAP_DAY).into()),
        aliases: aliases(&snapshot.entry),
        renewal_pending: snapshot.entry.renewal_pending,
        suspended_until: match snapshot.entry.state {
            RegistrationState::Suspended { until, .. } => until.map(Into::into),
            _ => None,
        },
        status_since: snapshot.entry.since_act().map(|(since, _)| since.into()),
        end_cause: snapshot
            .entry
            .since_act()
            .and_then(|(_, cause)| cause)
            .map_or(0, |cause| types::EndCause::from(cause).into()),
        transition: transition.map(time_transition),
        other_documents: snapshot
            .other_documents
            .iter()
            .map(|document| wire::OtherDocument {
                kind: types::DocumentKind::from(document.kind()).into(),
                number: document.expose().to_owned(),
            })
            .collect(),
    }
}

fn time_transition(transition: &TimeTransition) -> wire::TimeTransition {
    let specialties = |all: &[Specialty]| {
        let coded = all.iter().map(|one| types::Specialty::from(*one).into());
        coded.collect()
    };
    let causes = transition.causes.iter().map(|cause| match cause {
        TimeCause::TermBegan => wire::TimeCause::TermBegan.into(),
        TimeCause::TermExpired => wire::TimeCause::TermExpired.into(),
        TimeCause::OverAge => wire::TimeCause::OverAge.into(),
        TimeCause::SuspensionEnded => wire::TimeCause::SuspensionEnded.into(),
    });
    wire::TimeTransition {
        day: Some(transition.day.into()),
        status_before: types::StatusCode::from(transition.before).into(),
        ended: specialties(&transition.ended),
        begun: specialties(&transition.begun),
        causes: causes.collect(),
    }
}

/// Numbers by which the registration may be asked for besides its own: earlier prefixes, and the short form of each.
fn aliases(entry: &RegisterEntry) -> Vec<String> {
    let former = entry
        .former_numbers
        .iter()
        .flat_map(|number| [number.to_string(), number.short()]);
    std::iter::once(entry.number.short()).chain(former).collect()
}

fn version_changed(snapshot: VersionSnapshot, facts: bytes::Bytes) -> wire::VersionChanged {
    wire::VersionChanged {
        licence_identifier: snapshot.licence_identifier.to_string(),
        person: snapshot.person.resource_name(),
        version: snapshot.version.into(),
        superseded_at: snapshot.superseded_at.map(instant),
        superseded_by: snapshot
            .superseded_by
            .map(|identifier| identifier.to_string())
            .unwrap_or_default(),
        changed_facts: snapshot.changed_facts,
        facts,
        supersession: snapshot.supersession.as_ref().map(Into::into),
    }
}

fn copy_changed(snapshot: CopySnapshot) -> wire::CopyChanged {
    wire::CopyChanged {
        licence_identifier: snapshot.licence_identifier.to_string(),
        copy_id: snapshot.copy_id,
        use_until: Some(snapshot.use_until.into()),
        purpose: wire::Purpose::from(snapshot.purpose).into(),
        recipient: snapshot.recipient,
        token_hash: snapshot.token_hash.into(),
        revoked_at: snapshot.revoked_at.map(instant),
    }
}

fn document_issued(snapshot: DocumentSnapshot) -> wire::DocumentIssued {
    let format = match snapshot.format {
        DocumentFormat::Ofd => wire::DocumentFormat::Ofd,
        DocumentFormat::Pdf => wire::DocumentFormat::Pdf,
        DocumentFormat::PdfSm2 => wire::DocumentFormat::PdfSm2,
    };
    wire::DocumentIssued {
        generation: snapshot.generation.into(),
        licence_identifier: snapshot.licence_identifier.to_string(),
        copy_id: snapshot.copy_id.unwrap_or_default(),
        format: format.into(),
        sha256: snapshot.sha256.to_vec().into(),
        token_hash: snapshot.token_hash.to_vec().into(),
    }
}
