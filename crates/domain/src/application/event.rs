//! What happened to an application.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::StateKind;
use crate::authority::Actor;
use crate::ids::ApplicationId;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $zh:literal, $article:literal;)*) => {
        /// What is done to an application; the names of the RPCs and of the audit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Act {
            $($(#[$doc])* $name,)*
        }

        impl Act {
            /// The act in words.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// The article it rests on.
            #[must_use]
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }
        }
    };
}

acts! {
    /// The person opens a draft.
    Create = "新建申请", "101号 art 6";
    /// The draft goes to the employer.
    RequestEmployment = "提请聘用单位确认", "domain §1.12";
    /// The employer's registrar confirms.
    ConfirmEmployment = "聘用单位确认", "domain §1.12";
    /// The employer's registrar rejects.
    RejectEmployment = "聘用单位退回", "domain §1.12";
    /// A rejected application becomes a draft again.
    Revise = "修改申请", "domain §1.13";
    /// The old employer or a paper shows the end of the employment.
    ShowTermination = "提供解聘证明", "153号 art 13";
    /// The application goes to the authority.
    Submit = "提交", "153号 art 7";
    /// The one notice of what is missing.
    RequestCorrection = "一次性告知补正", "101号 art 17";
    /// Not accepted.
    DeclineAcceptance = "不予受理", "行政许可法 art 32";
    /// Accepted.
    Accept = "受理", "101号 art 17";
    /// Silence counts as acceptance; the clock does it.
    DeemAccepted = "视为受理", "101号 art 17; 行政许可法 art 32";
    /// The limit does not run for a while.
    PauseClock = "暂停计算期限", "行政许可法 art 45";
    /// It runs again.
    ResumeClock = "恢复计算期限", "行政许可法 art 45";
    /// A leader is asked to extend the limit.
    RequestExtension = "申请延长期限", "行政许可法 art 42";
    /// The limit is extended.
    ExtendLimit = "延长期限", "行政许可法 art 42";
    /// Undecided at the end of the term, a renewal counts as granted; the clock does it.
    DeemRenewed = "视为准予延续", "行政许可法 art 50";
    /// The nation answered the claim.
    SettleClaim = "全国占位确认", "design §3";
    /// The province's review.
    Review = "初审", "101号 art 16";
    /// Joint review is asked for.
    RequestJointReview = "提请会审", "101号 art 5";
    /// A co-reviewing department's opinion.
    RecordJointReview = "会审", "101号 art 5";
    /// Granted.
    Grant = "准予注册", "153号 art 7";
    /// Refused.
    Refuse = "不予注册", "153号 art 15";
    /// Publicity opens.
    OpenPublicity = "公示", "domain §1.4";
    /// Somebody objects.
    RaiseObjection = "提出异议", "domain §1.13";
    /// The objection is answered.
    ResolveObjection = "异议处理", "domain §1.13";
    /// Publicity ends.
    ClosePublicity = "公示期满", "domain §1.4";
    /// The nation clears it.
    Clear = "公告前核准", "design §3";
    /// The clearance is given back.
    ReleaseClearance = "退回核准", "design §3";
    /// The nation refuses clearance; the file goes back to review.
    ReturnForReview = "退回复核", "design §3";
    /// Announced: from here on the person is registered.
    Announce = "公告", "行政许可法 art 44";
    /// The employer that it rests on was succeeded by another.
    FollowEmployer = "随聘用单位承继", "153号 art 13; domain §1.3";
    /// A move between provinces ends before its announcement.
    CancelMove = "取消转出", "domain §1.6";
    /// The employer confirms a cancellation, which that completes.
    ConfirmCancellation = "聘用单位确认注销", "153号 art 17; domain §1.3";
    /// It is complete: the registration is cancelled.
    Complete = "注销办结", "153号 art 17; domain §1.3";
    /// The authority files a case of its own.
    FileOnOwnMotion = "依职权立案", "153号 art 17; 行政许可法 art 70";
    /// A reconsideration or a judgment takes it up again.
    Reopen = "重新办理", "行政复议法 art 63–64; 行政诉讼法 art 70, 72";
    /// Withdrawn.
    Withdraw = "撤回申请", "domain §1.13";
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One move of one application: the record for audit and outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationEvent {
    /// Which.
    pub application: ApplicationId,
    /// What was done.
    pub act: Act,
    /// Where it stood.
    pub from: StateKind,
    /// Where it stands.
    pub to: StateKind,
    /// Who did it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// The article it rests on.
    pub article: String,
}
