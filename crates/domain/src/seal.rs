//! The life of an electronic seal (电子印章): requested, made, filed, used, suspended, destroyed (国办发〔2025〕33号).
//!
//! An act that brings a seal into use or ends it takes two officers. A renewal makes the seal anew without leaving its
//! state: certificates end, the seal does not.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::reason::reasons;

const RULE: &str = "国办发〔2025〕33号";

reasons! {
    /// Why an act on a seal is refused.
    pub enum SealRefused {
        /// The state does not allow it.
        IllegalMove {
            /// The act.
            act: &'static str,
            /// The state.
            state: &'static str,
        } => "SEAL_ILLEGAL_MOVE", "国办发〔2025〕33号",
            "印章处于{state}状态，不能办理{act}。", "The act {act} is not possible while the seal is {state}.";
        /// The second officer is the first.
        SameOfficer => "SEAL_SAME_OFFICER", "国办发〔2025〕33号",
            "该事项须由两名印章管理人员分别办理。", "The act takes two officers.";
        /// Another act waits for its second officer.
        OtherActProposed => "SEAL_OTHER_ACT_PROPOSED", "国办发〔2025〕33号",
            "该印章另有事项待复核，或复核内容与提出内容不一致。",
            "Another act on this seal, or the same with another content, waits for its second officer.";
        /// No ground was given.
        GroundMissing => "SEAL_GROUND_MISSING", "国办发〔2025〕33号",
            "请写明事由。", "A ground must be given.";
        /// Nothing waits for a second officer.
        NothingProposed => "SEAL_NOTHING_PROPOSED", "国办发〔2025〕33号",
            "该印章没有待复核的事项。", "Nothing waits for a second officer.";
    }
}

/// Who did something, and when: the name of a seal officer's own certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealHand {
    /// `client/{name}`
    pub officer: String,
    /// Register time.
    pub at: Timestamp,
}

/// 备案: where and when the seal was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// 备案编号
    pub number: String,
    /// 备案机关
    pub authority: String,
    /// 备案日期
    pub on: Date,
}

/// Where a seal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealState {
    /// 已申请: nothing is made.
    Requested {
        /// The officer who asked for it.
        requested: SealHand,
    },
    /// 已制作，待备案: signs nothing yet.
    Made,
    /// 使用中. An imported seal was filed by whoever made it.
    Active {
        /// Where it is filed.
        filing: Option<Filing>,
    },
    /// 已停用: signs nothing.
    Suspended {
        /// Where it is filed.
        filing: Option<Filing>,
        /// Why.
        ground: String,
    },
    /// 已注销: its keys are destroyed; seal and certificates stay for verification. Terminal.
    Destroyed {
        /// Why.
        ground: String,
    },
}

/// What may be done with a seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealAct {
    /// 制作
    Make,
    /// 备案
    File(Filing),
    /// 停用: one officer is enough, since haste may be needed.
    Suspend {
        /// Why.
        ground: String,
    },
    /// 恢复使用
    Resume,
    /// 换发: made anew with other certificates.
    Renew,
    /// 更换密钥: keys for the next making.
    RotateKey,
    /// 注销
    Destroy {
        /// Why.
        ground: String,
    },
}

/// Every move there is: act, from, to (`None`: stays).
pub const MOVES: &[(&str, &str, Option<&str>)] = &[
    ("RotateKey", "REQUESTED", None),
    ("Make", "REQUESTED", Some("MADE")),
    ("File", "MADE", Some("ACTIVE")),
    ("Suspend", "ACTIVE", Some("SUSPENDED")),
    ("Resume", "SUSPENDED", Some("ACTIVE")),
    ("RotateKey", "ACTIVE", None),
    ("RotateKey", "SUSPENDED", None),
    ("Renew", "ACTIVE", None),
    ("Renew", "SUSPENDED", None),
    ("Destroy", "REQUESTED", Some("DESTROYED")),
    ("Destroy", "MADE", Some("DESTROYED")),
    ("Destroy", "ACTIVE", Some("DESTROYED")),
    ("Destroy", "SUSPENDED", Some("DESTROYED")),
];

impl SealState {
    /// Stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "REQUESTED",
            Self::Made => "MADE",
            Self::Active { .. } => "ACTIVE",
            Self::Suspended { .. } => "SUSPENDED",
            Self::Destroyed { .. } => "DESTROYED",
        }
    }

    /// Whether documents may be sealed with it.
    #[must_use]
    pub const fn may_sign(&self) -> bool {
        matches!(self, Self::Active { .. })
    }

    /// Does an act. Who does it, and whether a second officer agreed, is [`Proposal`]'s business, but for the making: it
    /// is never done by the officer who asked for the seal.
    ///
    /// # Errors
    /// The state does not allow it, a ground is missing, or requester and maker are one.
    pub fn after(self, act: &SealAct, by: &SealHand) -> Result<Self, SealRefused> {
        let state = self.code();
        match (self, act) {
            (Self::Requested { requested }, SealAct::Make) if requested.officer == by.officer => {
                Err(SealRefused::SameOfficer)
            }
            (Self::Requested { .. }, SealAct::Make) => Ok(Self::Made),
            (Self::Made, SealAct::File(filing)) => Ok(Self::Active {
                filing: Some(filing.clone()),
            }),
            (Self::Active { filing }, SealAct::Suspend { ground }) => Ok(Self::Suspended {
                filing,
                ground: stated(ground)?,
            }),
            (Self::Suspended { filing, .. }, SealAct::Resume) => Ok(Self::Active { filing }),
            (same @ (Self::Active { .. } | Self::Suspended { .. }), SealAct::Renew) => Ok(same),
            (
                same @ (Self::Requested { .. } | Self::Active { .. } | Self::Suspended { .. }),
                SealAct::RotateKey,
            ) => Ok(same),
            (
                Self::Requested { .. } | Self::Made | Self::Active { .. } | Self::Suspended { .. },
                SealAct::Destroy { ground },
            ) => Ok(Self::Destroyed {
                ground: stated(ground)?,
            }),
            (_, act) => Err(SealRefused::IllegalMove {
                act: act.code(),
                state,
            }),
        }
    }
}

