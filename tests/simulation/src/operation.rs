//! What people do: one random lawful step of somebody's application, an act of the nation, a step of the clock.

use api::issuance::v1 as issuance;
use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, Specialty};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use registration::application::State;
use testkit::actors::{Draft, Officer, reason, request_id, sm3_hex};
use testkit::materials::attach_for_change;
use testkit::story::{Silent, day, wire_day};
use tonic::{Code, Status};

use crate::chance::Chance;
use crate::people::{Cast, Constructor, Filed, PROVINCES, Phase, fresh};

const WATER: &[Specialty] = &[Specialty::WaterAndHydropower];
/// Most applications of one publicity.
const MOST_PUBLICISED: usize = 4;

/// How an operation ended, where it did not simply succeed.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Somebody is away: it may be tried again.
    Away(Status),
    /// It broke off in the middle; nobody knows how far it came.
    Broken(Status),
    /// A lawful operation was refused.
    Refused(Status),
}

/// Everybody.
pub(crate) struct Society {
    pub(crate) casts: [Cast; 2],
    pub(crate) people: Vec<Constructor>,
    /// The ministry's second officer.
    pub(crate) second: Officer,
    pub(crate) second_signed_in_at: Timestamp,
    /// Open publicities: province, name, last day, applications.
    pub(crate) publicities: Vec<(usize, registration::Publicity, Vec<String>)>,
}

/// Whether a failure says that somebody is away or busy, not that the operation is wrong.
fn is_away(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Unknown
    ) || (status.code() == Code::Internal && reason(status).is_empty())
        || is_on_its_way(status)
}

/// Whether the nation has not answered a claim, not applied an announcement, or cleared so long ago that it is asked anew, since
/// somebody was away or time has passed.
fn is_on_its_way(status: &Status) -> bool {
    matches!(reason(status).as_str(), "CLAIM_NOT_HELD" | "CLEARANCE_EXPIRED")
        || journeys::violations(status) == ["NOT_REGISTERED"]
}

pub(crate) fn judged(status: Status) -> Ended {
    if is_away(&status) {
        Ended::Away(status)
    } else {
        Ended::Refused(status)
    }
}

/// As [`judged`], after a call of several that has left something behind.
fn broken(status: Status) -> Ended {
    if is_away(&status) {
        Ended::Broken(status)
    } else {
        Ended::Refused(status)
    }
}

impl Society {
    /// Does one step of a random person's application; says which.
    pub(crate) async fn step(&mut self, chance: &mut Chance) -> (String, Result<(), Ended>) {
        let index = chance.below(self.people.len());
        let phase = self.people[index].phase.clone();
        match phase {
            Phase::Idle => self.file(index, chance).await,
            Phase::Filed(filed) => {
                let done = self.examine(index, filed.clone()).await;
                (format!("examine {}", filed.name), done)
            }
            Phase::Granted(filed) => {
                let done = self.publicise(filed.province).await;
                (format!("open publicity in {}", PROVINCES[filed.province]), done)
            }
            Phase::Publicised(filed) => {
                let done = self.close_publicities(filed.province).await;
                (
                    format!("close publicities in {}", PROVINCES[filed.province]),
                    done,
                )
            }
            Phase::Awaiting(filed) => {
                let done = self.publish(index, &filed).await;
                (format!("publish {}", filed.name), done)
            }
            Phase::Out => ("nothing".to_owned(), Ok(())),
        }
    }

    /// 初始注册, 变更注册 here or to the other province, or an act of the nation.
    async fn file(&mut self, index: usize, chance: &mut Chance) -> (String, Result<(), Ended>) {
        match self.people[index].registered {
            None => {
                let done = self.file_initial(index).await;
                (format!("file an initial registration of {index}"), done)
            }
            Some(_) if self.people[index].suspended || chance.percent(25) => {
                let suspend = !self.people[index].suspended;
                let done = self.national_act(index, suspend).await;
                (format!("nation: suspend {suspend} {index}"), done)
            }
            Some((province, employer)) => {
                let moves = chance.percent(40);
                let to = if moves { 1 - province } else { province };
                let done = self.file_change(index, (province, employer), to).await;
                (format!("file a change of {index} to {}", PROVINCES[to]), done)
            }
        }
    }

    async fn file_initial(&mut self, index: usize) -> Result<(), Ended> {
        let province = index % 2;
        let stage = self.casts[province].ready().await.map_err(judged)?;
        let constructor = &mut self.people[index];
        constructor.ready().await.map_err(judged)?;
        PROVINCES[province].clone_into(&mut constructor.holder.province);
        let submitted = stage.submit_initial(&constructor.holder, &mut Silent).await;
        self.filed(index, submitted, (province, 0), true)
    }

