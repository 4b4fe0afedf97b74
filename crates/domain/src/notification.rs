//! Notifications (通知): what person, employer and authority are told when something becomes of a file, a registration
//! or a use copy. Ids, kinds and days only: nothing personal is in one.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::{Act, ApplicationEvent, StateKind};
use crate::authority::Authority;
use crate::ids::{EmployerId, PersonId};
use crate::reason::BilingualText;
use crate::register::{EndCause, RegisterAct, StatusCode};
use crate::specialty::Specialty;

#[cfg(test)]
mod tests;

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience {
    /// The person whom it is about.
    pub person: bool,
    /// Their employer.
    pub employer: bool,
    /// The authority that has to act, in its queue.
    pub authority: bool,
}

const PERSON: Audience = Audience {
    person: true,
    employer: false,
    authority: false,
};
const EMPLOYER: Audience = Audience {
    person: false,
    employer: true,
    authority: false,
};
const BOTH: Audience = Audience {
    person: true,
    employer: true,
    authority: false,
};
const AUTHORITY: Audience = Audience {
    person: false,
    employer: false,
    authority: true,
};
const BOTH_HANDS: Audience = Audience {
    person: true,
    employer: false,
    authority: true,
};
const ALL: Audience = Audience {
    person: true,
    employer: true,
    authority: true,
};

/// Whom one notification is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Addressee {
    /// A person.
    Person(PersonId),
    /// An employer: its registrars.
    Employer(EmployerId),
    /// An authority: its officers.
    Authority(Authority),
}

/// The resource name: `persons/{person}`, `employers/{employer}`, `provinces/32`, `ministry`.
impl fmt::Display for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => f.write_str(&person.resource_name()),
            Self::Employer(employer) => f.write_str(&employer.resource_name()),
            Self::Authority(authority) => authority.fmt(f),
        }
    }
}

impl Addressee {
    /// Reads what [`Self::to_string`] wrote.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let person = PersonId::from_resource_name(name).map(Self::Person).ok();
        let employer = || EmployerId::from_resource_name(name).map(Self::Employer).ok();
        let authority = || name.parse().map(Self::Authority).ok();
        person.or_else(employer).or_else(authority)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $audience:expr, $zh:literal, $en:literal;)*) => {
        /// What happened, or is about to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum NotificationKind {
            $($(#[$doc])* $name,)*
        }

        impl NotificationKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as stored.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Who is told.
            #[must_use]
            pub const fn audience(self) -> Audience {
                match self { $(Self::$name => $audience,)* }
            }

            const fn template(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($zh, $en),)* }
            }
        }
    };
}