impl SealAct {
    /// Stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Make => "Make",
            Self::File(_) => "File",
            Self::Suspend { .. } => "Suspend",
            Self::Resume => "Resume",
            Self::Renew => "Renew",
            Self::RotateKey => "RotateKey",
            Self::Destroy { .. } => "Destroy",
        }
    }

    /// The rule that it rests on.
    #[must_use]
    pub const fn article(&self) -> &'static str {
        match self {
            // The seal lists the signer's certificate: a new one needs a new seal.
            Self::Renew | Self::RotateKey => "GM/T 0031-2014; 国办发〔2025〕33号",
            _ => RULE,
        }
    }
}

/// The first of two officers' words. The second says the same, content and all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Stable name of the act.
    pub act: String,
    /// SHA-256 of everything that is to happen.
    pub content: [u8; 32],
    /// The first officer.
    pub first: SealHand,
}

impl Proposal {
    /// The second officer agrees: returns the first officer's hand.
    ///
    /// # Errors
    /// The same officer, or something else was proposed.
    pub fn second(self, act: &SealAct, content: &[u8; 32], officer: &str) -> Result<SealHand, SealRefused> {
        if self.act != act.code() || self.content != *content {
            return Err(SealRefused::OtherActProposed);
        }
        if self.first.officer == officer {
            return Err(SealRefused::SameOfficer);
        }
        Ok(self.first)
    }
}

fn stated(ground: &str) -> Result<String, SealRefused> {
    let ground = ground.trim();
    if ground.is_empty() {
        return Err(SealRefused::GroundMissing);
    }
    Ok(ground.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand(officer: &str) -> SealHand {
        SealHand {
            officer: officer.to_owned(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn states() -> Vec<SealState> {
        let ground = "证书私钥疑似泄露".to_owned();
        vec![
            SealState::Requested { requested: hand("a") },
            SealState::Made,
            SealState::Active { filing: None },
            SealState::Suspended {
                filing: None,
                ground: ground.clone(),
            },
            SealState::Destroyed { ground },
        ]
    }

    fn acts() -> Vec<SealAct> {
        let ground = "机构更名".to_owned();
        vec![
            SealAct::Make,
            SealAct::File(Filing {
                number: "BA-1".to_owned(),
                authority: "样本公安机关".to_owned(),
                on: Date::constant(2026, 1, 5),
            }),
            SealAct::Suspend {
                ground: ground.clone(),
            },
            SealAct::Resume,
            SealAct::Renew,
            SealAct::RotateKey,
            SealAct::Destroy { ground },
        ]
    }

    #[test]
    fn the_moves_are_those_of_the_table_and_no_other() {
        for state in states() {
            for act in acts() {
                let listed = MOVES
                    .iter()
                    .find(|(name, from, _)| *name == act.code() && *from == state.code());
                let done = state.clone().after(&act, &hand("b"));
                match (listed, done) {
                    (Some((_, from, to)), Ok(done)) => assert_eq!(done.code(), to.unwrap_or(from)),
                    (None, Err(SealRefused::IllegalMove { .. })) => {}
                    (listed, done) => panic!("{} from {}: {listed:?}, {done:?}", act.code(), state.code()),
                }
            }
        }
    }

    #[test]
    fn the_officer_who_asked_for_a_seal_does_not_make_it() {
        let requested = SealState::Requested { requested: hand("a") };
        assert_eq!(
            requested.after(&SealAct::Make, &hand("a")),
            Err(SealRefused::SameOfficer)
        );
    }

    #[test]
    fn nothing_is_suspended_or_destroyed_without_a_ground() {
        let blank = || " ".to_owned();
        for act in [
            SealAct::Suspend { ground: blank() },
            SealAct::Destroy { ground: blank() },
        ] {
            let active = SealState::Active { filing: None };
            assert_eq!(active.after(&act, &hand("a")), Err(SealRefused::GroundMissing));
        }
    }

    #[test]
    fn the_second_officer_is_another_and_says_the_same() {
        let proposal = Proposal {
            act: "Destroy".to_owned(),
            content: [1; 32],
            first: hand("a"),
        };
        let act = SealAct::Destroy {
            ground: "停用".to_owned(),
        };
        let second = |act, content, officer| proposal.clone().second(act, content, officer);
        assert_eq!(second(&act, &[1; 32], "b"), Ok(hand("a")));
        assert_eq!(second(&act, &[1; 32], "a"), Err(SealRefused::SameOfficer));
        assert_eq!(second(&act, &[2; 32], "b"), Err(SealRefused::OtherActProposed));
        assert_eq!(
            second(&SealAct::Resume, &[1; 32], "b"),
            Err(SealRefused::OtherActProposed)
        );
    }
}
