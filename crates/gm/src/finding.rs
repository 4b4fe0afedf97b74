//! What a check found: the common currency of every verifier in the workspace.

use std::fmt;

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The check was made and holds.
    Pass,
    /// The check was made and does not hold.
    Fail,
    /// The check could not be made with what is at hand.
    CannotSay,
}

/// One check with its outcome. `check` and `reason` are stable names that callers may branch on and translate;
/// a finding never carries text from the examined input, so it is free of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// Which check, e.g. `chain.validity`.
    pub check: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, e.g. `expired`; `ok` when there is nothing to add.
    pub reason: &'static str,
    /// Position of the certificate concerned, counted from the leaf, where the check is about one.
    pub position: Option<usize>,
}

impl Finding {
    /// The check holds.
    #[must_use]
    pub const fn pass(check: &'static str) -> Self {
        Self {
            check,
            outcome: Outcome::Pass,
            reason: "ok",
            position: None,
        }
    }

    /// The check holds, with a remark that a reader should see.
    #[must_use]
    pub const fn pass_noting(check: &'static str, reason: &'static str) -> Self {
        Self {
            check,
            outcome: Outcome::Pass,
            reason,
            position: None,
        }
    }

    /// The check does not hold.
    #[must_use]
    pub const fn fail(check: &'static str, reason: &'static str) -> Self {
        Self {
            check,
            outcome: Outcome::Fail,
            reason,
            position: None,
        }
    }

    /// The check could not be made.
    #[must_use]
    pub const fn cannot_say(check: &'static str, reason: &'static str) -> Self {
        Self {
            check,
            outcome: Outcome::CannotSay,
            reason,
            position: None,
        }
    }

    /// Pass or fail by a condition.
    #[must_use]
    pub const fn decide(check: &'static str, holds: bool, reason_if_not: &'static str) -> Self {
        if holds {
            Self::pass(check)
        } else {
            Self::fail(check, reason_if_not)
        }
    }

    /// The same finding, about the certificate at `position` from the leaf.
    #[must_use]
    pub const fn at(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::CannotSay => "cannot say",
        };
        write!(f, "{}: {outcome} ({})", self.check, self.reason)?;
        match self.position {
            Some(position) => write!(f, " at {position}"),
            None => Ok(()),
        }
    }
}

/// The outcome of several findings taken together: one failure fails, else one doubt leaves it open.
#[must_use]
pub fn overall(findings: &[Finding]) -> Outcome {
    if findings.iter().any(|finding| finding.outcome == Outcome::Fail) {
        Outcome::Fail
    } else if findings
        .iter()
        .any(|finding| finding.outcome == Outcome::CannotSay)
    {
        Outcome::CannotSay
    } else {
        Outcome::Pass
    }
}
