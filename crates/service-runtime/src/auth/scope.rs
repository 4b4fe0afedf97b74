use uuid::Uuid;

use super::{EmployerGrant, RoleGrant};
use crate::{
    error::{NOT_FOUND, PERMISSION_DENIED, Refusal},
    tls::PeerIdentity,
};

/// Whose rows a call may touch. Every store query on a person's row takes one, so that none can forget to ask.
///
/// It holds what the method's allow entry let pass and no more: an officer's grants are those whose role the method
/// asks for. Only the authentication layer makes one from a call; a leased job of the service names itself.
///
/// ```compile_fail
/// // The kinds of scope cannot be built from outside, …
/// let everything = service_runtime::Scope(service_runtime::auth::ScopeKind::Public);
/// ```
/// ```compile_fail
/// // … nor is there any default or conversion that would make one.
/// let everything: service_runtime::Scope = Default::default();
/// ```
/// ```compile_fail
/// let everything = service_runtime::Scope::new();
/// ```
#[derive(Debug, Clone)]
pub struct Scope(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Public,
    Service(PeerIdentity),
    Job(JobName),
    Person {
        person: Option<Uuid>,
        employers: Vec<EmployerGrant>,
    },
    Officer(Vec<RoleGrant>),
    Client {
        name: String,
        scopes: Vec<String>,
    },
}

/// What kind of scope it is, to branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind<'a> {
    /// Anybody: what is published for all.
    Public,
    /// A service of this system: what the method is for.
    Service(&'a PeerIdentity),
    /// A leased job of this service: everything.
    Job(JobName),
    /// A person: their own rows, and those of the employers they act for.
    Person {
        /// The national person id.
        person: Option<Uuid>,
        /// The employers.
        employers: &'a [EmployerGrant],
    },
    /// An officer: the provinces of these grants.
    Officer(&'a [RoleGrant]),
    /// Another organisation's backend: what its scopes say.
    Client {
        /// Its registered name.
        name: &'a str,
        /// Its scopes.
        scopes: &'a [String],
    },
}

/// The name of a leased job, as in its lease and its audit verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobName(&'static str);

impl JobName {
    /// Names a job.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// A scope as parameters of a query:
/// `WHERE ($1 OR person = $2 OR employer = ANY($3) OR $4 OR province = ANY($5))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFilter {
    /// Every row.
    pub all: bool,
    /// Rows of this person.
    pub person: Option<Uuid>,
    /// Rows of these employers.
    pub employers: Vec<Uuid>,
    /// Rows of every province.
    pub every_province: bool,
    /// Rows of these provinces.
    pub provinces: Vec<String>,
}

impl Scope {
    pub(super) fn public() -> Self {
        Self(Kind::Public)
    }

    pub(super) fn service(identity: PeerIdentity) -> Self {
        Self(Kind::Service(identity))
    }

    pub(super) fn person(person: Option<Uuid>, employers: Vec<EmployerGrant>) -> Self {
        Self(Kind::Person { person, employers })
    }

    pub(super) fn officer(grants: Vec<RoleGrant>) -> Self {
        Self(Kind::Officer(grants))
    }

    pub(super) fn client(name: String, scopes: Vec<String>) -> Self {
        Self(Kind::Client { name, scopes })
    }

    /// The scope of a leased job inside this service: everything. Never use it to answer a call.
    pub fn for_job(job: &JobName) -> Self {
        Self(Kind::Job(*job))
    }

    /// The scope of the call behind `request`.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Refusal> {
        super::Caller::of(request).map(|caller| caller.scope().clone())
    }

    /// What kind it is.
    pub fn kind(&self) -> ScopeKind<'_> {
        match &self.0 {
            Kind::Public => ScopeKind::Public,
            Kind::Service(identity) => ScopeKind::Service(identity),
            Kind::Job(job) => ScopeKind::Job(*job),
            Kind::Person { person, employers } => ScopeKind::Person {
                person: *person,
                employers,
            },
            Kind::Officer(grants) => ScopeKind::Officer(grants),
            Kind::Client { name, scopes } => ScopeKind::Client { name, scopes },
        }
    }

    /// The person whose own rows these are, if it is a person's scope.
    pub fn own_person(&self) -> Option<Uuid> {
        match &self.0 {
            Kind::Person { person, .. } => *person,
            _ => None,
        }
    }

    /// The person of this scope, or `PERMISSION_DENIED`: for methods that act on the caller's own rows.
    pub fn require_person(&self) -> Result<Uuid, Refusal> {
        self.own_person().ok_or_else(|| Refusal::new(PERMISSION_DENIED))
    }

    /// The employers acted for.
    pub fn employers(&self) -> impl Iterator<Item = Uuid> {
        let employers: &[EmployerGrant] = match &self.0 {
            Kind::Person { employers, .. } => employers,
            _ => &[],
        };
        employers.iter().map(|grant| grant.employer)
    }

    /// An officer's grants.
    pub fn grants(&self) -> &[RoleGrant] {
        match &self.0 {
            Kind::Officer(grants) => grants,
            _ => &[],
        }
    }

    /// The registered name of a backend.
    pub fn client_name(&self) -> Option<&str> {
        match &self.0 {
            Kind::Client { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether every row is within it: a service or a job.
    pub fn is_unbounded(&self) -> bool {
        matches!(self.0, Kind::Service(_) | Kind::Job(_))
    }

    /// Whether rows of `province` are within it: unbounded ones, its officers, national officers.
    pub fn may_see_province(&self, province: &str) -> bool {
        let within = |grant: &RoleGrant| grant.province.as_deref().is_none_or(|own| own == province);
        self.is_unbounded() || self.grants().iter().any(within)
    }

    /// Whether the rows of `person` are within it whatever else they carry: unbounded ones and the person.
    pub fn may_see_person(&self, person: Uuid) -> bool {
        self.is_unbounded() || self.own_person() == Some(person)
    }

    /// Whether rows of `employer` are within it: unbounded ones and those who act for it.
    pub fn may_see_employer(&self, employer: Uuid) -> bool {
        self.is_unbounded() || self.employers().any(|own| own == employer)
    }

    /// Whether a row with these owners is within it. A client's scope covers no row by itself: its method decides.
    pub fn covers(&self, person: Option<Uuid>, employer: Option<Uuid>, province: Option<&str>) -> bool {
        self.is_unbounded()
            || person.is_some_and(|person| self.may_see_person(person))
            || employer.is_some_and(|employer| self.may_see_employer(employer))
            || province.is_some_and(|province| self.may_see_province(province))
    }

    /// As [`Scope::covers`]; what is not covered is `NOT_FOUND`, as if it were not there.
    pub fn require(
        &self,
        person: Option<Uuid>,
        employer: Option<Uuid>,
        province: Option<&str>,
    ) -> Result<(), Refusal> {
        if self.covers(person, employer, province) {
            Ok(())
        } else {
            NOT_FOUND.refuse()
        }
    }

    /// The scope as parameters of a query; agrees with [`Scope::covers`].
    pub fn rows(&self) -> RowFilter {
        RowFilter {
            all: self.is_unbounded(),
            person: self.own_person(),
            employers: self.employers().collect(),
            every_province: self.grants().iter().any(|grant| grant.province.is_none()),
            provinces: self
                .grants()
                .iter()
                .filter_map(|grant| grant.province.clone())
                .collect(),
        }
    }
}
