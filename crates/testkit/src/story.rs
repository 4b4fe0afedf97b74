//! The ways through registration that stories share: initial registration, change of employer, renewal.
//!
//! Each goes through every gate of the default policy profile by the officer whose gate it is, moving the register clock
//! where the rule asks for time.

use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, Date, Position, Specialty};
use jiff::ToSpan as _;
use jiff::civil;

use crate::actors::{Answer, Draft, Holder, QualificationRecord};
use crate::materials::{attach_for_change, attach_for_initial, attach_for_renewal};
use crate::stage::Stage;

/// How often, and how far apart, an application is looked at until it is cleared.
const CLEARANCE_LOOKS: u32 = 200;
const CLEARANCE_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// What an announced application leaves behind.
#[derive(Debug, Clone)]
pub struct Announced {
    /// `provinces/{province}/applications/{application}`
    pub application: String,
    /// Number printed on the certificate.
    pub registration_number: String,
    /// Number of the announcement.
    pub announcement: String,
    /// Place in the province's outbox.
    pub position: Position,
}

/// One thing that a story tells while it goes on.
pub trait Narrator {
    /// A step was taken; `what` is for people.
    fn step(&mut self, what: &str);
}

/// Says nothing.
pub struct Silent;

impl Narrator for Silent {
    fn step(&mut self, _: &str) {}
}

/// A day on the wire.
pub fn wire_day(day: civil::Date) -> Date {
    Date {
        year: day.year().into(),
        month: day.month().into(),
        day: day.day().into(),
    }
}

/// A day from the wire.
///
/// # Panics
/// If it is no day.
pub fn day(date: Option<Date>) -> civil::Date {
    let date = date.expect("the answer names a day");
    let part = |number: i32| i8::try_from(number).expect("a month or day");
    civil::Date::new(
        i16::try_from(date.year).expect("a year"),
        part(date.month),
        part(date.day),
    )
    .expect("a day")
}

impl Stage {
    /// Puts the qualification of a person in 水利水电工程 on record, a year old.
    pub async fn qualify(&self, holder: &Holder) -> Answer<()> {
        let today = holder.citizen.door.clock.today();
        let number = format!("{}", 3_200_000_000_u64 + u64::from(today.year().unsigned_abs()));
        let record = QualificationRecord {
            person: &holder.citizen.person,
            number: &number,
            specialty: Specialty::WaterAndHydropower,
            issued_on: wire_day(today.saturating_sub(1.year())),
        };
        self.accepting
            .import_qualification(&self.province, &record)
            .await?;
        Ok(())
    }

    /// Opens a draft of an initial registration with the first employer; no materials yet.
    pub async fn draft_initial(&self, holder: &Holder) -> Answer<String> {
        let today = holder.citizen.door.clock.today();
        let employer = self.employer_a.employer.name.clone();
        let draft = Draft {
            kind: ApplicationType::Initial,
            specialties: &[Specialty::WaterAndHydropower],
            employer: &employer,
            contract_from: wire_day(today.saturating_sub(30.days())),
        };
        Ok(holder.draft(&draft).await?.name)
    }

    /// From the qualification to the submission of an initial registration; returns the application.
    pub async fn submit_initial(&self, holder: &Holder, tell: &mut dyn Narrator) -> Answer<String> {
        self.qualify(holder).await?;
        tell.step("资格证书入库（水利水电工程）");
        let application = self.draft_initial(holder).await?;
        attach_for_initial(holder, &application).await?;
        tell.step("申请人填报初始注册并上传材料");
        holder.request_employment(&application).await?;
        self.employer_a.confirm_employment(&application).await?;
        tell.step("聘用企业确认劳动关系");
        holder.submit(&application).await?;
        tell.step("申请人承诺并提交");
        Ok(application)
    }

    /// 初始注册 in 水利水电工程 with the first employer, from the qualification to the announcement.
    pub async fn register_initially(
        &mut self,
        holder: &mut Holder,
        tell: &mut dyn Narrator,
    ) -> Answer<Announced> {
        let application = self.submit_initial(holder, tell).await?;
        self.through_the_authorities(holder, application, &[Specialty::WaterAndHydropower], tell)
            .await
    }

