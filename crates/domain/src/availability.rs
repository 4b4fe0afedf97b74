//! Where a person's certificate stands and what they can do, instead of "not found" (design §1.10, domain §0, §5).

use serde::{Deserialize, Serialize};

use crate::application::{Application, MaterialKind, StateKind};
use crate::policy::PolicyProfile;
use crate::reason::BilingualText;
use crate::register::StatusCode;

macro_rules! actors {
    ($($(#[$doc:meta])* $name:ident = $zh:literal, $en:literal;)*) => {
        /// Who acts next.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum NextActor {
            $($(#[$doc])* $name,)*
        }

        impl NextActor {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Who it is, in words.
            #[must_use]
            pub fn text(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($zh, $en),)* }
            }
        }
    };
}

actors! {
    /// Nobody has to.
    Nobody = "无需办理", "nobody";
    /// The person.
    Person = "本人", "the person";
    /// The employer's registrar.
    Employer = "聘用单位", "the employer";
    /// 受理机关.
    AcceptingAuthority = "受理机关", "the accepting authority";
    /// 审查机关.
    ReviewingAuthority = "审查机关", "the reviewing authority";
    /// 会审部门.
    JointReviewer = "会审的专业主管部门", "the co-reviewing department";
    /// 审批机关.
    DecidingAuthority = "审批机关", "the deciding authority";
    /// 公示、公告机关.
    AnnouncingAuthority = "公示公告机关", "the announcing authority";
    /// The national register.
    Nation = "全国注册登记册", "the national register";
    /// The province that holds the registration.
    OtherProvince = "注册所在省的主管部门", "the authority of the province that holds the registration";
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $actor:ident, $zh:literal, $next_zh:literal, $en:literal, $next_en:literal;)*) => {
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

            /// Who acts next.
            #[must_use]
            pub const fn actor(self) -> NextActor {
                match self { $(Self::$name => NextActor::$actor,)* }
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
    /// Nothing under this name and document.
    NoQualification = "NO_QUALIFICATION", Person,
        "没有与所查姓名和证件号码一致的一级建造师资格证书或注册记录。", "请核对姓名、证件号码与资格证书是否完全一致；有曾用证件的，请先在账户中补充；仍查不到的，请联系资格证书的发放机构补登。",
        "No qualification or registration matches this name and document.", "Compare both with the qualification certificate; add an earlier document; else ask the issuer of the qualification.";
    /// The number is on record, under another name.
    NameDiffers = "NAME_DIFFERS", Person,
        "证件号码有登记记录，但姓名与记录不一致。", "请核对姓名用字（含间隔号、生僻字）；确属登记有误或已依法更名的，请申请信息更正。",
        "The document number is on record, under another name.", "Check the characters of the name; if the record is wrong or the name was changed by law, apply for a correction (更正).";
    /// Nothing applied for.
    NotApplied = "NOT_APPLIED", Person,
        "资格证书已登记，尚未申请注册。", "请通过聘用单位申请初始注册。",
        "The qualification is on record; nothing was applied for.", "Apply for initial registration through your employer.";
    /// A draft.
    Draft = "DRAFT", Person,
        "注册申请尚未提交，仍为草稿。", "请补齐材料后提请聘用单位确认。",
        "The application is a draft.", "Complete it and hand it to your employer.";
    /// Only the photo, with or without the signature image, is missing.
    PhotoMissing = "PHOTO_MISSING", Person,
        "缺少个人照片，证书无法制作。", "请补充一寸白底免冠照片。",
        "The photo is missing; no certificate can be made.", "Add a one-inch photo on white ground.";
    /// Only the signature image is missing.
    SignatureImageMissing = "SIGNATURE_IMAGE_MISSING", Person,
        "缺少手写签名图片，证书无法制作。", "请补充白底黑字的手写签名图片。",
        "The image of the signature is missing; no certificate can be made.", "Add an image of your signature, black on white.";
    /// With the employer.
    WaitingForEmployer = "WAITING_FOR_EMPLOYER", Employer,
        "等待聘用单位确认。", "请联系聘用单位在系统中确认。",
        "Waiting for the employer's confirmation.", "Ask your employer to confirm.";
    /// The employer rejected it.
    RejectedByEmployer = "REJECTED_BY_EMPLOYER", Person,
        "聘用单位退回了申请。", "请按退回理由修改后重新提请确认。",
        "The employer rejected the application.", "Revise it by the grounds given and hand it in again.";
    /// Confirmed, not submitted.
    ReadyToSubmit = "READY_TO_SUBMIT", Person,
        "聘用单位已确认，尚未提交。", "请提交申请。",
        "Confirmed by the employer, not yet submitted.", "Submit the application.";
    /// Submitted.
    CompletenessCheck = "COMPLETENESS_CHECK", AcceptingAuthority,
        "申请已提交，正在核对材料是否齐全。", "请等待受理通知；逾期未告知的，自收到申请之日起视为受理。",
        "Submitted; being checked for completeness.", "Wait for the notice of acceptance; silence past the limit counts as acceptance.";
    /// The one correction notice was sent.
    CorrectionNeeded = "CORRECTION_NEEDED", Person,
        "材料需要补正，已一次性告知。", "请按告知内容补正后重新提交。",
        "Corrections are needed; all of them are in the notice.", "Correct what the notice lists and submit again.";
    /// Accepted, in review.
    UnderReview = "UNDER_REVIEW", ReviewingAuthority,
        "申请已受理，正在审查。", "请等待审查结果。",
        "Accepted and under review.", "Wait for the result.";
    /// To be reviewed jointly, or being so.
    UnderJointReview = "UNDER_JOINT_REVIEW", JointReviewer,
        "初审完毕，由专业主管部门会审。", "请等待会审结果。",
        "Reviewed; the department of the trade reviews it jointly.", "Wait for the result.";
    /// Examined, not decided.
    AwaitingDecision = "AWAITING_DECISION", DecidingAuthority,
        "审查完毕，等待审批决定。", "请等待决定。",
        "Examined; waiting for the decision.", "Wait for the decision.";
    /// Granted, publicity not open.
    AwaitingPublicity = "AWAITING_PUBLICITY", AnnouncingAuthority,
        "已准予注册，等待公示。", "请等待公示。",
        "Granted; waiting for publicity.", "Wait for publicity to open.";
    /// In publicity.
    InPublicity = "IN_PUBLICITY", AnnouncingAuthority,
        "正在公示。公示不是公告，公告后注册才生效。", "请等待公示期满和公告。",
        "In publicity, which is not yet the announcement.", "Wait for the announcement.";
    /// Objected to.
    Objected = "OBJECTED", AnnouncingAuthority,
        "公示期间收到异议，正在核查。", "请等待核查结果，并配合说明情况。",
        "An objection is being looked into.", "Wait, and answer questions of the authority.";
    /// Waits for the nation's clearance.
    AwaitingClearance = "AWAITING_CLEARANCE", Nation,
        "已准予，尚未公告，正在进行全国核准。", "请等待公告。",
        "Granted, not announced; being cleared by the nation.", "Wait for the announcement.";
    /// Cleared, not announced.
    AwaitingAnnouncement = "AWAITING_ANNOUNCEMENT", AnnouncingAuthority,
        "已核准，尚未公告。", "请等待公告；公告后注册才生效。",
        "Cleared, not announced.", "Wait for the announcement, at which you are registered.";
    /// In the province's outbox.
    AnnouncedNotSent = "ANNOUNCED_NOT_SENT", Nation,
        "已公告，注册已生效，正在报送全国注册登记册。", "通常数秒内完成；全国登记册不可达时记录留存待送，恢复后自动补送，无需重办。",
        "Announced and in force; on its way to the national register.", "Usually a matter of seconds; kept and sent by itself when the nation is back.";
    /// The nation stopped the province's stream.
    ExchangeStopped = "EXCHANGE_STOPPED", AnnouncingAuthority,
        "已公告，注册已生效，但本省报送全国登记册的通道因一条记录有误而暂停，运维人员正在处理。", "您的注册不受影响，无需重办；急需证书的，请联系省级主管部门。",
        "Announced and in force; the province's stream is stopped at a record that the nation cannot apply.", "Your registration stands; ask the province if it is urgent.";
    /// In the register; documents are being made.
    AnnouncedNotIssued = "ANNOUNCED_NOT_ISSUED", Nation,
        "已公告，注册已生效，电子证书正在制作。", "请稍后下载，无需重办。",
        "Announced and in force; the documents are being made.", "Try again in a moment.";
    /// Others are before it.
    IssuanceBacklog = "ISSUANCE_BACKLOG", Nation,
        "已公告，注册已生效，电子证书正在排队制作。", "请稍后下载，无需重办。",
        "Announced and in force; others are before it in the making of documents.", "Try again later.";
    /// Making or sealing failed for now and is tried again.
    SealUnavailable = "SEAL_UNAVAILABLE", Nation,
        "已公告，注册已生效，电子印章暂不可用，系统正在自动重试。", "请稍后下载，无需重办。",
        "Announced and in force; it cannot be sealed at present and is tried again.", "Try again later.";
    /// Its documents go no further by themselves.
    IssuanceStopped = "ISSUANCE_STOPPED", Nation,
        "已公告，注册已生效，电子证书的制作因故停止，工作人员正在处理。", "您的注册不受影响；急需证书的，请联系主管部门并说明所示原因代码。",
        "Announced and in force; the making of the documents is stopped and somebody looks at it.", "Ask the authority, quoting the reason.";
    /// Registered as an existing register says, which has no pictures; no certificate can be made of it.
    PicturesMissing = "PICTURES_MISSING", Person,
        "注册有效，但登记册中没有照片和手写签名图片（原注册名册导入，未补充），电子证书无法制作；注册效力不受影响。", "请申请信息更正，一并提交一寸白底免冠照片和白底黑字的手写签名图片；公告后即制作电子证书。",
        "The registration stands, but came with an existing register and has neither photo nor signature image; no certificate can be made.", "Apply for a correction (信息更正) with both pictures; the certificate is made once it is announced.";
    /// Can be downloaded.
    Available = "AVAILABLE", Person,
        "电子证书已签发，可以下载。", "请登录后在“我的证照”下载，或填写用途办理加注件。",
        "The certificate is issued.", "Download it, or state a purpose and make a use copy.";
    /// Past its term, with a renewal filed in time.
    RenewalPending = "RENEWAL_PENDING", DecidingAuthority,
        "注册期限已满，按期提出的延续申请正在办理，注册继续有效，不是失效。", "请等待决定；到期前未作决定的，视为准予延续。",
        "The term is over while a renewal filed in time is pending: the registration stands, it has not lapsed.", "Wait for the decision.";
    /// 暂扣.
    Suspended = "SUSPENDED", Nation,
        "注册证书被暂扣，暂扣期间不得执业。", "暂扣期满发还后可继续使用；有异议的，可申请行政复议或者提起行政诉讼。",
        "The certificate is suspended.", "It is restored when the suspension ends; you may appeal.";
    /// The term is over.
    Expired = "EXPIRED", Person,
        "注册有效期已满，未延续注册。", "具备条件的，请申请重新注册。",
        "The term is over and was not renewed.", "Apply for re-registration if you meet the conditions.";
    /// 失效 (05).
    Lapsed = "LAPSED", Person,
        "注册已失效。", "请查看失效事由；具备条件的，可申请重新注册；认为有误的，可向主管部门提出。",
        "The registration has lapsed.", "See the ground; apply for re-registration, or contest it.";
    /// 注销 (04).
    Cancelled = "CANCELLED", Person,
        "注册已注销。", "具备条件的，可申请重新注册。",
        "The registration was cancelled.", "Apply for re-registration if you meet the conditions.";
    /// 撤销 (03).
    Revoked = "REVOKED", Person,
        "注册已被撤销。", "请查看撤销事由；可申请行政复议或者提起行政诉讼。",
        "The registration was revoked: it should not have been granted.", "See the ground; you may appeal.";
    /// 吊销 (07).
    Stripped = "STRIPPED", Person,
        "注册证书已被吊销。", "自处罚决定之日起满二年且具备条件的，可申请重新注册；可申请行政复议或者提起行政诉讼。",
        "The certificate was taken away as a penalty.", "After two years you may apply again; you may appeal.";
    /// Ended otherwise (99).
    Ended = "ENDED", Person,
        "注册已终止，没有可下载的证书。", "具备条件的，可申请重新注册。",
        "The registration has ended; there is no certificate to download.", "Apply for re-registration if you meet the conditions.";
    /// Moved to another province.
    Moved = "MOVED", OtherProvince,
        "注册已转至其他省。", "请向所示省的注册主管部门查询和办理。",
        "The registration has moved to another province.", "Ask the province named.";
    /// Asked in this province, registered in another.
    RegisteredElsewhere = "REGISTERED_ELSEWHERE", OtherProvince,
        "在本省没有注册，注册在其他省。", "请到所示省查询；需在本省执业的，请通过本省聘用单位申请变更注册。",
        "Not registered in this province but in another.", "Ask there; to practise here, apply for a change through an employer of this province.";
    /// A former employer asks.
    SupersededByChange = "SUPERSEDED_BY_CHANGE", Nobody,
        "该人员已变更注册到其他单位，原证书自变更公告之日起被取代。", "原单位无需再办理；原证书及其加注件不得继续使用。",
        "The person has changed to another employer; the former certificate is superseded since the announcement.", "Nothing is left to do for the former employer; the old certificate must not be used.";
    /// Not accepted.
    NotAccepted = "NOT_ACCEPTED", Person,
        "申请不予受理。", "请查看不予受理通知书；符合条件后可重新申请，也可依法申请行政复议或者提起行政诉讼。",
        "The application was not accepted.", "Read the notice; apply again, or appeal.";
    /// Refused.
    Refused = "REFUSED", Person,
        "不予注册。", "请查看不予注册的理由；条件具备后可重新申请，也可申请行政复议或者提起行政诉讼。",
        "Refused.", "Read the grounds; apply again when they are cured, or appeal.";
    /// Withdrawn.
    Withdrawn = "WITHDRAWN", Person,
        "申请已撤回。", "如需注册，请重新申请。",
        "The application was withdrawn.", "Apply again if you wish.";
}

/// How far an announced registration has got on its way to a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Delivery {
    /// In the province's outbox.
    NotSent,
    /// In the province's outbox, and the nation takes nothing more.
    Stopped,
    /// The nation has it.
    NotIssued,
    /// Nothing is to be made: the register has no pictures.
    NoPictures,
    /// The nation has it, and others are before it.
    Backlog,
    /// Making or sealing its documents failed for now.
    SealUnavailable,
    /// Its documents go no further by themselves.
    SetStopped,
    /// The documents exist.
    Issued,
}

