//! The ways through registration that stories share: initial registration, change of employer, renewal.
//!
//! Each goes through every gate of the default policy profile by the officer whose gate it is, moving the register clock
//! where the rule asks for time.

use api::registration::v1 as registration;
use api::types::v1::{ApplicationType, Date, Position, Specialty};
use jiff::ToSpan as _;
use jiff::civil;

use crate::actors::{Answer, Draft, Holder, QualificationRecord};
use crate::materials::{attach_for_initial, attach_for_later};
use crate::stage::Stage;

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
    /// 初始注册 in 水利水电工程 with the first employer, from the qualification to the announcement.
    pub async fn register_initially(
        &mut self,
        holder: &mut Holder,
        tell: &mut dyn Narrator,
    ) -> Answer<Announced> {
        let today = holder.citizen.door.clock.today();
        let number = format!("{}", 3_200_000_000_u64 + u64::from(today.year().unsigned_abs()));
        self.accepting
            .import_qualification(
                &self.province,
                &QualificationRecord {
                    person: &holder.citizen.person,
                    number: &number,
                    specialty: Specialty::WaterAndHydropower,
                    issued_on: wire_day(today.saturating_sub(1.year())),
                },
            )
            .await?;
        tell.step("资格证书入库（水利水电工程）");
        let employer = self.employer_a.employer.name.clone();
        let draft = Draft {
            kind: ApplicationType::Initial,
            specialties: &[Specialty::WaterAndHydropower],
            employer: &employer,
            contract_from: wire_day(today.saturating_sub(30.days())),
        };
        let application = holder.draft(&draft).await?.name;
        attach_for_initial(holder, &application).await?;
        tell.step("申请人填报初始注册并上传材料");
        holder.request_employment(&application).await?;
        self.employer_a.confirm_employment(&application).await?;
        tell.step("聘用企业确认劳动关系");
        holder.submit(&application).await?;
        tell.step("申请人承诺并提交");
        self.through_the_authorities(holder, application, &[Specialty::WaterAndHydropower], tell)
            .await
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
        attach_for_later(holder, &application).await?;
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
        attach_for_later(holder, &application).await?;
        holder.request_employment(&application).await?;
        self.employer_b.confirm_employment(&application).await?;
        holder.submit(&application).await?;
        tell.step("申请人在有效期届满前填报延续注册");
        self.through_the_authorities(holder, application, &[Specialty::WaterAndHydropower], tell)
            .await
    }

    /// From submission to announcement: 受理、初审、会审、审批、公示、公告.
    async fn through_the_authorities(
        &mut self,
        holder: &mut Holder,
        application: String,
        specialties: &[Specialty],
        tell: &mut dyn Narrator,
    ) -> Answer<Announced> {
        self.accepting.accept(&application).await?;
        tell.step("省厅受理");
        self.reviewing.review(&application).await?;
        tell.step("省厅初审（另一名经办人）");
        let reviewed = holder.application(&application).await?;
        if reviewed.state() != registration::application::State::Decided && !specialties.is_empty() {
            self.reviewing.request_joint_review(&application).await?;
            for specialty in specialties {
                self.water.joint_review(&application, *specialty).await?;
            }
            tell.step("水利主管部门会审");
        }
        self.deciding.grant(&application).await?;
        tell.step("审批机关准予注册");
        let publicity = self.announcing.open_publicity(&application).await?;
        tell.step("公示");
        let closes_on = day(publicity.closes_on);
        holder
            .citizen
            .door
            .clock
            .advance_to_morning_of(closes_on.saturating_add(1.day()));
        self.sign_in_again().await?;
        holder.citizen.sign_in().await?;
        let outcomes = self.announcing.close_publicity(&publicity.name).await?;
        let outcome = outcomes
            .into_iter()
            .find(|outcome| outcome.application == application)
            .unwrap_or_default();
        if !outcome.cleared {
            return Err(tonic::Status::failed_precondition(format!(
                "not cleared: {}",
                outcome.reason
            )));
        }
        tell.step("公示期满，全国登记册核准");
        let published = self.announcing.publish(&application).await?;
        let announcement = published.announcement.unwrap_or_default();
        tell.step("公告");
        Ok(Announced {
            application,
            registration_number: outcome.registration_number,
            announcement: announcement.number,
            position: published.position.unwrap_or_default(),
        })
    }
}
