//! `issuance.v1.NationalActService`

use api::convert::{Read as _, instant, read_term};
use api::issuance::v1 as wire;
use api::issuance::v1::national_act_service_server::NationalActService;
use api::types::v1 as types;
use domain::authority::{Authority, Officer};
use domain::four_eyes::FourEyesState;
use domain::ids::{AccountId, NationalActId, OfficerId, PersonId};
use domain::national_act::{Measure, RevocationGround};
use prost::Message;
use service_runtime::error::PERMISSION_DENIED;
use service_runtime::request::request_id;
use service_runtime::server::Deadline;
use service_runtime::{Caller, Refusal, page};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Rpc, status};
use crate::command::propose_national_act::{self, Decision, propose_national_act};
use crate::command::settle_national_act::{self, confirm_national_act, decline_national_act};
use crate::command::write::Write;
use crate::query::national_acts::{self, View};

/// Usual and greatest page.
const PAGE: (u32, u32) = (50, 200);

type Proposal = (String, String, Option<wire::DecisionPaper>);

impl Rpc {
    pub(super) fn act_write(
        &self,
        caller: &Caller,
        id: &str,
        body: &impl Message,
        (method, verb): (&'static str, &'static str),
    ) -> Result<Write, Status> {
        Ok(Write {
            actor: caller.name(),
            scope: caller.scope().clone(),
            method,
            verb,
            request_id: request_id(id).map_err(Into::<Status>::into)?,
            body: self.deps.sealing.body_digest(&body.encode_to_vec()),
            at: self.deps.now(),
        })
    }

    async fn propose(
        &self,
        write: Write,
        officer: Officer,
        person: &str,
        measure: Measure,
        (reference, statement, paper): Proposal,
    ) -> Result<Option<wire::NationalAct>, Status> {
        let scope = write.scope.clone();
        let input = propose_national_act::Input {
            write,
            officer,
            person: named(person)?,
            measure,
            reference,
            statement,
            paper: decision(paper)?,
        };
        let id = propose_national_act(&self.deps, input).await.map_err(status)?;
        self.shown_act(&scope, id).await
    }

    async fn shown_act(
        &self,
        scope: &service_runtime::Scope,
        id: NationalActId,
    ) -> Result<Option<wire::NationalAct>, Status> {
        let found = national_acts::get_national_act(&self.deps, scope, id).await;
        Ok(Some(encode(&found.map_err(status)?)))
    }
}

