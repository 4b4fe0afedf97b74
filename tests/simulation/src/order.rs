//! What officers order about everybody, and what a holder does with a certificate: documents in bulk and made anew, a
//! comparison of the registers, a use copy.

use api::issuance::v1 as issuance;
use api::registration::v1 as registration;
use issuance::start_bulk_request::Selection;
use journeys::certificates::tender_copy;
use testkit::actors::{reason, request_id};
use tonic::Status;

use crate::chance::Chance;
use crate::operation::{Ended, Society, judged};
use crate::people::PROVINCES;

/// Refusals of a copy that say what is the case, not that something is wrong.
const LAWFUL: [&str; 5] = [
    "CERTIFICATE_SUPERSEDED",
    "CERTIFICATE_SUSPENDED",
    "CERTIFICATE_OVER_AGE",
    "NO_LIVING_SPECIALTY",
    "USE_COPY_LIMIT_REACHED",
];

impl Society {
    /// One random order; says which.
    pub(crate) async fn order(&mut self, chance: &mut Chance) -> (String, Result<(), Ended>) {
        let province = chance.below(2);
        match chance.below(3) {
            0 => {
                let anew = chance.percent(50);
                let done = self.issue_in_bulk(province, anew).await;
                let what = if anew {
                    "all documents anew"
                } else {
                    "documents in bulk"
                };
                (
                    format!("{what} for {}", PROVINCES[province]),
                    done.map_err(judged),
                )
            }
            1 => {
                let done = self.compare(province).await;
                (
                    format!("compare the register of {}", PROVINCES[province]),
                    done.map_err(judged),
                )
            }
            _ => {
                let index = chance.below(self.people.len());
                (format!("use copy of {index}"), self.copy(index).await)
            }
        }
    }

    async fn issue_in_bulk(&mut self, province: usize, anew: bool) -> Result<(), Status> {
        let officer = &self.casts[0].ready().await?.deciding.citizen;
        let purpose = if anew {
            issuance::bulk::Purpose::Reissue
        } else {
            issuance::bulk::Purpose::Issue
        };
        let order = issuance::StartBulkRequest {
            request_id: request_id(),
            purpose: purpose.into(),
            selection: Some(Selection::Province(format!("provinces/{}", PROVINCES[province]))),
            ground: "演练：印章密钥疑似泄露".to_owned(),
        };
        let mut issuances = officer.door.issuances();
        issuances.start_bulk(officer.request(order)).await.map(drop)
    }

    /// The answer comes later, and is never "different": looked at with the invariants.
    async fn compare(&mut self, province: usize) -> Result<(), Status> {
        let officer = &self.casts[province].ready().await?.accepting.citizen;
        let order = registration::ReconcileRegisterRequest {
            request_id: request_id(),
            from_rows: true,
        };
        let mut reconciliations = officer.door.reconciliations(PROVINCES[province]);
        reconciliations
            .reconcile_register(officer.request(order))
            .await
            .map(drop)
    }

    async fn copy(&mut self, index: usize) -> Result<(), Ended> {
        let constructor = &mut self.people[index];
        constructor.ready().await.map_err(judged)?;
        let all = constructor.holder.certificates(None).await.map_err(judged)?;
        let Some(current) = all
            .into_iter()
            .find(|one| one.superseded_at.is_none() && one.state() == issuance::certificate::State::Issued)
        else {
            return Ok(());
        };
        let reference = format!("JS-{index}-{}", constructor.holder.citizen.door.clock.today());
        let made = tender_copy(&mut constructor.holder, &current.name, &reference).await;
        match made {
            // Whether somebody may have a copy now is the nation's to say.
            Err(status) if LAWFUL.contains(&reason(&status).as_str()) => Ok(()),
            made => made.map(drop).map_err(judged),
        }
    }
}