kinds! {
    /// The draft waits for the employer.
    EmployerConfirmationRequested = "EMPLOYER_CONFIRMATION_REQUESTED", EMPLOYER,
        "有一项注册申请提请贵单位确认聘用关系，请登录办理。", "An application waits for your confirmation of the employment.";
    /// The employer confirmed.
    EmployerConfirmed = "EMPLOYER_CONFIRMED", PERSON,
        "聘用单位已确认您的注册申请，请提交。", "Your employer confirmed the application; submit it.";
    /// The employer rejected.
    EmployerRejected = "EMPLOYER_REJECTED", PERSON,
        "聘用单位退回了您的注册申请，请查看理由后修改。", "Your employer rejected the application; read the grounds and revise it.";
    /// The employer before is asked to confirm the end of the employment, or to object.
    TerminationConfirmationRequested = "TERMINATION_CONFIRMATION_REQUESTED", EMPLOYER,
        "原聘人员申请变更或注销注册，请贵单位确认解除聘用关系；有异议的，请在规定期限内提出。",
        "Somebody formerly employed by you applies for change or cancellation; confirm the end of the employment, or object in time.";
    /// Submitted.
    Submitted = "SUBMITTED", BOTH,
        "注册申请已提交。受理机关应在{day}前告知是否受理或一次性告知补正；逾期不告知的，自收到之日起即为受理。",
        "The application was submitted. By {day} the authority says what is missing; silence counts as acceptance.";
    /// The one correction notice.
    CorrectionRequested = "CORRECTION_REQUESTED", BOTH,
        "注册申请需要补正，应补正的全部内容已一次性告知，请补正后重新提交。",
        "The application was returned for correction; the notice lists everything.";
    /// Not accepted.
    NotAccepted = "NOT_ACCEPTED", BOTH,
        "注册申请不予受理，请查看不予受理通知书载明的理由；可依法申请行政复议或者提起行政诉讼。",
        "The application was not accepted; read the notice. You may appeal.";
    /// A reconsideration or a judgment took it up again.
    Reopened = "REOPENED", ALL,
        "依据行政复议决定或者法院判决，该注册申请重新办理。",
        "On a reconsideration or a judgment the application is taken up again.";
    /// Accepted by an officer.
    Accepted = "ACCEPTED", BOTH, "注册申请已受理。", "The application was accepted.";
    /// Silence counts as acceptance.
    DeemedAccepted = "DEEMED_ACCEPTED", ALL,
        "受理机关逾期未告知，依照101号第十七条和行政许可法第三十二条，注册申请自收到之日起即为受理。",
        "The authority kept silent; by law the application counts as accepted from its receipt.";
    /// Reviewed by the province.
    Reviewed = "REVIEWED", BOTH, "注册申请已完成初审。", "The province has reviewed the application.";
    /// With the co-reviewing departments.
    JointReviewRequested = "JOINT_REVIEW_REQUESTED", PERSON,
        "注册申请已提请有关部门会审。", "The application is with the co-reviewing departments.";
    /// Every co-reviewing department has spoken.
    JointReviewed = "JOINT_REVIEWED", PERSON, "会审已完成。", "The joint review is complete.";
    /// Granted.
    Granted = "GRANTED", BOTH,
        "审批机关决定准予注册；公告后注册生效。", "The registration was granted; it takes effect when announced.";
    /// Refused.
    Refused = "REFUSED", BOTH,
        "审批机关决定不予注册。请查看理由和依据；可依法申请行政复议或者提起行政诉讼。",
        "The registration was refused. Read the grounds; you may appeal.";
    /// In publicity.
    Publicized = "PUBLICIZED", BOTH,
        "注册申请正在公示，公示至{day}。公示不是公告。", "The application is in publicity until {day}; this is not the announcement.";
    /// Objected to.
    Objected = "OBJECTED", ALL,
        "公示期间收到异议，正在核查，请配合说明情况。", "An objection was raised and is being looked into.";
    /// The objection was answered.
    ObjectionResolved = "OBJECTION_RESOLVED", BOTH, "公示异议已处理。", "The objection was answered.";
    /// Publicity ended.
    PublicityClosed = "PUBLICITY_CLOSED", BOTH,
        "公示期满，正在进行全国核准。", "Publicity ended; the nation is asked for its clearance.";
    /// Back to review.
    ReturnedForReview = "RETURNED_FOR_REVIEW", BOTH,
        "注册申请已退回复核。", "The application went back to review.";
    /// Announced.
    Announced = "ANNOUNCED", BOTH,
        "注册已公告并生效，电子证书正在签发。", "Announced and in force; the certificate is being issued.";
    /// A case hears the holder.
    CaseHearing = "CASE_HEARING", PERSON,
        "有关您的注册的投诉举报正在核查，请在{day}前陈述申辩，逾期不影响处理。", "A complaint about your registration is examined; state your view by {day}.";
    /// A case was decided.
    CaseDecided = "CASE_DECIDED", BOTH, "有关注册的投诉举报已作出处理决定，请查看。", "A case about the registration was decided.";
    /// A reconsideration or a judgment restored what was cancelled.
    RegistrationRestored = "REGISTRATION_RESTORED", BOTH,
        "依据行政复议决定或者法院判决，注册恢复有效，电子证书正在换发。", "On a reconsideration or a judgment the registration stands again.";
    /// The old employer objects to the end of the employment.
    TerminationObjected = "TERMINATION_OBJECTED", ALL,
        "原聘用单位对解聘告知提出异议，正在核查。", "The old employer objects to the notice of termination; it is looked into.";
    /// That objection was answered.
    TerminationObjectionResolved = "TERMINATION_OBJECTION_RESOLVED", BOTH,
        "原聘用单位对解聘告知的异议已处理。", "The old employer's objection to the notice of termination was answered.";
    /// The nation refused a row of a succession.
    SuccessionRowRefused = "SUCCESSION_ROW_REFUSED", AUTHORITY,
        "企业更名、合并、分立中有人员未能随迁，请查看原因。", "The nation refused a row of a succession; read why.";
    /// A move to another province has begun.
    MoveBegun = "MOVE_BEGUN", BOTH, "已开始办理跨省转出；公告前注册不变，也可以取消转出。", "A move to another province has begun; until its announcement nothing changes.";
    /// Facts about the person were recorded or corrected.
    FactsChanged = "FACTS_CHANGED", PERSON, "有关您的事实记录已新增或更正，请核对。", "Facts on record about you were added or corrected; check them.";
    /// Withdrawn.
    Withdrawn = "WITHDRAWN", BOTH, "注册申请已撤回。", "The application was withdrawn.";
    /// Another application of the person is open elsewhere.
    ClaimConflict = "CLAIM_CONFLICT", BOTH,
        "申请人在全国另有在办的注册申请，请先办结或者撤回其中一项。",
        "Another application of the person is open elsewhere; finish or withdraw one.";
    /// The documents exist.
    CertificateReady = "CERTIFICATE_READY", BOTH,
        "电子证书已签发，可以下载；使用前请下载加注件。", "The certificate was issued and can be downloaded.";
    /// Copies of the version before are of no use any more.
    CopiesSuperseded = "COPIES_SUPERSEDED", BOTH,
        "证书已换发新版本，原证书及其加注件即时失效，请重新下载加注件并通知使用单位。",
        "A new version was issued: copies of the one before are void; make new ones.";
    /// Somebody left the employer.
    EmployeeLeft = "EMPLOYEE_LEFT", EMPLOYER,
        "原聘人员已变更注册到其他单位，不再注册于贵单位。", "Somebody registered with you is now registered with another employer.";
    /// The authority's clock is stopped.
    ClockPaused = "CLOCK_PAUSED", BOTH,
        "办理期限自{day}起暂停计算，所需时间不计入期限（行政许可法第四十五条），请查看书面告知。",
        "From {day} on the time limit does not run (art 45); read the written notice.";
    /// It runs again.
    ClockResumed = "CLOCK_RESUMED", BOTH,
        "办理期限恢复计算，届满日为{day}。", "The time limit runs again and ends on {day}.";
    /// The limit was extended.
    LimitExtended = "LIMIT_EXTENDED", BOTH,
        "经负责人批准，审批期限延长至{day}（行政许可法第四十二条），请查看延长理由。",
        "The limit of the decision was extended to {day} (art 42); read the reasons.";
    /// The authority has missed a limit.
    Overdue = "OVERDUE", AUTHORITY,
        "办理期限已于{day}届满，尚未办结，请立即办理。", "A time limit ended on {day}; the file is overdue.";
    /// An undecided renewal will soon count as granted.
    RenewalAlarm = "RENEWAL_ALARM", AUTHORITY,
        "延续申请尚未作出决定，有效期将于{day}届满（剩余{days}天）；逾期未作决定的，视为准予延续（行政许可法第五十条）。",
        "A renewal is undecided; the term ends on {day} ({days} days left), after which it counts as granted (art 50).";
    /// A renewal counts as granted.
    DeemedRenewed = "DEEMED_RENEWED", ALL,
        "行政机关在有效期届满前未作出决定，依照行政许可法第五十条，视为准予延续，有效期至{day}。",
        "Undecided at the end of the term, the renewal counts as granted (art 50), valid to {day}.";
    /// A term ends soon.
    TermEnding = "TERM_ENDING", BOTH,
        "“{specialty}”注册专业有效期将于{day}届满（剩余{days}天）。延续申请应在届满30日前提出，逾期不再受理。",
        "The term of {specialty} ends on {day} ({days} days left). A renewal must be filed 30 days before.";
    /// A use copy ends soon.
    CopyEnding = "COPY_ENDING", PERSON,
        "加注件使用期限将于{day}届满（剩余{days}天），如需继续使用请重新下载。",
        "A use copy may be used until {day} ({days} days left); make a new one if needed.";
    /// The employer asks for a copy.
    CopyRequested = "COPY_REQUESTED", PERSON,
        "聘用单位请您办理一份加注件，请在{day}前登录同意或者谢绝。", "Your employer asks for a use copy; approve or decline by {day}.";
    /// The employer had a copy made, or took one along, under a standing consent.
    ConsentUsed = "CONSENT_USED", PERSON,
        "聘用单位已依您的长期授权取得一份加注件，可登录查看；不同意的，可随时撤回授权并作废该加注件。",
        "Your employer had a use copy under your standing consent; you may revoke both at any time.";
    /// A standing consent was given.
    ConsentGranted = "CONSENT_GRANTED", BOTH,
        "加注件长期授权已生效，至{day}止。", "A standing consent to use copies was given, to {day}.";
    /// A standing consent ended before its day.
    ConsentEnded = "CONSENT_ENDED", BOTH,
        "加注件长期授权已终止。", "A standing consent to use copies has ended.";
    /// The holder answered a request for a copy.
    CopyRequestAnswered = "COPY_REQUEST_ANSWERED", EMPLOYER,
        "持证人已答复加注件请求，请重新打包。", "The holder answered your request for a use copy; make the package again.";
    /// 暂扣.
    Suspended = "SUSPENDED", BOTH, "注册证书已被暂扣，暂扣期间不得执业。", "The certificate was suspended; do not practise meanwhile.";
    /// 暂扣发还.
    Restored = "RESTORED", BOTH, "暂扣已解除，证书已发还。", "The suspension was lifted.";
    /// 失效.
    Lapsed = "LAPSED", BOTH, "注册已失效。具备条件的，可申请重新注册。", "The registration has lapsed.";
    /// A wrong lapse was undone.
    LapseUndone = "LAPSE_UNDONE", BOTH, "失效记录已更正，注册恢复有效。", "The lapse was undone; the registration is in force.";
    /// 注销.
    Cancelled = "CANCELLED", BOTH, "注册已注销。", "The registration was cancelled.";
    /// 撤销.
    Revoked = "REVOKED", BOTH, "注册已被撤销。可依法申请行政复议或者提起行政诉讼。", "The registration was revoked as wrongly granted; you may appeal.";
    /// 吊销.
    Stripped = "STRIPPED", BOTH, "注册证书已被吊销。可依法申请行政复议或者提起行政诉讼。", "The certificate was stripped as a penalty; you may appeal.";
    /// Registered elsewhere now.
    MovedAway = "MOVED_AWAY", BOTH, "注册已转出至其他省份。", "The registration moved to another province.";
    /// The nation has cleared a change to another employer; it takes effect when announced.
    ChangeCleared = "CHANGE_CLEARED", BOTH,
        "变更到其他聘用单位的申请已通过全国核准，公告后生效；如非本人或者双方意愿，请立即向受理机关提出。",
        "A change to another employer was cleared and takes effect when announced; object at once if it is not wanted.";
    /// A province's stream stands; the nation's officers look into it.
    StreamStopped = "STREAM_STOPPED", AUTHORITY,
        "有省级数据流已停止，请查明原因后由两名人员处置。", "The stream of a province stands; find out why, and settle it with a second officer.";
    /// Two national officers left an event of the province out.
    EnvelopeSkipped = "ENVELOPE_SKIPPED", AUTHORITY,
        "本省上报的一条记录经全国两名人员核定未予采用，请查看并更正。", "An event of the province was left out by two national officers; look into it and correct it.";
    /// Two national officers voided a clearance of the province.
    ClearanceVoided = "CLEARANCE_VOIDED", AUTHORITY,
        "一项全国核准经全国两名人员核定作废，需要公告的请重新申请核准。", "A clearance was voided by two national officers; ask for a new one before announcing.";
    /// 合并: two ids are one human being.
    PersonsMerged = "PERSONS_MERGED", BOTH_HANDS,
        "经全国两名人员核定，两个人员记录为同一人，已合并；今后请以保留的人员记录办理注册，在办的其他申请请撤回。如有异议，请向全国登记机关提出。",
        "Two records were found to be one person and merged; go on under the one that stays, and withdraw what is open under the other. Object if it is wrong.";
    /// 拆分.
    PersonSplit = "PERSON_SPLIT", BOTH_HANDS,
        "经全国两名人员核定，此前的人员合并已撤销，两个人员记录各自独立。", "A merge of two records was undone; each is a person of their own again.";
}