/// What is known of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its outward status.
    pub status: StatusCode,
    /// It was not ended by an act, but its terms are over.
    pub term_over: bool,
    /// A renewal filed in time is pending.
    pub renewal_pending: bool,
    /// Another province holds it.
    pub moved: bool,
    /// How far its certificate has got.
    pub delivery: Delivery,
}

impl Standing {
    /// The step where it stands. What ended it comes first: nothing is to be had then, however far the documents got.
    #[must_use]
    pub fn step(&self) -> AvailabilityStep {
        if self.moved {
            return AvailabilityStep::Moved;
        }
        match self.status {
            StatusCode::Revoked => AvailabilityStep::Revoked,
            StatusCode::Cancelled => AvailabilityStep::Cancelled,
            StatusCode::Stripped => AvailabilityStep::Stripped,
            StatusCode::Other => AvailabilityStep::Ended,
            StatusCode::Suspended => AvailabilityStep::Suspended,
            StatusCode::Lapsed | StatusCode::Valid | StatusCode::MovingOut
                if self.term_over && self.renewal_pending =>
            {
                AvailabilityStep::RenewalPending
            }
            StatusCode::Lapsed | StatusCode::Valid | StatusCode::MovingOut if self.term_over => {
                AvailabilityStep::Expired
            }
            StatusCode::Lapsed => AvailabilityStep::Lapsed,
            StatusCode::Valid | StatusCode::MovingOut => match self.delivery {
                Delivery::NotSent => AvailabilityStep::AnnouncedNotSent,
                Delivery::Stopped => AvailabilityStep::ExchangeStopped,
                Delivery::NotIssued => AvailabilityStep::AnnouncedNotIssued,
                Delivery::NoPictures => AvailabilityStep::PicturesMissing,
                Delivery::Backlog => AvailabilityStep::IssuanceBacklog,
                Delivery::SealUnavailable => AvailabilityStep::SealUnavailable,
                Delivery::SetStopped => AvailabilityStep::IssuanceStopped,
                Delivery::Issued => AvailabilityStep::Available,
            },
        }
    }
}

