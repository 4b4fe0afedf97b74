//! Where a person's certificate stands and what they can do, instead of "not found" (design §1.10, domain §0.4, §5).

use serde::{Deserialize, Serialize};

use crate::application::{Application, StateKind};
use crate::policy::PolicyProfile;
use crate::reason::BilingualText;
use crate::register::StatusCode;

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal, $next_zh:literal, $en:literal, $next_en:literal;)*) => {
        /// A step between a qualification and a certificate in the hand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum AvailabilityStep {
            $($(#[$doc])* $name,)*
        }

        impl AvailabilityStep {
            /// Every step, in the order of the path.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as sent.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Where the certificate stands.
            #[must_use]
            pub fn text(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($zh, $en),)* }
            }

            /// What the person can do.
            #[must_use]
            pub fn next(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($next_zh, $next_en),)* }
            }
        }
    };
}

steps! {
    /// No qualification under this name and document.
    NoQualification = "NO_QUALIFICATION", "没有与您的姓名和证件号码一致的一级建造师资格证书记录。", "请核对账户实名信息与资格证书上的姓名、证件号码是否完全一致；不一致的，请先更正或补充证件。",
        "No qualification matches your name and document.", "Compare your account with the qualification certificate; correct it or add a document.";
    /// Nothing applied for.
    NotApplied = "NOT_APPLIED", "资格证书已登记，尚未申请注册。", "请通过聘用单位申请初始注册。",
        "The qualification is on record; nothing was applied for.", "Apply for initial registration through your employer.";
    /// A draft.
    Draft = "DRAFT", "注册申请尚未提交，仍为草稿。", "请补齐材料后提请聘用单位确认。",
        "The application is a draft.", "Complete it and hand it to your employer.";
    /// With the employer.
    WaitingForEmployer = "WAITING_FOR_EMPLOYER", "等待聘用单位确认。", "请联系聘用单位在系统中确认。",
        "Waiting for the employer's confirmation.", "Ask your employer to confirm.";
    /// The employer rejected it.
    RejectedByEmployer = "REJECTED_BY_EMPLOYER", "聘用单位退回了申请。", "请按退回理由修改后重新提请确认。",
        "The employer rejected the application.", "Revise it by the grounds given and hand it in again.";
    /// Confirmed, not submitted.
    ReadyToSubmit = "READY_TO_SUBMIT", "聘用单位已确认，尚未提交。", "请提交申请。",
        "Confirmed by the employer, not yet submitted.", "Submit the application.";
    /// Submitted.
    CompletenessCheck = "COMPLETENESS_CHECK", "申请已提交，正在核对材料是否齐全（5个工作日内）。", "请等待受理通知。",
        "Submitted; being checked for completeness (five working days).", "Wait for the notice of acceptance.";
    /// The one correction notice was sent.
    CorrectionNeeded = "CORRECTION_NEEDED", "材料需要补正，已一次性告知。", "请按告知内容补正后重新提交。",
        "Corrections are needed; all of them are in the notice.", "Correct what the notice lists and submit again.";
    /// Accepted, in review.
    UnderReview = "UNDER_REVIEW", "申请已受理，正在审查。", "请等待审查结果。",
        "Accepted and under review.", "Wait for the result.";
    /// With a co-reviewing department.
    UnderJointReview = "UNDER_JOINT_REVIEW", "专业主管部门正在会审。", "请等待会审结果。",
        "Under joint review by the department of the trade.", "Wait for the result.";
    /// Examined, not decided.
    AwaitingDecision = "AWAITING_DECISION", "审查完毕，等待审批决定。", "请等待决定。",
        "Examined; waiting for the decision.", "Wait for the decision.";
    /// Granted, publicity not open.
    AwaitingPublicity = "AWAITING_PUBLICITY", "已准予注册，等待公示。", "请等待公示。",
        "Granted; waiting for publicity.", "Wait for publicity to open.";
    /// In publicity.
    InPublicity = "IN_PUBLICITY", "正在公示。公示不是公告，公告后证书才生效。", "请等待公示期满和公告。",
        "In publicity, which is not yet the announcement.", "Wait for the announcement.";
    /// Objected to.
    Objected = "OBJECTED", "公示期间收到异议，正在核查。", "请等待核查结果，并配合说明情况。",
        "An objection is being looked into.", "Wait, and answer questions of the authority.";
    /// Waits for clearance.
    AwaitingClearance = "AWAITING_CLEARANCE", "公示已结束，正在进行全国核准。", "请等待公告。",
        "Being cleared by the nation.", "Wait for the announcement.";
    /// Cleared.
    AwaitingAnnouncement = "AWAITING_ANNOUNCEMENT", "已核准，等待公告。", "请等待公告。",
        "Cleared; waiting for the announcement.", "Wait for the announcement.";
    /// Announced; the nation does not have it yet.
    AnnouncedNotSent = "ANNOUNCED_NOT_SENT", "已公告，注册已生效，正在同步至国家登记册。", "通常在一秒内完成；长时间未完成的，请联系省级主管部门。",
        "Announced and in force; on its way to the national register.", "Usually done within a second; otherwise ask the province.";
    /// In the register; documents are being made.
    AnnouncedNotIssued = "ANNOUNCED_NOT_ISSUED", "已公告，注册已生效，电子证书正在生成。", "请稍后刷新。",
        "Announced and in force; the documents are being made.", "Try again in a moment.";
    /// Can be downloaded.
    Available = "AVAILABLE", "电子证书已签发，可以下载。", "请添加证照，填写用途后下载。",
        "The certificate is issued.", "Add it, state a purpose and download.";
    /// Not accepted.
    NotAccepted = "NOT_ACCEPTED", "申请不予受理。", "请查看不予受理的理由；符合条件后可重新申请，也可依法申请行政复议或提起行政诉讼。",
        "The application was not accepted.", "Read the grounds; apply again, or appeal.";
    /// Refused.
    Refused = "REFUSED", "不予注册。", "请查看不予注册的理由；可依法申请行政复议或提起行政诉讼。",
        "Refused.", "Read the grounds; you may appeal.";
    /// Withdrawn.
    Withdrawn = "WITHDRAWN", "申请已撤回。", "如需注册，请重新申请。",
        "The application was withdrawn.", "Apply again if you wish.";
    /// The registration has ended.
    Ended = "ENDED", "注册已失效、注销、撤销或吊销，没有可下载的证书。", "具备条件的，可申请重新注册。",
        "The registration has ended; there is no certificate to download.", "Apply for re-registration if you meet the conditions.";
}

