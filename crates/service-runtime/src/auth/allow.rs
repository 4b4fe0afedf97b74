use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    time::Duration,
};

use prost::Message;
use prost_types::FileDescriptorSet;

use super::{AuthLevel, Claims, EmployerGrant, RoleGrant, Scope, TokenKind};
use crate::{
    error::{CALLER_NOT_ALLOWED, Reason, SECOND_FACTOR_REQUIRED, STEP_UP_REQUIRED},
    tls::{Peer, PeerIdentity},
};

/// Who may call one method. A method is open to whoever one of its rules lets in.
#[derive(Debug, Clone, Copy)]
pub struct Allow {
    method: &'static str,
    rules: &'static [Rule],
    least: AuthLevel,
    step_up: Option<Duration>,
}

/// One kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A service of the nation, by name (`issuance`), without a token.
    Service(&'static str),
    /// The service of this name of any province, without a token.
    ProvinceService(&'static str),
    /// A client's certificate without a token: for the method that issues its tokens.
    ClientCertificate,
    /// A client whose token has this scope.
    Client(&'static str),
    /// A person on record, acting for themself.
    Holder,
    /// Any signed-in person, on record or not, acting for themself or in office: for their own account.
    Account,
    /// A person who acts for at least one employer in one of these roles; empty: in any.
    Employer(&'static [&'static str]),
    /// An officer in one of these roles.
    Officer(&'static [&'static str]),
    /// Anybody: what is published for all.
    Public,
}

impl Allow {
    /// Opens `method` (`/jianzheng.identity.v1.AccountService/EnrollAccount`) to `rules`. People need a second factor.
    pub const fn new(method: &'static str, rules: &'static [Rule]) -> Self {
        Self {
            method,
            rules,
            least: AuthLevel::SecondFactor,
            step_up: None,
        }
    }

    /// A password is enough: for the methods with which a person completes or ends a sign-in.
    #[must_use]
    pub const fn first_factor(mut self) -> Self {
        self.least = AuthLevel::Single;
        self
    }

    /// People must have proved a second factor on demand within `age`.
    #[must_use]
    pub const fn step_up(mut self, age: Duration) -> Self {
        self.step_up = Some(age);
        self
    }

    /// The method.
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The rules, for documentation and tests.
    pub const fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    /// Decides. `now` is by the register clock. With a token only the token's subject counts.
    pub(super) fn admit(
        &self,
        peer: Option<&Peer>,
        claims: Option<&Claims>,
        now: jiff::Timestamp,
    ) -> Result<Scope, Reason> {
        let scope = match claims {
            Some(claims) => self.admit_subject(claims),
            None => self.admit_process(peer.map(|peer| &peer.identity)),
        };
        let scope = match scope {
            Some(scope) => scope,
            None if self.rules.contains(&Rule::Public) => return Ok(Scope::public()),
            None => return Err(CALLER_NOT_ALLOWED),
        };
        if let Some(claims) = claims.filter(|claims| claims.kind != TokenKind::Client) {
            self.check_level(claims, now)?;
        }
        Ok(scope)
    }

    fn admit_process(&self, peer: Option<&PeerIdentity>) -> Option<Scope> {
        let peer = peer?;
        self.rules.iter().find_map(|rule| match (rule, peer) {
            (Rule::Service(service), PeerIdentity::Nation { name }) if service == name => {
                Some(Scope::service(peer.clone()))
            }
            (Rule::ProvinceService(service), PeerIdentity::Province { name, .. }) if service == name => {
                Some(Scope::service(peer.clone()))
            }
            (Rule::ClientCertificate, PeerIdentity::Client { name }) => {
                Some(Scope::client(name.clone(), Vec::new()))
            }
            _ => None,
        })
    }

    fn admit_subject(&self, claims: &Claims) -> Option<Scope> {
        match claims.kind {
            TokenKind::Client => {
                let has = |wanted: &str| claims.scopes.iter().any(|scope| scope == wanted);
                let open = self
                    .rules
                    .iter()
                    .any(|rule| matches!(rule, Rule::Client(scope) if has(scope)));
                open.then(|| Scope::client(claims.sub.clone(), claims.scopes.clone()))
            }
            TokenKind::Officer => self.admit_officer(claims),
            TokenKind::Holder => self.admit_person(claims),
        }
    }

    /// Officers act with the grants that the method asks for; in their own account they are persons without rows.
    fn admit_officer(&self, claims: &Claims) -> Option<Scope> {
        let asked = |grant: &&RoleGrant| {
            self.rules
                .iter()
                .any(|rule| matches!(rule, Rule::Officer(roles) if roles.contains(&&*grant.role)))
        };
        let grants: Vec<RoleGrant> = claims.roles.iter().filter(asked).cloned().collect();
        if !grants.is_empty() {
            return Some(Scope::officer(grants));
        }
        self.rules
            .contains(&Rule::Account)
            .then(|| Scope::person(None, Vec::new()))
    }

