//! Names the step where a person's certificate stands, and what they can do (design §1.10).

use domain::application::StateKind;
use domain::calendar::day_of;
use domain::ids::PersonId;
use domain::reason::BilingualText;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Tx, outbox};
use service_runtime::Scope;
use service_runtime::clock::Clock as _;

use crate::app::Deps;
use crate::command::facts;
use crate::error::Error;
use crate::store::Within;
use crate::store::application::{self, Record};
use crate::store::registered::{self, Registered};

macro_rules! steps {
    ($($name:ident = $zh:literal, $en:literal, next($next_zh:literal, $next_en:literal);)*) => {
        /// The steps between a qualification and a certificate in the hand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Step { $($name,)* }

        impl Step {
            /// Where it stands.
            pub(crate) fn text(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($zh, $en),)* }
            }

            /// What the person can do.
            pub(crate) fn next(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($next_zh, $next_en),)* }
            }
        }
    };
}

steps! {
    NoQualification = "没有查到您的一级建造师资格证书记录", "no qualification is on record for you",
        next("请核对实名信息与资格证书是否一致，或联系考试机构补登", "check that your name and document match the qualification certificate");
    NotApplied = "尚未提出注册申请", "you have not applied yet",
        next("请向聘用单位所在省提出注册申请", "apply to the province of your employer");
    Draft = "申请尚在填写", "the application is a draft", next("请补齐材料并提请聘用单位确认", "attach the materials and hand it to the employer");
    WaitingForEmployer = "等待聘用单位确认", "the employer has to confirm", next("请联系聘用单位注册经办人", "ask the employer's registrar");
    RejectedByEmployer = "聘用单位已退回", "the employer rejected it", next("请与聘用单位核实后修改重报", "settle it with the employer and hand it in again");
    ReadyToSubmit = "聘用单位已确认，尚未提交", "confirmed, not yet submitted", next("请提交申请", "submit it");
    CompletenessCheck = "已提交，受理机关正在核对材料", "submitted; the authority checks completeness", next("请等待受理", "wait for acceptance");
    CorrectionNeeded = "需要补正材料", "a correction is asked for", next("请按一次性告知补正后重新提交", "correct what the notice lists and submit again");
    UnderReview = "已受理，正在初审", "accepted; under review", next("请等待审查", "wait for the review");
    UnderJointReview = "正在由有关部门会审", "with the co-reviewing department", next("请等待会审", "wait for the joint review");
    AwaitingDecision = "审查完毕，等待审批", "reviewed; awaiting the decision", next("请等待审批", "wait for the decision");
    AwaitingPublicity = "已准予，等待公示", "granted; awaiting publicity", next("请等待公示", "wait for the publicity");
    InPublicity = "正在公示", "in publicity", next("请等待公示期满", "wait for the window to end");
    Objected = "公示期间有异议，正在处理", "an objection is being handled", next("请等待处理结果", "wait for the answer");
    AwaitingClearance = "公示期满，等待全国核准", "publicity ended; awaiting the nation's clearance", next("请等待核准", "wait for the clearance");
    AwaitingAnnouncement = "已核准，等待公告", "cleared; awaiting the announcement", next("请等待公告", "wait for the announcement");
    AnnouncedNotSent = "已公告，正在报送全国注册登记册", "announced; on its way to the national register", next("通常数秒内完成，请稍候", "this takes seconds; wait a moment");
    AnnouncedNotIssued = "已公告，电子证照正在制作", "announced; the certificate is being made", next("请稍后下载电子证照", "download it in a moment");
    Available = "电子证照可以下载", "the certificate is available", next("请登录后在“我的证照”下载或加注", "download it, or make a use copy");
    NotAccepted = "申请不予受理", "the application was not accepted", next("请查看不予受理通知书；符合条件后重新申请，也可依法申请行政复议或提起行政诉讼", "read the notice; apply again, or appeal");
    Refused = "不予注册", "the registration was refused", next("请查看不予注册的理由，条件具备后重新申请", "read the grounds; apply again when they are cured");
    Withdrawn = "申请已撤回", "the application was withdrawn", next("如需注册请重新申请", "apply again if you wish to register");
    Ended = "注册已失效、注销或已迁出", "the registration has ended here", next("请办理重新注册，或到迁入省查询", "apply for re-registration, or ask the province you moved to");
}