    /// Initial registrations of several people in one publicity, each with an announcement of its own.
    pub async fn register_together(&mut self, holders: &mut [&mut Holder]) -> Answer<Vec<Announced>> {
        let cleared = self.clear_together(holders).await?;
        let mut announced = Vec::new();
        for (application, registration_number) in cleared {
            let published = self.announcing.publish(&application).await?;
            announced.push(Announced {
                application,
                registration_number,
                announcement: published.announcement.unwrap_or_default().number,
                position: published.position.unwrap_or_default(),
            });
        }
        Ok(announced)
    }

    /// Initial registrations of several people up to the clearance; returns applications and registration numbers.
    pub async fn clear_together(&mut self, holders: &mut [&mut Holder]) -> Answer<Vec<(String, String)>> {
        let mut applications = Vec::new();
        for holder in &*holders {
            let application = self.submit_initial(holder, &mut Silent).await?;
            self.examine(&application, &[Specialty::WaterAndHydropower], &mut Silent)
                .await?;
            applications.push(application);
        }
        let names: Vec<&str> = applications.iter().map(String::as_str).collect();
        let numbers = self.publicise(holders, &names, &mut Silent).await?;
        Ok(applications.into_iter().zip(numbers).collect())
    }

    /// 变更注册 to the second employer, with the first one's confirmation that the employment ended.
    pub async fn change_employer(
        &mut self,
        holder: &mut Holder,
        tell: &mut dyn Narrator,
    ) -> Answer<Announced> {
        let today = holder.citizen.door.clock.today();
        let employer = self.employer_b.employer.name.clone();
        let draft = Draft {
            kind: ApplicationType::Change,
            specialties: &[Specialty::WaterAndHydropower],
            employer: &employer,
            contract_from: wire_day(today),
        };
        let application = holder.draft(&draft).await?.name;
        attach_for_change(holder, &application).await?;
        tell.step("申请人填报变更注册（新聘用企业）");
        holder.request_employment(&application).await?;
        self.employer_b.confirm_employment(&application).await?;
        tell.step("新聘用企业确认劳动关系");
        self.employer_a
            .confirm_termination(&application, wire_day(today.saturating_sub(1.day())))
            .await?;
        tell.step("原聘用企业确认解除劳动关系");
        holder.submit(&application).await?;
        self.through_the_authorities(holder, application, &[Specialty::WaterAndHydropower], tell)
            .await
    }

    /// 延续注册 with the second employer; the register clock stands inside the window.
    pub async fn renew(&mut self, holder: &mut Holder, tell: &mut dyn Narrator) -> Answer<Announced> {
        let today = holder.citizen.door.clock.today();
        let employer = self.employer_b.employer.name.clone();
        let draft = Draft {
            kind: ApplicationType::Renewal,
            specialties: &[Specialty::WaterAndHydropower],
            employer: &employer,
            contract_from: wire_day(today.saturating_sub(1.year())),
        };
        let application = holder.draft(&draft).await?.name;
        attach_for_renewal(holder, &application).await?;
        holder.request_employment(&application).await?;
        self.employer_b.confirm_employment(&application).await?;
        holder.submit(&application).await?;
        tell.step("申请人在有效期届满前填报延续注册");
        self.through_the_authorities(holder, application, &[Specialty::WaterAndHydropower], tell)
            .await
    }

    /// From submission to grant: 受理、初审、会审、审批. Only types that judge the person are co-reviewed; `specialties` are
    /// those that the water authority co-reviews.
    pub async fn examine(
        &self,
        application: &str,
        specialties: &[Specialty],
        tell: &mut dyn Narrator,
    ) -> Answer<registration::Application> {
        self.accepting.accept(application).await?;
        tell.step("省厅受理");
        self.examine_accepted(application, specialties, tell).await
    }

    /// As [`Self::examine`], of an application that is accepted already.
    pub async fn examine_accepted(
        &self,
        application: &str,
        specialties: &[Specialty],
        tell: &mut dyn Narrator,
    ) -> Answer<registration::Application> {
        let accepted = self.reviewing.review(application).await?;
        tell.step("省厅初审（另一名经办人）");
        if is_judged(accepted.r#type()) && !specialties.is_empty() {
            self.reviewing.request_joint_review(application).await?;
            for specialty in specialties {
                self.water.joint_review(application, *specialty).await?;
            }
            tell.step("水利主管部门会审");
        }
        let granted = self.deciding.grant(application).await?;
        tell.step("审批机关准予注册");
        Ok(granted)
    }