#[async_trait]
impl NationalActService for Rpc {
    async fn revoke_registration(
        &self,
        request: Request<wire::RevokeRegistrationRequest>,
    ) -> Result<Response<wire::RevokeRegistrationResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.NationalActService/RevokeRegistration",
            "revoke_registration",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let write = self.act_write(&caller, &message.request_id, &message, NAMES)?;
        let ground: RevocationGround = read_term::<wire::RevocationGround, _>(message.ground, "ground")
            .map_err(|_| Refusal::invalid("ground", "must be a known ground").into_status())?;
        let measure = Measure::Revoke { ground };
        let said = (message.reference, message.statement, message.evidence);
        let act = self
            .propose(write, officer(&caller)?, &message.person, measure, said)
            .await?;
        Ok(Response::new(wire::RevokeRegistrationResponse { act }))
    }

    async fn suspend_registration(
        &self,
        request: Request<wire::SuspendRegistrationRequest>,
    ) -> Result<Response<wire::SuspendRegistrationResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.NationalActService/SuspendRegistration",
            "suspend_registration",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let write = self.act_write(&caller, &message.request_id, &message, NAMES)?;
        let until = match message.until {
            None => None,
            day => Some(
                day.read("until")
                    .map_err(|fault| Refusal::invalid(fault.field, "must be a day").into_status())?,
            ),
        };
        let measure = Measure::Suspend { until };
        let said = (message.reference, message.statement, message.evidence);
        let act = self
            .propose(write, officer(&caller)?, &message.person, measure, said)
            .await?;
        Ok(Response::new(wire::SuspendRegistrationResponse { act }))
    }

    async fn restore_registration(
        &self,
        request: Request<wire::RestoreRegistrationRequest>,
    ) -> Result<Response<wire::RestoreRegistrationResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.NationalActService/RestoreRegistration",
            "restore_registration",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let write = self.act_write(&caller, &message.request_id, &message, NAMES)?;
        let said = (message.reference, message.statement, message.evidence);
        let act = self
            .propose(write, officer(&caller)?, &message.person, Measure::Restore, said)
            .await?;
        Ok(Response::new(wire::RestoreRegistrationResponse { act }))
    }

    async fn merge_persons(
        &self,
        request: Request<wire::MergePersonsRequest>,
    ) -> Result<Response<wire::MergePersonsResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.NationalActService/MergePersons",
            "merge_persons",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let write = self.act_write(&caller, &message.request_id, &message, NAMES)?;
        let into = PersonId::from_resource_name(&message.into)
            .map_err(|_| Refusal::invalid("into", "must be persons/{person}").into_status())?;
        let said = (message.reference, message.statement, message.evidence);
        let measure = Measure::Merge { into };
        let act = self
            .propose(write, officer(&caller)?, &message.person, measure, said)
            .await?;
        Ok(Response::new(wire::MergePersonsResponse { act }))
    }

    async fn split_person(
        &self,
        request: Request<wire::SplitPersonRequest>,
    ) -> Result<Response<wire::SplitPersonResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.NationalActService/SplitPerson",
            "split_person",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let write = self.act_write(&caller, &message.request_id, &message, NAMES)?;
        let said = (message.reference, message.statement, message.evidence);
        let act = self
            .propose(write, officer(&caller)?, &message.person, Measure::Split, said)
            .await?;
        Ok(Response::new(wire::SplitPersonResponse { act }))
    }

    async fn confirm_national_act(
        &self,
        request: Request<wire::ConfirmNationalActRequest>,
    ) -> Result<Response<wire::ConfirmNationalActResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.NationalActService/ConfirmNationalAct",
            "confirm_national_act",
        );
        let (caller, deadline) = (Caller::of(&request)?.clone(), Deadline::of(&request));
        let message = request.into_inner();
        let input = settle_national_act::Input {
            write: self.act_write(&caller, &message.request_id, &message, NAMES)?,
            officer: officer(&caller)?,
            act: id(&message.name)?,
        };
        let position = confirm_national_act(&self.deps, &input, deadline)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ConfirmNationalActResponse {
            act: self.shown_act(caller.scope(), input.act).await?,
            position: position.map(|value| types::Position {
                stream: "register".to_owned(),
                value,
            }),
        }))
    }

    async fn decline_national_act(
        &self,
        request: Request<wire::DeclineNationalActRequest>,
    ) -> Result<Response<wire::DeclineNationalActResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.NationalActService/DeclineNationalAct",
            "decline_national_act",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let input = settle_national_act::Input {
            write: self.act_write(&caller, &message.request_id, &message, NAMES)?,
            officer: officer(&caller)?,
            act: id(&message.name)?,
        };
        decline_national_act(&self.deps, &input, &message.grounds)
            .await
            .map_err(status)?;
        let act = self.shown_act(caller.scope(), input.act).await?;
        Ok(Response::new(wire::DeclineNationalActResponse { act }))
    }

    async fn get_national_act(
        &self,
        request: Request<wire::GetNationalActRequest>,
    ) -> Result<Response<wire::GetNationalActResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let act = self
            .shown_act(caller.scope(), id(&request.get_ref().name)?)
            .await?;
        Ok(Response::new(wire::GetNationalActResponse { act }))
    }

    async fn list_national_acts(
        &self,
        request: Request<wire::ListNationalActsRequest>,
    ) -> Result<Response<wire::ListNationalActsResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&message.person, &message.page_token)?;
        let person = (!message.person.is_empty()).then(|| named(&message.person));
        let found =
            national_acts::list_national_acts(&self.deps, caller.scope(), person.transpose()?, after, size);
        let found = found.await.map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|view| page::token(&message.person, &view.act.id.as_uuid()));
        Ok(Response::new(wire::ListNationalActsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            acts: found.iter().map(encode).collect(),
        }))
    }

    async fn read_national_act_evidence(
        &self,
        request: Request<wire::ReadNationalActEvidenceRequest>,
    ) -> Result<Response<wire::ReadNationalActEvidenceResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let id = id(&request.get_ref().name)?;
        let reader = (caller.scope(), caller.name());
        let read = national_acts::read_evidence(&self.deps, (reader.0, &reader.1), id).await;
        let (paper, content) = read.map_err(status)?;
        Ok(Response::new(wire::ReadNationalActEvidenceResponse {
            evidence: Some(wire::DecisionPaper {
                media_type: paper.media_type,
                content: content.to_vec().into(),
                digest: hex::encode(&paper.digest),
            }),
        }))
    }
}

