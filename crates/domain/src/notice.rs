//! Notices (文书): what an authority gives an applicant in writing, numbered and immutable (行政许可法 art 32, 38, 42, 45).
//!
//! A notice is composed once, in the transaction of the act that causes it, and kept as it was given. It names the
//! applicant in full, for it is addressed to them, and their document masked.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::{Act, ApplicationType};
use crate::authority::Authority;
use crate::province::Province;
use crate::specialty::Specialty;

#[cfg(test)]
mod tests;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal, $article:literal;)*) => {
        /// What a notice says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum NoticeKind {
            $($(#[$doc])* $name,)*
        }

        impl NoticeKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as stored.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Its title.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The article that asks for it in writing.
            #[must_use]
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }
        }
    };
}

kinds! {
    /// 受理.
    Acceptance = "ACCEPTANCE", "受理通知书", "行政许可法 art 32(5)";
    /// 一次性告知.
    Correction = "CORRECTION", "一次性补正告知书", "行政许可法 art 32(4)";
    /// 不予受理.
    NonAcceptance = "NON_ACCEPTANCE", "不予受理通知书", "行政许可法 art 32(1), (2)";
    /// 准予.
    Grant = "GRANT", "准予行政许可决定书", "行政许可法 art 38";
    /// 不予.
    Refusal = "REFUSAL", "不予行政许可决定书", "行政许可法 art 38";
    /// 延长期限.
    Extension = "EXTENSION", "延长审批期限告知书", "行政许可法 art 42";
    /// 期限扣除.
    Pause = "PAUSE", "期限扣除告知书", "行政许可法 art 45";
}

impl NoticeKind {
    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// The notice that an act causes.
    #[must_use]
    pub const fn of_act(act: Act) -> Option<Self> {
        Some(match act {
            Act::Accept => Self::Acceptance,
            Act::RequestCorrection => Self::Correction,
            Act::DeclineAcceptance => Self::NonAcceptance,
            Act::Grant => Self::Grant,
            Act::Refuse => Self::Refusal,
            Act::ExtendLimit => Self::Extension,
            Act::PauseClock => Self::Pause,
            _ => return None,
        })
    }

    /// Whether it says no, so that it must say how to appeal (行政许可法 art 38).
    #[must_use]
    pub const fn is_adverse(self) -> bool {
        matches!(self, Self::NonAcceptance | Self::Refusal)
    }
}

/// How notices are numbered and what they say of remedies; no article gives a form, so it is policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticePolicy {
    /// A province's number: `{prefix}`, `{word}`, `{year}`, `{serial}` are filled in.
    pub number: String,
    /// The number of another authority that decides in the province's file.
    pub number_of_others: String,
    /// Digits of the serial number.
    pub digits: usize,
    /// The word of each kind.
    pub words: Words,
    /// How to appeal against a no (行政复议法 art 20; 行政诉讼法 art 46).
    pub remedies: String,
}

/// The word in the number that names the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Words {
    /// 受理.
    pub acceptance: String,
    /// 补正.
    pub correction: String,
    /// 不予受理.
    pub non_acceptance: String,
    /// 准予.
    pub grant: String,
    /// 不予.
    pub refusal: String,
    /// 延长.
    pub extension: String,
    /// 扣除.
    pub pause: String,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            acceptance: "受".to_owned(),
            correction: "补".to_owned(),
            non_acceptance: "不受".to_owned(),
            grant: "准".to_owned(),
            refusal: "不准".to_owned(),
            extension: "延".to_owned(),
            pause: "扣".to_owned(),
        }
    }
}

impl Default for NoticePolicy {
    fn default() -> Self {
        Self {
            number: "{prefix}建注{word}字〔{year}〕第{serial}号".to_owned(),
            number_of_others: "建注{word}字〔{year}〕第{prefix}{serial}号".to_owned(),
            digits: 5,
            words: Words::default(),
            remedies: "如不服本决定，可以自收到之日起六十日内依法申请行政复议，或者自收到之日起六个月内依法向人民法院提起行政诉讼。"
                .to_owned(),
        }
    }
}