/// How far an announced registration has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Delivery {
    /// In the province's outbox.
    NotSent,
    /// The nation has it.
    NotIssued,
    /// The documents exist.
    Issued,
}

/// What is known of a person.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// A qualification is on record.
    pub qualified: bool,
    /// The latest application, with the profile it was submitted under.
    pub application: Option<(&'a Application, Option<&'a PolicyProfile>)>,
    /// The registration's status and how far its certificate has got; none if never registered.
    pub registration: Option<(StatusCode, Delivery)>,
}

/// The step where the certificate stands. A living registration with its certificate wins over any open application:
/// there is something to download.
#[must_use]
pub fn explain(known: &Knowledge<'_>) -> AvailabilityStep {
    if let Some((status, delivery)) = known.registration {
        let ended = !matches!(
            status,
            StatusCode::Valid | StatusCode::Suspended | StatusCode::MovingOut
        );
        let open = known
            .application
            .is_some_and(|(application, _)| !application.state().kind().is_final());
        match delivery {
            _ if ended && open => {}
            _ if ended => return AvailabilityStep::Ended,
            Delivery::NotSent => return AvailabilityStep::AnnouncedNotSent,
            Delivery::NotIssued => return AvailabilityStep::AnnouncedNotIssued,
            Delivery::Issued => return AvailabilityStep::Available,
        }
    }
    match known.application {
        Some((application, policy)) => of_application(application, policy),
        None if known.qualified => AvailabilityStep::NotApplied,
        None => AvailabilityStep::NoQualification,
    }
}