/// The caller as an officer: of the ministry if they hold that grant, else of whatever they hold, for the domain to refuse.
pub(super) fn officer(caller: &Caller) -> Result<Officer, Status> {
    let grants = caller.scope().grants();
    let mut held = grants
        .iter()
        .filter_map(|grant| grant.authority.parse::<Authority>().ok());
    let authority = held
        .clone()
        .find(|own| *own == Authority::Ministry)
        .or_else(|| held.next());
    let denied = || Refusal::new(PERMISSION_DENIED).into_status();
    let account = caller.account().map(AccountId::from_uuid).ok_or_else(denied)?;
    Ok(Officer {
        id: OfficerId::from(account),
        authority: authority.ok_or_else(denied)?,
    })
}

fn named(person: &str) -> Result<PersonId, Status> {
    PersonId::from_resource_name(person)
        .map_err(|_| Refusal::invalid("person", "must be persons/{person}").into_status())
}

fn id(name: &str) -> Result<NationalActId, Status> {
    NationalActId::from_resource_name(name)
        .map_err(|_| Refusal::invalid("name", "must be nationalActs/{act}").into_status())
}

fn decision(paper: Option<wire::DecisionPaper>) -> Result<Decision, Status> {
    let paper =
        paper.ok_or_else(|| Refusal::invalid("evidence", "an act needs its decision").into_status())?;
    let digest = hex::decode(&paper.digest)
        .ok()
        .filter(|digest| digest.len() == 32);
    let digest = digest
        .ok_or_else(|| Refusal::invalid("evidence.digest", "must be SM3 in hexadecimal").into_status())?;
    Ok(Decision {
        media_type: paper.media_type,
        content: Zeroizing::new(paper.content.to_vec()),
        digest,
    })
}

fn encode(view: &View) -> wire::NationalAct {
    use wire::national_act::{Measure as WireMeasure, State};
    let act = &view.act;
    let (measure, ground, until) = match act.measure {
        Measure::Revoke { ground } => {
            let ground = wire::RevocationGround::from(ground).into();
            (WireMeasure::Revoke, ground, None)
        }
        Measure::Suspend { until } => (WireMeasure::Suspend, 0, until),
        Measure::Restore => (WireMeasure::Restore, 0, None),
        Measure::Merge { .. } => (WireMeasure::Merge, 0, None),
        Measure::Split => (WireMeasure::Split, 0, None),
    };
    let into = match act.measure {
        Measure::Merge { into } => into.resource_name(),
        _ => String::new(),
    };
    let (state, settled, grounds) = match act.four_eyes.state() {
        FourEyesState::Proposed => (State::Proposed, None, String::new()),
        FourEyesState::Confirmed { confirmed } => (State::Confirmed, Some(*confirmed), String::new()),
        FourEyesState::Declined { declined, grounds } => (State::Declined, Some(*declined), grounds.clone()),
        FourEyesState::Withdrawn { withdrawn } => (State::Declined, Some(*withdrawn), String::new()),
    };
    wire::NationalAct {
        name: act.id.resource_name(),
        person: act.person.resource_name(),
        measure: measure.into(),
        ground,
        until: until.map(Into::into),
        reference: act.reference.clone(),
        statement: act.statement.clone(),
        article: act.measure.article().to_owned(),
        evidence_media_type: view.paper.media_type.clone(),
        evidence_digest: hex::encode(&view.paper.digest),
        state: state.into(),
        proposed_at: Some(instant(act.four_eyes.proposed.at)),
        proposed_by: act.four_eyes.proposed.by.id.resource_name(),
        settled_at: settled.map(|hand| instant(hand.at)),
        settled_by: settled.map(|hand| hand.by.id.resource_name()).unwrap_or_default(),
        grounds,
        into,
    }
}