/// The answer.
#[derive(Debug)]
pub(crate) struct Explanation {
    pub(crate) step: Step,
    pub(crate) since: Option<Timestamp>,
    pub(crate) due_on: Option<Date>,
    pub(crate) application: Option<domain::ids::ApplicationId>,
    pub(crate) licence_identifier: Option<String>,
}

/// About the latest application, or the registration where none is open.
pub(crate) async fn explain(deps: &Deps, scope: &Scope, person: PersonId) -> Result<Explanation, Error> {
    scope.require(Some(person.as_uuid()), None, Some(deps.province.code()))?;
    let within = Within::of(scope, deps.province);
    let within = &within;
    let (latest, registered, receipted) = deps
        .reader
        .snapshot("explain availability", async |tx: &mut Tx| {
            let ids = application::of_person(tx, person, None, 1).await?;
            let latest = application::load(tx, within, &ids).await?.pop();
            let registered = registered::find(tx, within, person).await?;
            Ok::<_, Error>((latest, registered, outbox::receipted(tx, &deps.stream).await?))
        })
        .await?;
    let today = day_of(deps.clock.now());
    let licence_identifier = registered
        .as_ref()
        .and_then(|known| known.licence_identifier.clone());
    let settled = registered
        .as_ref()
        .map(|known| (of_registration(known, receipted, today), known));
    let open = latest
        .as_ref()
        .filter(|record| !record.application.state().kind().is_final());
    let (step, since) = match (open, &settled, &latest) {
        (Some(record), _, _) => (of_application(deps, record)?, Some(record.since)),
        (None, Some((step, known)), _) => (*step, Some(known.announced_at)),
        (None, None, Some(record)) => (of_application(deps, record)?, Some(record.since)),
        (None, None, None) => (unapplied(deps, person).await?, None),
    };
    let about = match (open, settled) {
        (None, Some((_, known))) => Some(known.application),
        _ => latest.as_ref().map(|record| record.application.id),
    };
    let due_on = open.and_then(|record| record.due).map(|due| due.day);
    Ok(Explanation {
        step,
        since,
        due_on,
        application: about,
        licence_identifier,
    })
}

fn of_registration(known: &Registered, receipted: i64, today: Date) -> Step {
    let over = known.specialties.iter().all(|(_, term)| term.is_over(today));
    if over || known.moved_to.is_some() || known.ended.is_some() {
        Step::Ended
    } else if known.position > receipted {
        Step::AnnouncedNotSent
    } else if known.licence_identifier.is_none() {
        Step::AnnouncedNotIssued
    } else {
        Step::Available
    }
}

fn of_application(deps: &Deps, record: &Record) -> Result<Step, Error> {
    let policy = deps.policy_of(&record.application, deps.clock.now())?;
    let publicised = policy.publicity_days(record.kind()).is_some();
    Ok(match record.application.state().kind() {
        StateKind::Draft => Step::Draft,
        StateKind::EmployerPending => Step::WaitingForEmployer,
        StateKind::EmployerRejected => Step::RejectedByEmployer,
        StateKind::EmployerConfirmed => Step::ReadyToSubmit,
        StateKind::Submitted => Step::CompletenessCheck,
        StateKind::CorrectionRequested => Step::CorrectionNeeded,
        StateKind::Accepted => Step::UnderReview,
        StateKind::JointReviewPending => Step::UnderJointReview,
        StateKind::Reviewed | StateKind::JointReviewed => Step::AwaitingDecision,
        StateKind::Decided if publicised => Step::AwaitingPublicity,
        StateKind::Publicized => Step::InPublicity,
        StateKind::Objected => Step::Objected,
        StateKind::Decided | StateKind::PublicityClosed | StateKind::Completing => Step::AwaitingClearance,
        StateKind::Cleared => Step::AwaitingAnnouncement,
        StateKind::Completed => Step::Ended,
        StateKind::Announced | StateKind::DeemedRenewed => Step::AnnouncedNotSent,
        StateKind::NotAccepted => Step::NotAccepted,
        StateKind::Refused => Step::Refused,
        StateKind::Withdrawn => Step::Withdrawn,
    })
}

async fn unapplied(deps: &Deps, person: PersonId) -> Result<Step, Error> {
    let purpose = format!("provinces/{}/qualifications", deps.province);
    let known = deps.identity.person(person, &purpose).await?;
    let known = &known;
    let read = async |tx: &mut Tx| facts::qualifications(deps, tx, known).await;
    let found = deps.reader.snapshot("qualifications of a person", read).await?;
    Ok(if found.is_empty() {
        Step::NoQualification
    } else {
        Step::NotApplied
    })
}