    async fn file_change(
        &mut self,
        index: usize,
        (from, before): (usize, usize),
        to: usize,
    ) -> Result<(), Ended> {
        let employer = 1 - before;
        for cast in &mut self.casts {
            cast.ready().await.map_err(judged)?;
        }
        let constructor = &mut self.people[index];
        constructor.ready().await.map_err(judged)?;
        PROVINCES[to].clone_into(&mut constructor.holder.province);
        let holder = &constructor.holder;
        let (new, old) = (
            self.casts[to].registrar(employer),
            self.casts[from].registrar(before),
        );
        let today = holder.citizen.door.clock.today();
        let draft = Draft {
            kind: ApplicationType::Change,
            specialties: WATER,
            employer: &new.employer.name,
            contract_from: wire_day(today),
        };
        // The nation tells the entry of whoever comes from elsewhere, so this may find it away before anything was left.
        let name = holder.draft(&draft).await.map_err(judged)?.name;
        let submitted = async {
            attach_for_change(holder, &name).await?;
            holder.request_employment(&name).await?;
            new.confirm_employment(&name).await?;
            let ended = wire_day(today.saturating_sub(1.day()));
            let confirmed = old.confirm_termination(&name, ended).await;
            confirmed.map_err(|status| move_on_its_way(status, from != to))?;
            holder.submit(&name).await?;
            Ok(name.clone())
        };
        let submitted = submitted.await;
        self.filed(index, submitted, (to, employer), false)
    }

    fn filed(
        &mut self,
        index: usize,
        submitted: Result<String, Status>,
        (province, employer): (usize, usize),
        initial: bool,
    ) -> Result<(), Ended> {
        match submitted {
            Ok(name) => {
                self.people[index].phase = Phase::Filed(Filed {
                    name,
                    province,
                    employer,
                    initial,
                });
                Ok(())
            }
            Err(status) => {
                self.people[index].phase = Phase::Out;
                Err(broken(status))
            }
        }
    }

    async fn examine(&mut self, index: usize, filed: Filed) -> Result<(), Ended> {
        let stage = self.casts[filed.province].ready().await.map_err(judged)?;
        // Whatever an earlier try left done is not done again.
        let seen = stage.accepting.application(&filed.name).await.map_err(judged)?;
        let mut state = seen.state();
        let name = &filed.name;
        if state == State::Submitted {
            state = stage.accepting.accept(name).await.map_err(judged)?.state();
        }
        if state == State::Accepted {
            state = stage.reviewing.review(name).await.map_err(judged)?.state();
        }
        if state == State::Reviewed {
            state = stage
                .reviewing
                .request_joint_review(name)
                .await
                .map_err(judged)?
                .state();
        }
        if state == State::JointReviewPending {
            state = stage
                .water
                .joint_review(name, WATER[0])
                .await
                .map_err(judged)?
                .state();
        }
        if state == State::JointReviewed {
            stage.deciding.grant(name).await.map_err(judged)?;
        }
        self.people[index].phase = if filed.initial {
            Phase::Granted(filed)
        } else {
            Phase::Awaiting(filed)
        };
        Ok(())
    }

    async fn publicise(&mut self, province: usize) -> Result<(), Ended> {
        let stage = self.casts[province].ready().await.map_err(judged)?;
        let granted: Vec<(usize, Filed)> = self
            .people
            .iter()
            .enumerate()
            .filter_map(|(index, one)| match &one.phase {
                Phase::Granted(filed) if filed.province == province => Some((index, filed.clone())),
                _ => None,
            })
            .take(MOST_PUBLICISED)
            .collect();
        let all: Vec<&str> = granted.iter().map(|(_, filed)| filed.name.as_str()).collect();
        let opened = stage.announcing.open_publicity_of(&all).await;
        for (index, filed) in &granted {
            self.people[*index].phase = match &opened {
                Ok(_) => Phase::Publicised(filed.clone()),
                Err(_) => Phase::Out,
            };
        }
        let publicity = opened.map_err(broken)?;
        let names = granted.into_iter().map(|(_, filed)| filed.name).collect();
        self.publicities.push((province, publicity, names));
        Ok(())
    }