/// What a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Particulars {
    /// The day it is about: a deadline, an end.
    pub day: Option<Date>,
    /// Days left until then.
    pub days: Option<u16>,
    /// The specialty it is about.
    pub specialty: Option<Specialty>,
}

impl NotificationKind {
    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// What people read.
    #[must_use]
    pub fn text(self, particulars: Particulars) -> BilingualText {
        let (zh, en) = self.template();
        let day = particulars.day.map(|day| day.to_string()).unwrap_or_default();
        let days = particulars.days.map(|days| days.to_string()).unwrap_or_default();
        let (name, code) = particulars
            .specialty
            .map_or(("", ""), |specialty| (specialty.name(), specialty.code()));
        let fill = |text: &str, specialty: &str| {
            text.replace("{days}", &days)
                .replace("{day}", &day)
                .replace("{specialty}", specialty)
        };
        BilingualText::new(fill(zh, name), fill(en, code))
    }

    /// What a move of an application is told as; none where nobody waits to hear of it.
    #[must_use]
    pub const fn of_move(moved: &ApplicationEvent) -> Option<Self> {
        Some(match moved.act {
            Act::RequestEmployment => Self::EmployerConfirmationRequested,
            Act::ConfirmEmployment | Act::ConfirmCancellation => Self::EmployerConfirmed,
            Act::Complete => Self::Cancelled,
            Act::RejectEmployment => Self::EmployerRejected,
            Act::Submit | Act::FileOnOwnMotion => Self::Submitted,
            Act::RequestCorrection => Self::CorrectionRequested,
            Act::DeclineAcceptance => Self::NotAccepted,
            Act::Reopen => Self::Reopened,
            Act::Accept => Self::Accepted,
            Act::DeemAccepted => Self::DeemedAccepted,
            Act::PauseClock => Self::ClockPaused,
            Act::ResumeClock => Self::ClockResumed,
            Act::ExtendLimit => Self::LimitExtended,
            Act::DeemRenewed => Self::DeemedRenewed,
            Act::Review => Self::Reviewed,
            Act::RequestJointReview => Self::JointReviewRequested,
            Act::RecordJointReview if matches!(moved.to, StateKind::JointReviewed) => Self::JointReviewed,
            Act::Grant => Self::Granted,
            Act::Refuse => Self::Refused,
            Act::OpenPublicity => Self::Publicized,
            Act::RaiseObjection => Self::Objected,
            Act::ResolveObjection => Self::ObjectionResolved,
            Act::ClosePublicity => Self::PublicityClosed,
            Act::ReturnForReview => Self::ReturnedForReview,
            Act::Announce => Self::Announced,
            Act::Withdraw | Act::CancelMove => Self::Withdrawn,
            Act::Create
            | Act::Revise
            | Act::ShowTermination
            | Act::FollowEmployer
            | Act::SettleClaim
            | Act::RequestExtension
            | Act::RecordJointReview
            | Act::Clear
            | Act::ReleaseClearance => return None,
        })
    }