fn of_application(application: &Application, policy: Option<&PolicyProfile>) -> AvailabilityStep {
    let publicity = policy.is_some_and(|policy| policy.publicity_days(application.kind).is_some());
    let joint = policy.is_some_and(|policy| {
        !policy
            .joint_reviews(application.kind, &application.specialties)
            .is_empty()
    });
    match application.state().kind() {
        StateKind::Draft => AvailabilityStep::Draft,
        StateKind::EmployerPending => AvailabilityStep::WaitingForEmployer,
        StateKind::EmployerRejected => AvailabilityStep::RejectedByEmployer,
        StateKind::EmployerConfirmed => AvailabilityStep::ReadyToSubmit,
        StateKind::Submitted => AvailabilityStep::CompletenessCheck,
        StateKind::CorrectionRequested => AvailabilityStep::CorrectionNeeded,
        StateKind::Accepted => AvailabilityStep::UnderReview,
        StateKind::Reviewed if joint => AvailabilityStep::UnderJointReview,
        StateKind::JointReviewPending => AvailabilityStep::UnderJointReview,
        StateKind::Reviewed | StateKind::JointReviewed => AvailabilityStep::AwaitingDecision,
        StateKind::Decided if publicity => AvailabilityStep::AwaitingPublicity,
        StateKind::Publicized => AvailabilityStep::InPublicity,
        StateKind::Objected => AvailabilityStep::Objected,
        StateKind::Decided | StateKind::PublicityClosed | StateKind::Completing => {
            AvailabilityStep::AwaitingClearance
        }
        StateKind::Completed => AvailabilityStep::Ended,
        StateKind::Cleared => AvailabilityStep::AwaitingAnnouncement,
        StateKind::Announced => AvailabilityStep::AnnouncedNotSent,
        StateKind::NotAccepted => AvailabilityStep::NotAccepted,
        StateKind::Refused => AvailabilityStep::Refused,
        StateKind::DeemedRenewed => AvailabilityStep::AnnouncedNotSent,
        StateKind::Withdrawn => AvailabilityStep::Withdrawn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(registration: Option<(StatusCode, Delivery)>, qualified: bool) -> AvailabilityStep {
        explain(&Knowledge {
            qualified,
            application: None,
            registration,
        })
    }

    #[test]
    fn nobody_gets_an_unexplained_not_found() {
        assert_eq!(known(None, false), AvailabilityStep::NoQualification);
        assert_eq!(known(None, true), AvailabilityStep::NotApplied);
        for (delivery, step) in [
            (Delivery::NotSent, AvailabilityStep::AnnouncedNotSent),
            (Delivery::NotIssued, AvailabilityStep::AnnouncedNotIssued),
            (Delivery::Issued, AvailabilityStep::Available),
        ] {
            assert_eq!(known(Some((StatusCode::Valid, delivery)), true), step);
            assert_eq!(
                known(Some((StatusCode::Lapsed, delivery)), true),
                AvailabilityStep::Ended
            );
        }
    }

    #[test]
    fn every_step_says_where_it_stands_and_what_to_do() {
        let texts: std::collections::BTreeSet<_> =
            AvailabilityStep::ALL.iter().map(|step| step.text().zh).collect();
        assert_eq!(texts.len(), AvailabilityStep::ALL.len());
        for step in AvailabilityStep::ALL {
            assert!(!step.next().zh.is_empty() && !step.next().en.is_empty());
            assert_eq!(
                serde_json::to_string(step).expect("json"),
                format!("\"{}\"", step.code())
            );
        }
    }
}
