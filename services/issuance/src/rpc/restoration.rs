//! `issuance.v1.RestorationService`

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::restoration_service_server::RestorationService;
use domain::restoration::RestorationStep;
use service_runtime::{Caller, Refusal, Scope};
use tonic::{Request, Response, Status, async_trait};

use super::national_acts::officer;
use super::{Rpc, status};
use crate::command::restoration::name;
use crate::command::restoration::open_nation::{Input, open_nation};
use crate::query::get_restoration::{View, get_restoration};

impl Rpc {
    async fn shown_restoration(&self, scope: &Scope) -> Result<Option<wire::Restoration>, Status> {
        let view = get_restoration(&self.deps, scope).await.map_err(status)?;
        Ok(Some(encode(view)))
    }
}

#[async_trait]
impl RestorationService for Rpc {
    async fn get_restoration(
        &self,
        request: Request<wire::GetRestorationRequest>,
    ) -> Result<Response<wire::GetRestorationResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let restoration = self.shown_restoration(caller.scope()).await?;
        Ok(Response::new(wire::GetRestorationResponse { restoration }))
    }

    async fn open_nation(
        &self,
        request: Request<wire::OpenNationRequest>,
    ) -> Result<Response<wire::OpenNationResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.RestorationService/OpenNation",
            "open_nation",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let id = message
            .name
            .strip_prefix("restorations/")
            .and_then(|id| id.parse().ok());
        let input = Input {
            write: self.act_write(&caller, &message.request_id, &message, NAMES)?,
            officer: officer(&caller)?,
            restoration: id.ok_or_else(|| {
                Refusal::invalid("name", "must be restorations/{restoration}").into_status()
            })?,
            grounds: message.grounds,
        };
        open_nation(&self.deps, &input).await.map_err(status)?;
        let restoration = self.shown_restoration(caller.scope()).await?;
        Ok(Response::new(wire::OpenNationResponse { restoration }))
    }
}

fn encode(view: View) -> wire::Restoration {
    let View {
        restoration,
        waiting_for,
        findings,
        through,
    } = view;
    let findings = findings.into_iter().map(|(finding, subject)| {
        let (text, advice) = (finding.text(), finding.advice());
        wire::RestorationFinding {
            finding: finding.code().to_owned(),
            subject,
            text_zh: text.zh,
            text_en: text.en,
            advice_zh: advice.zh,
            advice_en: advice.en,
            bars_opening: finding.bars_opening(),
        }
    });
    let (through_position, through_size) =
        through.unwrap_or((restoration.from_position, restoration.from_size));
    wire::Restoration {
        name: name(restoration.id),
        cause: restoration.cause,
        begun_at: Some(instant(restoration.begun_at)),
        begun_by: restoration.begun_by,
        from_position: restoration.from_position,
        from_size: restoration.from_size,
        step: step(restoration.step).into(),
        waiting_for,
        findings: findings.collect(),
        through_position,
        through_size,
        opened_at: restoration.opened_at.map(instant),
        first_word: restoration.first_officer.is_some(),
    }
}

const fn step(step: RestorationStep) -> wire::restoration::Step {
    match step {
        RestorationStep::Load => wire::restoration::Step::Load,
        RestorationStep::Replay => wire::restoration::Step::Replay,
        RestorationStep::Rebuild => wire::restoration::Step::Rebuild,
        RestorationStep::Regrow => wire::restoration::Step::Regrow,
        RestorationStep::Compare => wire::restoration::Step::Compare,
        RestorationStep::Opened => wire::restoration::Step::Opened,
    }
}