    /// Moves the clock behind the last day of a province's publicities, and closes them.
    async fn close_publicities(&mut self, province: usize) -> Result<(), Ended> {
        let (mine, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.publicities)
            .into_iter()
            .partition(|(of, ..)| *of == province);
        self.publicities = others;
        let clock = self.second.citizen.door.clock.clone();
        for (_, publicity, _) in &mine {
            clock.advance_to_morning_of(day(publicity.closes_on).saturating_add(1.day()));
        }
        for (at, publicity, names) in mine {
            let closed = async {
                let stage = self.casts[at].ready().await?;
                stage.announcing.close_publicity(&publicity.name).await
            };
            let closed = closed.await;
            if let Err(status) = closed {
                let ended = judged(status);
                if matches!(&ended, Ended::Refused(status) if reason(status) != "PUBLICITY_OVER") {
                    return Err(ended);
                }
                if matches!(ended, Ended::Away(_)) {
                    self.publicities.push((at, publicity, names));
                    return Err(ended);
                }
            }
            for constructor in &mut self.people {
                if let Phase::Publicised(filed) = constructor.phase.clone()
                    && names.contains(&filed.name)
                {
                    constructor.phase = Phase::Awaiting(filed);
                }
            }
        }
        Ok(())
    }

    async fn publish(&mut self, index: usize, filed: &Filed) -> Result<(), Ended> {
        let stage = self.casts[filed.province].ready().await.map_err(judged)?;
        let seen = stage.deciding.application(&filed.name).await.map_err(judged)?;
        match seen.state() {
            State::Cleared => {
                let published = stage.announcing.publish(&filed.name).await;
                if let Err(status) = published {
                    // Perhaps it was announced all the same: the next look says so.
                    return Err(judged(status));
                }
            }
            State::Announced => {}
            State::Refused | State::Withdrawn => {
                self.people[index].phase = Phase::Out;
                return Ok(());
            }
            _ => return Ok(()),
        }
        let constructor = &mut self.people[index];
        constructor.registered = Some((filed.province, filed.employer));
        constructor.phase = Phase::Idle;
        Ok(())
    }

    /// 暂扣, or its return, by two officers of the ministry.
    async fn national_act(&mut self, index: usize, suspend: bool) -> Result<(), Ended> {
        let stage = self.casts[0].ready().await.map_err(judged)?;
        let first = &stage.deciding.citizen;
        fresh(&mut self.second.citizen, &mut self.second_signed_in_at)
            .await
            .map_err(judged)?;
        let second = &self.second.citizen;
        let person = self.people[index].holder.citizen.person_name.clone();
        let decision = b"%PDF-1.7 decision".to_vec();
        let evidence = Some(issuance::DecisionPaper {
            media_type: "application/pdf".to_owned(),
            digest: sm3_hex(&decision),
            content: decision.into(),
        });
        let mut acts = first.door.national_acts();
        let proposed = if suspend {
            let message = issuance::SuspendRegistrationRequest {
                request_id: request_id(),
                person,
                until: None,
                reference: "建市罚〔2026〕1号".to_owned(),
                statement: "项目发生质量事故".to_owned(),
                evidence,
            };
            let answer = acts.suspend_registration(first.request(message)).await;
            answer.map_err(not_there_yet)?.into_inner().act
        } else {
            let message = issuance::RestoreRegistrationRequest {
                request_id: request_id(),
                person,
                reference: "建市复〔2026〕1号".to_owned(),
                statement: "整改合格".to_owned(),
                evidence,
            };
            let answer = acts.restore_registration(first.request(message)).await;
            answer.map_err(not_there_yet)?.into_inner().act
        };
        let confirm = issuance::ConfirmNationalActRequest {
            request_id: request_id(),
            name: proposed.unwrap_or_default().name,
        };
        let confirmed = acts.confirm_national_act(second.request(confirm)).await;
        if let Err(status) = confirmed {
            self.people[index].phase = Phase::Out;
            return Err(broken(status));
        }
        self.people[index].suspended = suspend;
        Ok(())
    }

    /// Time passes.
    pub(crate) fn wait(&self, chance: &mut Chance) -> String {
        let hours = i64::try_from(1 + chance.below(72)).unwrap_or(1);
        let clock = &self.second.citizen.door.clock;
        clock.advance_to(clock.now() + SignedDuration::from_hours(hours));
        format!("{hours} hours pass")
    }
}

/// The province that somebody comes to may hold them for its own still, with another former employer, as long as it has not
/// heard that they had left: whoever employs them elsewhere is nobody there.
fn move_on_its_way(status: Status, moves: bool) -> Status {
    if moves && reason(&status) == "NOT_FOUND" {
        Status::unavailable("the news of the last move is on its way")
    } else {
        status
    }
}

/// What the province announced may still be on its way to the nation.
fn not_there_yet(status: Status) -> Ended {
    match reason(&status).as_str() {
        "NOT_FOUND" | "NOT_REGISTERED" => Ended::Away(status),
        _ => judged(status),
    }
}

impl Cast {
    fn registrar(&self, employer: usize) -> &testkit::actors::Registrar {
        if employer == 0 {
            &self.stage.employer_a
        } else {
            &self.stage.employer_b
        }
    }
}