impl NoticePolicy {
    /// What is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for number in [&self.number, &self.number_of_others] {
            for place in ["{word}", "{year}", "{serial}"] {
                if !number.contains(place) {
                    faults.push(format!("the number of a notice needs {place}: {number}"));
                }
            }
        }
        let words: std::collections::BTreeSet<_> =
            NoticeKind::ALL.iter().map(|kind| self.word(*kind)).collect();
        if words.len() != NoticeKind::ALL.len() || words.contains("") {
            faults.push("every kind of notice needs a word of its own".to_owned());
        }
        if self.remedies.trim().is_empty() {
            faults.push("a refusal must say how to appeal (行政许可法 art 38)".to_owned());
        }
        faults
    }

    /// The word of a kind.
    #[must_use]
    pub fn word(&self, kind: NoticeKind) -> &str {
        match kind {
            NoticeKind::Acceptance => &self.words.acceptance,
            NoticeKind::Correction => &self.words.correction,
            NoticeKind::NonAcceptance => &self.words.non_acceptance,
            NoticeKind::Grant => &self.words.grant,
            NoticeKind::Refusal => &self.words.refusal,
            NoticeKind::Extension => &self.words.extension,
            NoticeKind::Pause => &self.words.pause,
        }
    }

    /// The number of a notice in the file of a province.
    #[must_use]
    pub fn number(
        &self,
        kind: NoticeKind,
        of: Authority,
        province: Province,
        year: i16,
        serial: u32,
    ) -> String {
        let form = match of {
            Authority::Province(_) => &self.number,
            Authority::Ministry | Authority::JointReviewer(_) => &self.number_of_others,
        };
        let digits = self.digits;
        form.replace("{prefix}", &province.prefix().to_string())
            .replace("{word}", self.word(kind))
            .replace("{year}", &year.to_string())
            .replace("{serial}", &format!("{serial:0digits$}"))
    }
}

/// A rule that a refusal rests on, with the facts on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFact {
    /// Stable name.
    pub rule: String,
    /// The article.
    pub article: String,
    /// In words.
    pub text: String,
    /// Dates and papers.
    pub evidence: Vec<String>,
}

/// A notice as it is given. The order of the fields is the order of its JSON, over which its digest is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it says.
    pub kind: NoticeKind,
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub authority: Authority,
    /// Resource name of the application.
    pub application: String,
    /// The day it is given.
    pub issued_on: Date,
    /// Full name of the applicant.
    pub applicant: String,
    /// Their document, masked.
    pub document: String,
    /// The employer's title.
    pub employer: String,
    /// What was applied for.
    #[serde(rename = "type")]
    pub application_type: ApplicationType,
    /// In which specialties.
    pub specialties: Vec<Specialty>,
    /// Everything to correct.
    pub points: Vec<String>,
    /// Why, in words.
    pub grounds: String,
    /// What a refusal rests on.
    pub facts: Vec<NoticeFact>,
    /// Articles.
    pub articles: Vec<String>,
    /// How to appeal; empty where there is nothing to appeal against.
    pub remedies: String,
    /// The end of the limit that it is about.
    pub due_on: Option<Date>,
    /// Random, so that the digest tells nobody whose notice it is.
    pub salt: String,
}

impl Notice {
    /// The notice as people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let specialties: Vec<_> = self.specialties.iter().map(|one| one.name()).collect();
        let subject = format!(
            "你提出的一级建造师{}申请（专业：{}；聘用单位：{}）",
            self.application_type.name(),
            specialties.join("、"),
            self.employer
        );
        let body = match self.kind {
            NoticeKind::Acceptance => format!("{subject}，申请材料齐全、符合法定形式，本机关决定予以受理。"),
            NoticeKind::Correction => format!(
                "{subject}，申请材料不齐全或者不符合法定形式。现一次性告知需要补正的全部内容如下：\n{}\n请补正后重新提交。",
                self.numbered_points()
            ),
            NoticeKind::NonAcceptance => format!("{subject}，本机关决定不予受理。理由：{}", self.grounds),
            NoticeKind::Grant => {
                format!("{subject}，经审查符合法定条件，本机关决定准予注册。注册自公告之日起生效。")
            }
            NoticeKind::Refusal => format!(
                "{subject}，经审查，本机关决定不予注册。\n{}理由：{}",
                self.stated_facts(),
                self.grounds
            ),
            NoticeKind::Extension => format!(
                "{subject}，在法定期限内不能作出决定，经本机关负责人批准，审批期限延长至{}。{}",
                self.day(),
                self.grounds
            ),
            NoticeKind::Pause => format!("{subject}。{}", self.grounds),
        };
        let basis = format!("依据：{}。", self.articles.join("；"));
        let remedies = if self.remedies.is_empty() {
            String::new()
        } else {
            format!("\n{}", self.remedies)
        };
        format!(
            "{}\n{}\n\n{}（{}）：\n{body}\n{basis}{remedies}\n\n{}\n{}",
            self.kind.title(),
            self.number,
            self.applicant,
            self.document,
            self.authority.name(),
            self.issued_on.strftime("%Y年%-m月%-d日"),
        )
    }

    fn numbered_points(&self) -> String {
        let line = |(index, point): (usize, &String)| format!("{}. {point}", index + 1);
        let lines: Vec<_> = self.points.iter().enumerate().map(line).collect();
        lines.join("\n")
    }

    fn stated_facts(&self) -> String {
        let mut text = String::new();
        for (index, fact) in self.facts.iter().enumerate() {
            let evidence = if fact.evidence.is_empty() {
                String::new()
            } else {
                format!("事实：{}。", fact.evidence.join("，"))
            };
            text.push_str(&format!(
                "{}. {}{evidence}（{}）\n",
                index + 1,
                fact.text,
                fact.article
            ));
        }
        text
    }

    fn day(&self) -> String {
        self.due_on.map(|day| day.to_string()).unwrap_or_default()
    }
}