/// The step of an application. `missing` are the materials that are not there yet.
#[must_use]
pub fn of_application(
    application: &Application,
    policy: Option<&PolicyProfile>,
    missing: &[MaterialKind],
) -> AvailabilityStep {
    let publicity = policy.is_some_and(|policy| policy.publicity_days(application.kind).is_some());
    let joint = policy.is_some_and(|policy| {
        !policy
            .joint_reviews(application.kind, &application.specialties)
            .is_empty()
    });
    match application.state().kind() {
        StateKind::Draft | StateKind::EmployerConfirmed if only_pictures(missing) => {
            if missing.contains(&MaterialKind::Photo) {
                AvailabilityStep::PhotoMissing
            } else {
                AvailabilityStep::SignatureImageMissing
            }
        }
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
        StateKind::Completed => AvailabilityStep::Cancelled,
        StateKind::Cleared => AvailabilityStep::AwaitingAnnouncement,
        StateKind::Announced | StateKind::DeemedRenewed => AvailabilityStep::AnnouncedNotSent,
        StateKind::NotAccepted => AvailabilityStep::NotAccepted,
        StateKind::Refused => AvailabilityStep::Refused,
        StateKind::Withdrawn => AvailabilityStep::Withdrawn,
    }
}

fn only_pictures(missing: &[MaterialKind]) -> bool {
    let picture = |kind: &MaterialKind| matches!(kind, MaterialKind::Photo | MaterialKind::SignatureImage);
    !missing.is_empty() && missing.iter().all(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(status: StatusCode) -> Standing {
        Standing {
            status,
            term_over: false,
            renewal_pending: false,
            moved: false,
            delivery: Delivery::Issued,
        }
    }

    #[test]
    fn every_status_and_every_delivery_has_its_own_step() {
        use AvailabilityStep as Step;
        for (status, step) in [
            (StatusCode::Valid, Step::Available),
            (StatusCode::MovingOut, Step::Available),
            (StatusCode::Suspended, Step::Suspended),
            (StatusCode::Revoked, Step::Revoked),
            (StatusCode::Cancelled, Step::Cancelled),
            (StatusCode::Lapsed, Step::Lapsed),
            (StatusCode::Stripped, Step::Stripped),
            (StatusCode::Other, Step::Ended),
        ] {
            assert_eq!(standing(status).step(), step);
            let moved = Standing {
                moved: true,
                ..standing(status)
            };
            assert_eq!(moved.step(), Step::Moved);
        }
        for (delivery, step) in [
            (Delivery::NotSent, Step::AnnouncedNotSent),
            (Delivery::Stopped, Step::ExchangeStopped),
            (Delivery::NotIssued, Step::AnnouncedNotIssued),
            (Delivery::NoPictures, Step::PicturesMissing),
            (Delivery::Backlog, Step::IssuanceBacklog),
            (Delivery::SealUnavailable, Step::SealUnavailable),
            (Delivery::SetStopped, Step::IssuanceStopped),
            (Delivery::Issued, Step::Available),
        ] {
            let known = Standing {
                delivery,
                ..standing(StatusCode::Valid)
            };
            assert_eq!(known.step(), step);
        }
    }

    /// 行政许可法 art 50: a renewal filed in time keeps what has run out.
    #[test]
    fn a_renewal_filed_in_time_is_no_expiry() {
        let over = Standing {
            term_over: true,
            ..standing(StatusCode::Lapsed)
        };
        assert_eq!(over.step(), AvailabilityStep::Expired);
        let pending = Standing {
            renewal_pending: true,
            ..over
        };
        assert_eq!(pending.step(), AvailabilityStep::RenewalPending);
        assert!(pending.step().text().zh.contains("不是失效"));
    }

    #[test]
    fn every_step_says_where_it_stands_who_acts_and_what_to_do() {
        let texts: std::collections::BTreeSet<_> =
            AvailabilityStep::ALL.iter().map(|step| step.text().zh).collect();
        assert_eq!(texts.len(), AvailabilityStep::ALL.len());
        for step in AvailabilityStep::ALL {
            assert!(!step.next().zh.is_empty() && !step.next().en.is_empty());
            assert!(!step.actor().text().zh.is_empty());
            assert_eq!(
                serde_json::to_string(step).expect("json"),
                format!("\"{}\"", step.code())
            );
        }
    }
}
