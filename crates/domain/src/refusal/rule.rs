//! The table of rules: stable id, article, text, cure.

use serde::{Deserialize, Serialize};

use crate::reason::BilingualText;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $article:literal, $zh:literal, $en:literal, cure($cure_zh:literal, $cure_en:literal);)*) => {
        /// A rule that may stand against an application.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RuleId {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl RuleId {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The article.
            #[must_use]
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }

            /// What to tell the person.
            #[must_use]
            pub fn text(self) -> BilingualText {
                match self { $(Self::$name => BilingualText::new($zh, $en),)* }
            }

            /// What would cure it; none where nothing does.
            #[must_use]
            pub fn cure(self) -> Option<BilingualText> {
                let (zh, en) = match self { $(Self::$name => ($cure_zh, $cure_en),)* };
                (!zh.is_empty()).then(|| BilingualText::new(zh, en))
            }
        }
    };
}

rules! {
    /// (1).
    Incapacity = "INCAPACITY", "153号 art 15(1)",
        "不具有完全民事行为能力。", "The person lacks full legal capacity.",
        cure("恢复完全民事行为能力后可重新申请。", "Apply again once full capacity is restored.");
    /// (2).
    TwoEmployers = "TWO_EMPLOYERS", "153号 art 15(2)",
        "已在其他单位注册，不得同时在两个以上单位注册。", "The person is registered with another employer.",
        cure("请先办理变更注册，或由原单位办理注销。", "Apply for a change of employer, or cancel the other registration first.");
    /// (3).
    ContinuingEducation = "CONTINUING_EDUCATION", "153号 art 15(3); 建市〔2010〕192号",
        "未达到继续教育要求。", "The continuing education required is not on record.",
        cure("请完成继续教育学时并提交证明。", "Complete the hours and hand in the proof.");
    /// (4).
    SentenceRunning = "SENTENCE_RUNNING", "153号 art 15(4)",
        "受到刑事处罚，尚未执行完毕。", "A criminal sentence is not yet served.",
        cure("处罚执行完毕并满规定年限后可申请。", "Apply when it is served and the years after it have passed.");
    /// (5).
    PracticeConviction = "PRACTICE_CONVICTION", "153号 art 15(5)",
        "因执业活动受到刑事处罚，自执行完毕之日起不满5年。", "Less than five years since a sentence for something done in practising was served.",
        cure("期满后可申请。", "Apply when the five years are over.");
    /// (6).
    OtherConviction = "OTHER_CONVICTION", "153号 art 15(6)",
        "因其他原因受到刑事处罚，自处罚决定之日起不满3年。", "Less than three years since another criminal sentence.",
        cure("期满后可申请。", "Apply when the three years are over.");
    /// (7).
    CertificateStripped = "CERTIFICATE_STRIPPED", "153号 art 15(7)",
        "被吊销注册证书，自处罚决定之日起不满2年。", "Less than two years since the certificate was stripped.",
        cure("期满后可申请。", "Apply when the two years are over.");
    /// (8).
    MajorAccident = "MAJOR_ACCIDENT", "153号 art 15(8)",
        "申请之日前3年内任项目经理期间所负责项目发生过重大质量和安全事故。", "A major accident happened in a project led by the person in the three years before.",
        cure("自事故发生之日起满3年后可申请。", "Apply when three years have passed since the accident.");
    /// (9).
    EmployerUnqualified = "EMPLOYER_UNQUALIFIED", "153号 art 15(9)",
        "聘用单位不符合注册单位要求。", "The employer does not meet the conditions of a registering unit.",
        cure("聘用单位取得相应资质后可申请，或更换聘用单位。", "Apply when the employer holds its qualification, or with another employer.");
    /// (10).
    OverAge = "OVER_AGE", "153号 art 15(10)",
        "年龄超过65周岁。", "The person is over 65.",
        cure("", "");
    /// (11).
    OtherStatute = "OTHER_STATUTE", "153号 art 15(11)",
        "法律、法规规定不予注册的其他情形。", "Another statute bars the registration.",
        cure("情形消除后可申请。", "Apply when the bar is lifted.");
    /// Art 33.
    FalseMaterial = "FALSE_MATERIAL", "153号 art 33",
        "隐瞒有关情况或者提供虚假材料，1年内不得再次申请。", "False material was handed in; no application for one year.",
        cure("期满后可申请。", "Apply when the year is over.");
    /// Art 34.
    Fraud = "FRAUD", "153号 art 34",
        "以欺骗、贿赂等不正当手段取得注册被撤销，3年内不得再次申请。", "A registration got by fraud was revoked; no application for three years.",
        cure("期满后可申请。", "Apply when the three years are over.");
    /// No qualification on record.
    NoQualification = "NO_QUALIFICATION", "153号 art 5, 7; domain §1.3",
        "没有该专业的一级建造师资格证书记录。", "No qualification for the specialty is on record.",
        cure("请核对姓名、证件号码与资格证书是否一致，或联系考试机构补登。", "Check that name and document match the qualification certificate.");
    /// Registered before: that is a re-registration.
    RegisteredBefore = "REGISTERED_BEFORE", "101号 art 12; domain §1.3",
        "曾经注册，不能再次办理初始注册。", "The person has been registered before.",
        cure("请办理重新注册，原注册编号沿用。", "Apply for re-registration; the number stays.");
    /// Not registered although the type presupposes it.
    NotRegistered = "NOT_REGISTERED", "domain §1.3",
        "当前没有有效注册，不能办理该业务。", "There is no registration to act on.",
        cure("请办理初始注册或重新注册。", "Apply for an initial registration or a re-registration.");
    /// Another employer than the registered one.
    OtherEmployer = "OTHER_EMPLOYER", "153号 art 13; domain §1.2",
        "聘用单位与注册单位不一致。", "The employer is not the one of the registration.",
        cure("请先办理变更注册。", "Apply for a change of employer first.");
    /// The specialty is registered already, or not registered.
    SpecialtyRegistered = "SPECIALTY_REGISTRATION", "101号 art 10; domain §1.3",
        "所选专业与现有注册专业不符。", "The specialty does not fit what is registered now.",
        cure("请核对所选专业。", "Check the specialties chosen.");
    /// Before the window.
    RenewalTooEarly = "RENEWAL_TOO_EARLY", "153号 art 12; domain §1.3",
        "尚未到延续注册申请时间。", "The renewal window has not opened.",
        cure("请在受理期内申请。", "Apply when the window opens.");
    /// After the window.
    RenewalTooLate = "RENEWAL_TOO_LATE", "153号 art 12; domain §1.3",
        "已过延续注册申请期限（有效期届满30日前）。", "The renewal window has closed.",
        cure("注册失效后请办理重新注册。", "Apply for re-registration once the term has ended.");
    /// The other system says that the employer does not pay the person's insurance.
    SocialInsurance = "SOCIAL_INSURANCE", "domain §1.12",
        "社会保险核验未通过：未查到聘用单位为其缴纳社会保险。", "The social-insurance check was not passed.",
        cure("请由聘用单位依法缴纳社会保险，或向受理机关提交缴费证明。", "Have the employer pay the insurance, or show the authority the proof of payment.");
    /// The other system does not know the schooling.
    Schooling = "SCHOOLING", "101号 art 8; domain §1.12",
        "学历核验未通过。", "The schooling check was not passed.",
        cure("请提交学历认证报告。", "Hand in a certified report on the schooling.");
    /// A check has to be settled by an officer first.
    CheckUnsettled = "CHECK_UNSETTLED", "domain §1.12",
        "外部核验结果尚待经办人员核实。", "An external check has yet to be settled by an officer.",
        cure("由经办人员核实后继续办理。", "An officer has to settle it; then the file goes on.");
    /// The policy moves people by cancellation and re-registration (2018 practice).
    ChangeNotOffered = "CHANGE_NOT_OFFERED", "domain §0.8, §1.3",
        "现行政策下变更聘用单位须先注销再重新注册。", "Under this policy a new employer takes cancellation and re-registration.",
        cure("请先由原聘用单位办理注销注册，再向新聘用单位所在省申请重新注册。", "Cancel the registration first, then apply for re-registration in the province of the new employer.");
    /// The days between the two employments are more than the policy lets pass.
    EmploymentGap = "EMPLOYMENT_GAP", "153号 art 16(4); policy employment_gap",
        "两次聘用之间的间隔超过规定，或两份劳动合同重叠。", "The days between the two employments are too many, or the contracts overlap.",
        cure("请先办理注销注册，再申请重新注册；合同重叠的，请更正合同日期。", "Cancel, then apply for re-registration; where the contracts overlap, correct their days.");
    /// A running project holds the person.
    ProjectLocked = "PROJECT_LOCKED", "policy project_lock",
        "该人员在建项目尚未办结项目负责人变更，不能变更聘用单位。", "The person is bound to a running project and cannot change the employer.",
        cure("请先在工程项目平台办结项目负责人变更或竣工。", "Have the project finished or its manager replaced first.");
    /// Whether a running project holds the person cannot be known now, and the deployment refuses what it does not know.
    ProjectLockUnknown = "PROJECT_LOCK_UNKNOWN", "policy project_lock",
        "工程项目平台暂时无法查询，不能确认该人员是否有在建项目。", "Whether the person is bound to a running project cannot be asked now.",
        cure("请稍后重试。", "Try again later.");
}

impl RuleId {
    /// Whether the rule looks at the person's past or capacity, which is the person's and the authority's to know, not the
    /// employer's.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Incapacity
                | Self::SentenceRunning
                | Self::PracticeConviction
                | Self::OtherConviction
                | Self::CertificateStripped
                | Self::MajorAccident
                | Self::OtherStatute
                | Self::FalseMaterial
                | Self::Fraud
        )
    }
}
