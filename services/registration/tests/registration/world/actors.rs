//! Who calls: people with tokens, firms with their registrars, officers in their roles.

use service_runtime::auth::{EmployerGrant, RoleGrant, TokenKind};
use testkit::people::Person;
use testkit::tokens;
use uuid::Uuid;

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(super) account: Uuid,
    pub(super) kind: TokenKind,
    pub(super) person: Option<Uuid>,
    pub(super) roles: Vec<RoleGrant>,
    pub(super) employers: Vec<EmployerGrant>,
}

/// A person who may be registered.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) actor: Actor,
    pub(crate) id: Uuid,
    pub(crate) person: Person,
}

/// A firm with its registrar.
#[derive(Debug, Clone)]
pub(crate) struct Employment {
    pub(crate) name: String,
    pub(crate) registrar: Actor,
}

/// An officer of an authority.
pub(crate) fn officer(authority: &str) -> Actor {
    let province = authority.strip_prefix("provinces/");
    let grant = RoleGrant {
        authority: authority.to_owned(),
        ..tokens::office(province)
    };
    Actor {
        kind: TokenKind::Officer,
        roles: vec![grant],
        ..Actor::holder(None)
    }
}

/// A leader of an authority, who assigns work.
pub(crate) fn leader(authority: &str) -> Actor {
    let mut leader = officer(authority);
    for grant in &mut leader.roles {
        "LEADER".clone_into(&mut grant.role);
    }
    leader
}

/// Somebody with another role of an authority than that of its officers: `AUDITOR`, `HELP_DESK`.
pub(crate) fn in_role(role: &str, authority: &str) -> Actor {
    let mut actor = officer(authority);
    for grant in &mut actor.roles {
        grant.role = role.to_owned();
    }
    actor
}

impl Actor {
    /// `officers/{officer}`
    pub(crate) fn officer_name(&self) -> String {
        format!("officers/{}", self.account)
    }

    /// The officer who is this person.
    pub(crate) fn who_is(mut self, holder: &Holder) -> Self {
        self.person = Some(holder.id);
        self
    }

    /// The officer who is a registrar of this firm as well.
    pub(crate) fn registrar_of(mut self, firm: &Employment) -> Self {
        self.employers.clone_from(&firm.registrar.employers);
        self
    }

    /// The session of their tokens.
    pub(crate) fn session(&self) -> Uuid {
        self.account
    }

    pub(super) fn holder(person: Option<Uuid>) -> Self {
        Self {
            account: Uuid::new_v4(),
            kind: TokenKind::Holder,
            person,
            roles: Vec::new(),
            employers: Vec::new(),
        }
    }
}
