//! Roles and authorities, and the questions asked of a caller's scope.

use audit_service::AUDITOR;
use domain::ids::{AccountId, EmployerId};
use domain::province::Province;
use domain::specialty::JointReviewer;
use jiff::Timestamp;
use service_runtime::auth::{EmployerGrant, RoleGrant};
use service_runtime::error::{CALLER_NOT_ALLOWED, NOT_FOUND, PERMISSION_DENIED};
use service_runtime::tls::PeerIdentity;
use service_runtime::{Caller, Refusal, Scope};
use uuid::Uuid;

/// Role of a national administrator in tokens and allow lists.
pub(crate) const NATIONAL_ADMINISTRATOR: &str = "NATIONAL_ADMINISTRATOR";
/// Role of an officer in tokens and allow lists.
pub(crate) const OFFICER: &str = "OFFICER";
/// Role of an officer who assigns work in tokens and allow lists.
pub(crate) const LEADER: &str = "LEADER";
/// Role of the help desk in tokens and allow lists.
pub(crate) const HELP_DESK: &str = "HELP_DESK";
/// As what a registrar acts for an employer, in tokens.
pub(crate) const REGISTRAR: &str = "REGISTRAR";

/// The client that may make the first national administrator.
pub(crate) const OPERATOR: &str = "operator";
/// The client that tells who carries which document.
pub(crate) const REAL_NAME_AUTHORITY: &str = "real-name-authority";

/// A role that is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// 国家管理员.
    NationalAdministrator,
    /// 受理、审查人员.
    Officer,
    /// 承办机构负责人: assigns work among the officers of the authority.
    Leader,
    /// 审计人员: verifies and exports the audit, and nothing else.
    Auditor,
    /// 咨询服务人员: asks where a certificate stands, and nothing else.
    HelpDesk,
}

impl Role {
    /// Stable name, as stored.
    #[must_use]
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NationalAdministrator => "national_administrator",
            Self::Officer => "officer",
            Self::Leader => "leader",
            Self::Auditor => "auditor",
            Self::HelpDesk => "help_desk",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [
            Self::NationalAdministrator,
            Self::Officer,
            Self::Leader,
            Self::Auditor,
            Self::HelpDesk,
        ]
        .into_iter()
        .find(|role| role.code() == code)
    }
}

/// In whose name an officer acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Authority {
    /// The nation's register itself: administrators only.
    Nation,
    /// A provincial housing department.
    Province(Province),
    /// 住房和城乡建设部.
    Ministry,
    /// A ministry that reviews specialties jointly (domain §1.2).
    JointReviewer(JointReviewer),
}

impl Authority {
    /// Reads `nation`, `provinces/NN`, `ministry` or a joint reviewer.
    #[must_use]
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if let Some(code) = name.strip_prefix("provinces/") {
            return Province::from_code(code).map(Self::Province);
        }
        if let Some(slug) = name.strip_prefix("ministries/") {
            let reviewer = JointReviewer::ALL
                .into_iter()
                .find(|reviewer| reviewer.slug() == slug);
            return reviewer.map(Self::JointReviewer);
        }
        match name {
            "nation" => Some(Self::Nation),
            "ministry" => Some(Self::Ministry),
            _ => None,
        }
    }

    /// Its name, as on the wire.
    #[must_use]
    pub(crate) fn name(self) -> String {
        match self {
            Self::Nation => "nation".to_owned(),
            Self::Province(province) => format!("provinces/{}", province.code()),
            Self::Ministry => "ministry".to_owned(),
            Self::JointReviewer(reviewer) => format!("ministries/{}", reviewer.slug()),
        }
    }

    /// The province to which it is confined.
    #[must_use]
    pub(crate) fn province(self) -> Option<Province> {
        match self {
            Self::Province(province) => Some(province),
            Self::Nation | Self::Ministry | Self::JointReviewer(_) => None,
        }
    }
}