    /// The registration number once the nation has cleared an application. The wire has no position for that: it comes by
    /// itself after the decision or the end of publicity.
    pub async fn cleared_number(&self, application: &str) -> Answer<String> {
        for _ in 0..CLEARANCE_LOOKS {
            let seen = self.deciding.application(application).await?;
            if seen.state() == registration::application::State::Cleared {
                return Ok(seen.registration_number);
            }
            tokio::time::sleep(CLEARANCE_PAUSE).await;
        }
        Err(tonic::Status::deadline_exceeded(format!(
            "{application} was not cleared"
        )))
    }

    /// One publicity of granted applications from its opening to the nation's clearance, moving the register clock over
    /// the window; returns the registration numbers in the order of the applications.
    pub async fn publicise(
        &mut self,
        holders: &mut [&mut Holder],
        applications: &[&str],
        tell: &mut dyn Narrator,
    ) -> Answer<Vec<String>> {
        let publicity = self.announcing.open_publicity_of(applications).await?;
        tell.step("公示");
        self.close_publicity(holders, &publicity, applications, tell)
            .await
    }

    /// From an open publicity to the nation's clearance, moving the register clock over the window; returns the
    /// registration numbers in the order of the applications.
    pub async fn close_publicity(
        &mut self,
        holders: &mut [&mut Holder],
        publicity: &registration::Publicity,
        applications: &[&str],
        tell: &mut dyn Narrator,
    ) -> Answer<Vec<String>> {
        let after = day(publicity.closes_on).saturating_add(1.day());
        self.announcing.citizen.door.clock.advance_to_morning_of(after);
        self.sign_in_again().await?;
        for holder in holders {
            holder.citizen.sign_in().await?;
        }
        let outcomes = self.announcing.close_publicity(&publicity.name).await?;
        let mut numbers = Vec::new();
        for application in applications {
            let found = outcomes.iter().find(|one| one.application == *application);
            numbers.push(match found {
                Some(outcome) if outcome.cleared => outcome.registration_number.clone(),
                Some(outcome) if !["", "PENDING"].contains(&outcome.reason.as_str()) => {
                    return Err(tonic::Status::failed_precondition(format!(
                        "not cleared: {}",
                        outcome.reason
                    )));
                }
                _ => self.cleared_number(application).await?,
            });
        }
        tell.step("公示期满，全国登记册核准");
        Ok(numbers)
    }

    /// From submission to announcement: 受理、初审、会审、审批、公示、公告.
    pub async fn through_the_authorities(
        &mut self,
        holder: &mut Holder,
        application: String,
        specialties: &[Specialty],
        tell: &mut dyn Narrator,
    ) -> Answer<Announced> {
        let granted = self.examine(&application, specialties, tell).await?;
        let registration_number = if is_publicised(granted.r#type()) {
            let numbers = self.publicise(&mut [holder], &[&application], tell).await?;
            numbers.into_iter().next().unwrap_or_default()
        } else {
            let number = self.cleared_number(&application).await?;
            tell.step("全国登记册核准（该类型无须公示）");
            number
        };
        let published = self.announcing.publish(&application).await?;
        let announcement = published.announcement.unwrap_or_default();
        tell.step("公告");
        Ok(Announced {
            application,
            registration_number,
            announcement: announcement.number,
            position: published.position.unwrap_or_default(),
        })
    }
}

/// Whether the type judges the person: then its specialties are co-reviewed (101号 art 5).
fn is_judged(kind: ApplicationType) -> bool {
    !matches!(
        kind,
        ApplicationType::Cancellation | ApplicationType::Correction | ApplicationType::SealReissue
    )
}

/// Whether the type has publicity (公示) under the default policy (domain §1.4).
fn is_publicised(kind: ApplicationType) -> bool {
    is_judged(kind) && kind != ApplicationType::Change
}