    /// A person may be let in as holder and as employer at once: both then count.
    fn admit_person(&self, claims: &Claims) -> Option<Scope> {
        let own = self
            .rules
            .iter()
            .any(|rule| matches!(rule, Rule::Holder | Rule::Account));
        let person = claims.person.filter(|_| own);
        let asked = |grant: &&EmployerGrant| {
            self.rules.iter().any(|rule| {
                matches!(rule, Rule::Employer(roles) if roles.is_empty() || roles.contains(&&*grant.role))
            })
        };
        let employers: Vec<EmployerGrant> = claims.employers.iter().filter(asked).cloned().collect();
        let admitted = person.is_some() || !employers.is_empty() || self.rules.contains(&Rule::Account);
        admitted.then(|| Scope::person(person, employers))
    }

    fn check_level(&self, claims: &Claims, now: jiff::Timestamp) -> Result<(), Reason> {
        if claims.auth_level < self.least {
            return Err(SECOND_FACTOR_REQUIRED);
        }
        let Some(age) = self.step_up else { return Ok(()) };
        let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        let fresh = claims
            .step_up_at
            .is_some_and(|at| now.as_second().saturating_sub(at) <= age);
        if claims.auth_level == AuthLevel::StepUp && fresh {
            Ok(())
        } else {
            Err(STEP_UP_REQUIRED)
        }
    }
}

/// The allow entries of a service, checked against its proto descriptors: each method is named exactly once.
#[derive(Debug, Clone)]
pub struct AllowList(HashMap<&'static str, Allow>);

/// Where an allow list and the descriptors differ. A service with any difference does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowListError(pub Vec<String>);

impl fmt::Display for AllowListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the allow list does not match the service: {}",
            self.0.join("; ")
        )
    }
}

impl std::error::Error for AllowListError {}

impl AllowList {
    /// Checks `entries` against the methods of `services` (full names) in `descriptors`, an encoded
    /// `FileDescriptorSet`.
    pub fn check(
        entries: impl IntoIterator<Item = Allow>,
        services: &[&str],
        descriptors: &[u8],
    ) -> Result<Self, AllowListError> {
        let methods = methods_of(services, descriptors)?;
        let mut faults = BTreeSet::new();
        let mut listed = HashMap::new();
        for entry in entries {
            if !methods.contains(entry.method) {
                faults.insert(format!("{} is listed but not served", entry.method));
            }
            if entry.rules.is_empty() {
                faults.insert(format!("{} is listed without a rule", entry.method));
            }
            if listed.insert(entry.method, entry).is_some() {
                faults.insert(format!("{} is listed twice", entry.method));
            }
        }
        for method in methods
            .iter()
            .filter(|method| !listed.contains_key(method.as_str()))
        {
            faults.insert(format!("{method} is not listed"));
        }
        if faults.is_empty() {
            Ok(Self(listed))
        } else {
            Err(AllowListError(faults.into_iter().collect()))
        }
    }

    pub(crate) fn and_built_in(mut self, entries: &[Allow]) -> Self {
        self.0.extend(entries.iter().map(|entry| (entry.method, *entry)));
        self
    }

    /// The method under its static name, if it is listed.
    pub(crate) fn known(&self, method: &str) -> Option<&'static str> {
        self.0.get(method).map(|entry| entry.method)
    }

    pub(super) fn find(&self, method: &str) -> Option<&Allow> {
        self.0.get(method)
    }

    /// Every entry in the order of its method, for documentation.
    pub fn iter(&self) -> impl Iterator<Item = &Allow> {
        self.0.iter().collect::<BTreeMap<_, _>>().into_values()
    }
}

fn methods_of(services: &[&str], descriptors: &[u8]) -> Result<BTreeSet<String>, AllowListError> {
    let set = FileDescriptorSet::decode(descriptors)
        .map_err(|_| AllowListError(vec!["the descriptors cannot be decoded".to_owned()]))?;
    let mut missing: BTreeSet<&str> = services.iter().copied().collect();
    let mut methods = BTreeSet::new();
    for file in &set.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            if missing.remove(name.as_str()) {
                methods.extend(
                    service
                        .method
                        .iter()
                        .map(|method| format!("/{name}/{}", method.name())),
                );
            }
        }
    }
    if missing.is_empty() {
        Ok(methods)
    } else {
        Err(AllowListError(
            missing
                .iter()
                .map(|name| format!("{name} is not in the descriptors"))
                .collect(),
        ))
    }
}