/// A role that an account has, or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Its id.
    pub(crate) id: Uuid,
    /// Who has it.
    pub(crate) account: AccountId,
    /// Which role.
    pub(crate) role: Role,
    /// In whose name.
    pub(crate) authority: Authority,
    /// Since when.
    pub(crate) granted_at: Timestamp,
    /// Until when.
    pub(crate) revoked_at: Option<Timestamp>,
}

impl Grant {
    /// `grants/{grant}`
    #[must_use]
    pub(crate) fn resource_name(&self) -> String {
        format!("grants/{}", self.id)
    }

    /// As tokens carry it.
    #[must_use]
    pub(crate) fn claim(&self) -> RoleGrant {
        let role = match self.role {
            Role::NationalAdministrator => NATIONAL_ADMINISTRATOR,
            Role::Officer => OFFICER,
            Role::Leader => LEADER,
            Role::Auditor => AUDITOR,
            Role::HelpDesk => HELP_DESK,
        };
        RoleGrant {
            role: role.to_owned(),
            authority: self.authority.name(),
            province: self
                .authority
                .province()
                .map(|province| province.code().to_owned()),
        }
    }
}

/// A registrar's claim, as tokens carry it.
#[must_use]
pub(crate) fn registrar_of(employer: EmployerId) -> EmployerGrant {
    EmployerGrant {
        employer: employer.as_uuid(),
        role: REGISTRAR.to_owned(),
    }
}

/// Whether the caller acts as national administrator.
#[must_use]
pub(crate) fn administers(scope: &Scope) -> bool {
    scope
        .grants()
        .iter()
        .any(|grant| grant.role == NATIONAL_ADMINISTRATOR)
}

/// Fails unless the caller acts for an employer or administers all of them; what is not theirs does not exist.
///
/// # Errors
/// `NOT_FOUND`.
pub(crate) fn require_employer(scope: &Scope, employer: EmployerId) -> Result<(), Refusal> {
    let own = administers(scope) || scope.may_see_employer(employer.as_uuid());
    if own { Ok(()) } else { NOT_FOUND.refuse() }
}

/// Whether the call comes without a token over the certificate of client `name`.
#[must_use]
pub(crate) fn is_client(caller: &Caller, name: &str) -> bool {
    caller.claims().is_none()
        && matches!(caller.peer(), Some(PeerIdentity::Client { name: own }) if own == name)
}

/// Lets only one client in.
///
/// # Errors
/// `CALLER_NOT_ALLOWED` for everybody else.
pub(crate) fn require_client(caller: &Caller, name: &str) -> Result<(), Refusal> {
    if is_client(caller, name) {
        Ok(())
    } else {
        CALLER_NOT_ALLOWED.refuse()
    }
}

/// Lets only backends in that may sign people in.
///
/// # Errors
/// `CALLER_NOT_ALLOWED` for everybody else.
pub(crate) fn require_carrier(caller: &Caller, carriers: &[String]) -> Result<(), Refusal> {
    match caller.peer() {
        Some(PeerIdentity::Client { name }) if carriers.contains(name) => Ok(()),
        _ => CALLER_NOT_ALLOWED.refuse(),
    }
}

/// The account that a call with a person's token acts for.
///
/// # Errors
/// `PERMISSION_DENIED` without one.
pub(crate) fn require_account(caller: &Caller) -> Result<AccountId, Refusal> {
    caller
        .account()
        .map(AccountId::from_uuid)
        .ok_or_else(|| Refusal::new(PERMISSION_DENIED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_round_trip_and_unknown_ones_do_not_exist() {
        let reviewers = JointReviewer::ALL
            .map(|reviewer| domain::authority::Authority::JointReviewer(reviewer).to_string());
        let others = ["nation", "provinces/32", "ministry"].map(str::to_owned);
        for name in others.into_iter().chain(reviewers) {
            assert_eq!(
                Authority::parse(&name)
                    .expect("an authority of the domain")
                    .name(),
                name
            );
        }
        for name in [
            "",
            "provinces/98",
            "provinces/3",
            "ministries/railway",
            "Ministry",
            "provinces/32/x",
        ] {
            assert!(Authority::parse(name).is_none(), "{name}");
        }
    }
}
