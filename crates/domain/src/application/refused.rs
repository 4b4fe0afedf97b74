//! Why an application does not move.

use crate::application::{Act, StateKind};
use crate::authority::Authority;
use crate::cancellation::CancellationInitiator;
use crate::policy::Step;
use crate::reason::reasons;
use crate::specialty::Specialty;

reasons! {
    /// Why a move is refused. The application stays where it is.
    pub enum MoveRefused {
        /// The act is not possible in this state.
        OutOfOrder { /** Where it stands. */ state: StateKind, /** What was tried. */ act: Act }
            => "APPLICATION_STATE", "domain §1.13",
            "申请当前处于“{state}”，不能办理“{act}”。", "The application stands at {state}; {act} is not possible there.";
        /// The officer does not act for the authority that the policy charges with the step.
        WrongAuthority { /** Who is charged. */ needed: Authority }
            => "WRONG_AUTHORITY", "101号 art 5; domain §1.2",
            "该环节由{needed}办理，其他机关的人员不能代为办理。", "This step belongs to {needed}; no other authority's officer may take it.";
        /// The same officer took an earlier step that the policy keeps apart.
        SameOfficer { /** The earlier step. */ taken: Step, /** This step. */ step: Step }
            => "SAME_OFFICER", "101号 art 16",
            "“{taken}”与“{step}”不得由同一人办理。", "The same officer may not take both steps ({taken}, {step}).";
        /// Materials are missing.
        MaterialsMissing { /** Their names. */ names: String }
            => "MATERIALS_MISSING", "101号 art 8–10, 17; domain §1.3",
            "缺少申请材料：{names}。", "Materials are missing: {names}.";
        /// The commitment is missing.
        CommitmentMissing => "COMMITMENT_MISSING", "domain §1.12",
            "申请人和聘用单位须对申报信息的真实性作出承诺。", "Person and employer must commit to the truth of what they file.";
        /// The end of the previous employment is not shown.
        TerminationNotShown => "TERMINATION_NOT_SHOWN", "153号 art 13; domain §1.3",
            "尚未提供与原聘用单位解除劳动关系的证明或原单位确认。", "The end of the previous employment is not shown.";
        /// The end of the previous employment is shown already.
        TerminationShown => "TERMINATION_SHOWN", "153号 art 13",
            "与原聘用单位解除劳动关系的情况已经确认，无需解聘告知。", "The end of the previous employment is shown; no notice is needed.";
        /// The old employer has been told already.
        NoticeGiven => "TERMINATION_NOTICE_GIVEN", "policy termination_objection_days",
            "已向原聘用单位发出解聘告知，一项申请只告知一次。", "The old employer has been told; an application gives one notice.";
        /// It moves nobody to another province.
        NoMove => "APPLICATION_NOT_A_MOVE", "domain §1.6",
            "该申请不是跨省变更，不能办理取消转出。", "The application is no move between provinces.";
        /// The policy moves people by cancellation and re-registration.
        ChangeNotOffered => "CHANGE_NOT_OFFERED", "domain §0.8, §1.3",
            "现行政策下变更聘用单位须先注销再重新注册。", "Under this policy a new employer takes cancellation and re-registration.";
        /// A second notice of what is missing.
        CorrectionAlreadyRequested => "CORRECTION_ALREADY_REQUESTED", "101号 art 17; 行政许可法 art 32",
            "需补正的全部内容只能一次性告知。", "Everything that is missing is told once.";
        /// The notice of correction names nothing.
        NothingToCorrect => "NOTHING_TO_CORRECT", "101号 art 17",
            "补正通知须列明需补正的内容。", "A notice of correction must say what is missing.";
        /// Not accepted for what nobody asked to correct.
        CorrectionNotRequested => "CORRECTION_NOT_REQUESTED", "行政许可法 art 32",
            "未经一次性告知补正，不得以材料不齐为由不予受理。", "What was never listed in the correction notice is no ground for not accepting.";
        /// The officer's refusal was overturned.
        RefusalOverturned => "REFUSAL_OVERTURNED", "行政复议法 art 64; 行政诉讼法 art 71",
            "原不予决定由您作出并已被撤销，应由其他人员重新办理。", "The officer's own refusal was overturned; another judges the file anew.";
        /// No specialty is asked for, or one twice.
        Specialties => "SPECIALTIES", "domain §1.3",
            "请选择申请注册的专业，且不得重复。", "Choose the specialties, each once.";
        /// The particulars that the type asks for are missing, or belong to another.
        Particulars => "PARTICULARS", "domain §1.3",
            "请填写该注册类型的办理事项。", "Say what this type of application asks for, and nothing of another type.";
        /// Somebody else opened it.
        NotInitiator { /** Who did. */ initiator: CancellationInitiator }
            => "NOT_INITIATOR", "153号 art 17",
            "该申请由{initiator}提出，只能由其提交或撤回。", "The application was opened by {initiator}, who alone may submit or withdraw it.";
        /// The specialty is not co-reviewed in this file, or not by this department, or has its opinion already.
        NotCoReviewed { /** Which. */ specialty: Specialty }
            => "NOT_CO_REVIEWED", "101号 art 5; domain §1.2",
            "“{specialty}”不在会审范围内或已有会审意见。", "The specialty has no open joint review in this file: {specialty}.";
        /// A decision against an unfavourable joint review.
        AgainstJointReview => "AGAINST_JOINT_REVIEW", "101号 art 5; domain §1.2",
            "会审不同意的专业不得准予注册。", "A specialty that the joint review declined cannot be granted.";
        /// A grant although rules fail.
        AgainstRules { /** Their ids. */ rules: String }
            => "AGAINST_RULES", "153号 art 15",
            "存在不予注册情形（{rules}），不得准予注册。", "Rules of refusal apply ({rules}); it cannot be granted.";
        /// Sent back for failing rules, yet none fails.
        NoRuleFails => "NO_RULE_FAILS", "153号 art 15",
            "没有不予注册情形，不能退回复核。", "No rule stands against it; it cannot be sent back for one.";
        /// An unfavourable opinion, refusal, rejection or resolution without grounds.
        GroundsMissing => "GROUNDS_MISSING", "行政许可法 art 38",
            "请写明理由。", "Grounds must be given.";
        /// No authority's limit runs on the file.
        ClockNotRunning => "CLOCK_NOT_RUNNING", "domain §1.4",
            "该申请当前没有正在计算的办理期限。", "No time limit runs on this file.";
        /// The clock stands already.
        ClockPaused => "CLOCK_PAUSED", "行政许可法 art 45",
            "办理期限已暂停计算。", "The time limit is stopped already.";
        /// The clock runs.
        ClockNotPaused => "CLOCK_NOT_PAUSED", "行政许可法 art 45",
            "办理期限未暂停，无须恢复。", "The time limit is not stopped.";
        /// No time is named for what stops the clock.
        PauseLength => "PAUSE_LENGTH", "行政许可法 art 45",
            "须将所需时间书面告知申请人。", "The applicant must be told how long it will take.";
        /// The limit has run out already.
        LimitOver => "LIMIT_OVER", "行政许可法 art 42, 45",
            "办理期限已届满，不能再暂停或者延长。", "The time limit is over; it can be neither stopped nor extended.";
        /// The limit or term has not run out.
        LimitRuns => "LIMIT_RUNS", "行政许可法 art 32, 50",
            "期限尚未届满，不发生视为受理或者视为准予的效力。", "The limit or term still runs; silence means nothing yet.";
        /// A limit is extended once.
        AlreadyExtended => "ALREADY_EXTENDED", "行政许可法 art 42",
            "审批期限只能延长一次。", "The limit of the decision is extended once at most.";
        /// Nobody asked for an extension.
        ExtensionNotRequested => "EXTENSION_NOT_REQUESTED", "行政许可法 art 42",
            "没有待批准的延长期限申请。", "No extension waits for approval.";
        /// The profile is not the one of the submission.
        OtherPolicy => "OTHER_POLICY", "design §2",
            "申请适用提交之日的政策，不能按其他政策办理。", "The application is under the policy of its submission, not this one.";
        /// The claim at the nation is not held.
        ClaimNotHeld => "CLAIM_NOT_HELD", "design §3",
            "尚未取得全国申请占位，或与其他申请冲突。", "The nationwide claim is pending or in conflict.";
        /// The policy has no publicity for this type, or the window is of other length.
        PublicityWindow => "PUBLICITY_WINDOW", "domain §1.4",
            "公示期限不符合规定。", "The publicity window does not match the policy.";
        /// The window is still open.
        PublicityOpen => "PUBLICITY_OPEN", "domain §1.4",
            "公示期未满。", "The publicity window has not ended.";
        /// Too late to object.
        PublicityOver => "PUBLICITY_OVER", "domain §1.4",
            "公示期已满，不再受理异议。", "The publicity window has ended.";
        /// Publishing so late that the nation may no longer expect it.
        ClearanceExpired => "CLEARANCE_EXPIRED", "design §3",
            "公告前核准已过期，请重新申请核准。", "The clearance has expired; ask for a new one.";
        /// The clearance is for something else.
        ClearanceMismatch => "CLEARANCE_MISMATCH", "design §3",
            "公告前核准与本申请内容不一致。", "The clearance does not bind this application.";
    }
}