    /// What an act of the register is told as, where the announcement of an application has not told it.
    #[must_use]
    pub const fn of_act(act: &RegisterAct) -> Option<Self> {
        Some(match act {
            RegisterAct::Suspend { .. } => Self::Suspended,
            RegisterAct::Restore => Self::Restored,
            RegisterAct::Reinstate { .. } => Self::RegistrationRestored,
            RegisterAct::DeemRenewed { .. } => Self::DeemedRenewed,
            RegisterAct::End { cause } => Self::of_end(*cause),
            RegisterAct::Cancel { .. } => Self::Cancelled,
            RegisterAct::Lapse { .. } => Self::Lapsed,
            RegisterAct::UndoLapse { .. } => Self::LapseUndone,
            RegisterAct::Register { .. }
            | RegisterAct::Renew { .. }
            | RegisterAct::NoteRenewalAccepted
            | RegisterAct::NoteRenewalClosed
            | RegisterAct::ChangeEmployer { .. }
            | RegisterAct::AddSpecialties { .. }
            | RegisterAct::CancelSpecialties { .. }
            | RegisterAct::Correct { .. }
            | RegisterAct::ReissueSeal
            | RegisterAct::NoteMoveBegun { .. }
            | RegisterAct::MoveOut
            | RegisterAct::MoveIn { .. }
            | RegisterAct::CancelMoveOut => return None,
        })
    }

    /// The three legal states that end a registration are never confused.
    #[must_use]
    pub const fn of_end(cause: EndCause) -> Self {
        match cause.status() {
            StatusCode::Revoked => Self::Revoked,
            StatusCode::Stripped => Self::Stripped,
            StatusCode::Cancelled => Self::Cancelled,
            StatusCode::Valid
            | StatusCode::Suspended
            | StatusCode::Lapsed
            | StatusCode::MovingOut
            | StatusCode::Other => Self::Lapsed,
        }
    }
}
