use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use proptest::prelude::*;
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use uuid::Uuid;

use super::*;
use crate::{
    clock::{Clock, RegisterClock, SystemClock},
    config::{Deployment, Tokens},
    error::*,
    pki::{Authority, Validity},
    tls::{Peer, PeerIdentity},
};

mod tokens;

const ISSUER: &str = "spiffe://jianzheng/nation/identity";
const MINUTE: Duration = Duration::from_secs(60);

const OWN: Allow = Allow::new("/t.v1.S/Own", &[Rule::Holder]);
const EMPLOYERS: Allow = Allow::new(
    "/t.v1.S/Employers",
    &[Rule::Holder, Rule::Employer(&["registrar"])],
);
const REVIEW: Allow = Allow::new("/t.v1.S/Review", &[Rule::Officer(&["reviewer"])]);
const GRANT: Allow = Allow::new("/t.v1.S/Grant", &[Rule::Officer(&["admin"])]).step_up(MINUTE);
const SIGN_IN: Allow = Allow::new("/t.v1.S/SignIn", &[Rule::Account]).first_factor();
const PULL: Allow = Allow::new(
    "/t.v1.S/Pull",
    &[
        Rule::Service("verification"),
        Rule::ProvinceService("registration"),
    ],
);
const BACKEND: Allow = Allow::new("/t.v1.S/Backend", &[Rule::Client("verify")]);
const TOKEN: Allow = Allow::new("/t.v1.S/Token", &[Rule::ClientCertificate]);
const OPEN: Allow = Allow::new("/t.v1.S/Open", &[Rule::Holder, Rule::Public]);

fn peer(identity: &str) -> Arc<Peer> {
    let identity: PeerIdentity = identity.parse().expect("an identity");
    let validity = Validity::starting(SystemClock::new().now(), MINUTE).expect("a validity");
    let authority =
        Authority::create(identity.gate(), Deployment::Development, validity).expect("an authority");
    let leaf = authority.issue(&identity, &[], validity).expect("a certificate");
    let der = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).expect("PEM");
    Peer::of_certificate(identity.gate(), &der).expect("a peer")
}

/// `identity` with its key, a service that trusts it, and the portal's connection to that service.
struct World {
    signer: TokenSigner,
    keys: SharedKeySet,
    revocations: Revocations,
    authenticator: Authenticator,
    clock: RegisterClock,
    portal: Arc<Peer>,
}

impl World {
    fn new() -> Self {
        let pem = TokenSigner::generate_pem().expect("a key");
        let signer = TokenSigner::from_pem("k1", &pem).expect("a signer");
        let keys = SharedKeySet::new();
        assert_eq!(keys.replace([signer.public_jwk()]), 1);
        let tokens = Tokens {
            issuer: ISSUER.to_owned(),
            audience: "jianzheng".to_owned(),
            mirror: None,
            clock_skew: crate::config::CLOCK_SKEW,
        };
        let (clock, revocations) = (RegisterClock::system(), Revocations::new());
        let authenticator = Authenticator::new(keys.clone(), tokens, clock.clone(), revocations.clone());
        let portal = peer("spiffe://jianzheng/nation/portal");
        Self {
            signer,
            keys,
            revocations,
            authenticator,
            clock,
            portal,
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    /// A holder's token bound to the portal.
    fn claims(&self) -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            aud: vec!["jianzheng".to_owned()],
            sub: "a".to_owned(),
            iat: self.now(),
            exp: self.now() + 300,
            sid: Uuid::from_u128(7),
            kind: TokenKind::Holder,
            account: Some(Uuid::from_u128(1)),
            person: Some(Uuid::from_u128(2)),
            roles: Vec::new(),
            employers: Vec::new(),
            scopes: Vec::new(),
            auth_level: AuthLevel::SecondFactor,
            step_up_at: None,
            act: None,
            cnf: Some(Confirmation::to(self.portal.thumbprint)),
        }
    }

    fn officer(&self, roles: &[(&str, Option<&str>)]) -> Claims {
        let grant = |(role, province): &(&str, Option<&str>)| RoleGrant {
            role: (*role).to_owned(),
            authority: province.map_or("ministry".to_owned(), |code| format!("province/{code}")),
            province: province.map(str::to_owned),
        };
        Claims {
            kind: TokenKind::Officer,
            person: None,
            roles: roles.iter().map(grant).collect(),
            ..self.claims()
        }
    }

    fn call(&self, allow: &Allow, claims: &Claims) -> Result<Caller, Reason> {
        self.with_token(allow, &self.signer.sign(claims).expect("signed"))
    }

    fn with_token(&self, allow: &Allow, token: &str) -> Result<Caller, Reason> {
        self.authenticator.admit(allow, Some(&self.portal), Some(token))
    }
}

fn refused(outcome: Result<Caller, Reason>) -> &'static str {
    outcome
        .map(|caller| caller.name())
        .expect_err("it must be refused")
        .name
}

#[test]
fn a_holder_sees_their_own_rows_and_nobody_else_s() {
    let world = World::new();
    let caller = world.call(&OWN, &world.claims()).expect("admitted");
    assert_eq!(caller.name(), format!("account/{}", Uuid::from_u128(1)));
    let scope = caller.scope();
    assert_eq!(scope.require_person().expect("a person"), Uuid::from_u128(2));
    assert!(scope.may_see_person(Uuid::from_u128(2)));
    assert!(!scope.may_see_person(Uuid::from_u128(3)));
    assert!(!scope.may_see_province("32"));
    assert!(
        scope
            .require(Some(Uuid::from_u128(3)), None, Some("32"))
            .is_err_and(|no| no.is(NOT_FOUND))
    );
}

#[test]
fn a_registrar_adds_the_employers_of_that_role_only() {
    let world = World::new();
    let employer = |id, role: &str| EmployerGrant {
        employer: Uuid::from_u128(id),
        role: role.to_owned(),
    };
    let claims = Claims {
        employers: vec![employer(8, "registrar"), employer(9, "viewer")],
        ..world.claims()
    };
    let scope = world.call(&EMPLOYERS, &claims).expect("admitted").scope().clone();
    assert!(scope.may_see_employer(Uuid::from_u128(8)));
    assert!(!scope.may_see_employer(Uuid::from_u128(9)));
    assert!(scope.may_see_person(Uuid::from_u128(2)));
    let own = world.call(&OWN, &claims).expect("admitted");
    assert_eq!(
        own.scope().employers().count(),
        0,
        "the method asks for the holder alone"
    );
}

#[test]
fn an_officer_acts_only_with_the_role_and_province_that_the_method_asks_for() {
    let world = World::new();
    let claims = world.officer(&[("reviewer", Some("32")), ("admin", Some("11"))]);
    let scope = world.call(&REVIEW, &claims).expect("admitted").scope().clone();
    assert!(scope.may_see_province("32"));
    assert!(
        !scope.may_see_province("11"),
        "the grant for 11 is another role's"
    );
    assert_eq!(refused(world.call(&OWN, &claims)), "CALLER_NOT_ALLOWED");
    let national = world.officer(&[("reviewer", None)]);
    assert!(
        world
            .call(&REVIEW, &national)
            .expect("admitted")
            .scope()
            .may_see_province("65")
    );
}

#[test]
fn a_process_without_a_token_is_admitted_by_its_certificate() {
    let world = World::new();
    let call = |identity: &str, allow| world.authenticator.admit(allow, Some(&peer(identity)), None);
    let verification = call("spiffe://jianzheng/nation/verification", &PULL).expect("admitted");
    assert!(verification.scope().is_unbounded());
    assert_eq!(verification.name(), "spiffe://jianzheng/nation/verification");
    assert!(call("spiffe://jianzheng/province/32/registration", &PULL).is_ok());
    assert_eq!(
        refused(call("spiffe://jianzheng/nation/registration", &PULL)),
        "CALLER_NOT_ALLOWED"
    );
    assert_eq!(
        refused(call("spiffe://jianzheng/province/32/verification", &PULL)),
        "CALLER_NOT_ALLOWED"
    );
    assert_eq!(
        refused(call("spiffe://jianzheng/client/verification", &PULL)),
        "CALLER_NOT_ALLOWED"
    );
    assert_eq!(
        call("spiffe://jianzheng/client/bids", &TOKEN)
            .expect("admitted")
            .name(),
        "client/bids"
    );
}

#[test]
fn a_token_lends_the_rights_of_its_subject_not_of_its_carrier() {
    let world = World::new();
    let portal_only = Allow::new("/t.v1.S/P", &[Rule::Service("portal")]);
    assert!(
        world
            .authenticator
            .admit(&portal_only, Some(&world.portal), None)
            .is_ok()
    );
    assert_eq!(
        refused(world.call(&portal_only, &world.claims())),
        "CALLER_NOT_ALLOWED"
    );
}

#[test]
fn a_public_method_is_open_to_all_but_a_bad_token_is_told_so() {
    let world = World::new();
    let nobody = world.authenticator.admit(&OPEN, None, None).expect("admitted");
    assert_eq!(nobody.scope().kind(), ScopeKind::Public);
    assert!(
        !nobody
            .scope()
            .covers(Some(Uuid::from_u128(2)), Some(Uuid::from_u128(8)), Some("32"))
    );
    assert_eq!(
        world
            .call(&OPEN, &world.claims())
            .expect("admitted")
            .scope()
            .own_person(),
        Some(Uuid::from_u128(2))
    );
    assert_eq!(refused(world.with_token(&OPEN, "x.y.z")), "TOKEN_INVALID");
    let token = world.signer.sign(&world.claims()).expect("signed");
    assert_eq!(
        refused(world.authenticator.admit(&OPEN, None, Some(&token))),
        "TOKEN_UNBOUND"
    );
}

#[test]
fn sensitive_methods_ask_for_a_recent_second_factor() {
    let world = World::new();
    let admin = |level, at: Option<i64>| Claims {
        auth_level: level,
        step_up_at: at.map(|ago| world.now() - ago),
        ..world.officer(&[("admin", Some("32"))])
    };
    assert_eq!(
        refused(world.call(&GRANT, &admin(AuthLevel::Single, None))),
        "SECOND_FACTOR_REQUIRED"
    );
    assert_eq!(
        refused(world.call(&GRANT, &admin(AuthLevel::SecondFactor, None))),
        "STEP_UP_REQUIRED"
    );
    assert_eq!(
        refused(world.call(&GRANT, &admin(AuthLevel::StepUp, Some(120)))),
        "STEP_UP_REQUIRED"
    );
    assert_eq!(
        refused(world.call(&GRANT, &admin(AuthLevel::StepUp, None))),
        "STEP_UP_REQUIRED"
    );
    assert!(world.call(&GRANT, &admin(AuthLevel::StepUp, Some(5))).is_ok());
    let single = Claims {
        auth_level: AuthLevel::Single,
        ..world.claims()
    };
    assert_eq!(refused(world.call(&OWN, &single)), "SECOND_FACTOR_REQUIRED");
    assert!(world.call(&SIGN_IN, &single).is_ok());
}

fn descriptors(methods: &[&str]) -> Vec<u8> {
    let method = |name: &&str| MethodDescriptorProto {
        name: Some((*name).to_owned()),
        ..Default::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("S".to_owned()),
        method: methods.iter().map(method).collect(),
        ..Default::default()
    };
    let file = FileDescriptorProto {
        package: Some("t.v1".to_owned()),
        service: vec![service],
        ..Default::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

#[test]
fn each_method_is_listed_exactly_once() {
    let check = |entries: &[Allow], methods: &[&str]| {
        AllowList::check(entries.iter().copied(), &["t.v1.S"], &descriptors(methods))
            .map(|list| list.iter().count())
    };
    assert_eq!(check(&[OWN, REVIEW], &["Own", "Review"]), Ok(2));
    let faults = |faults: &[&str]| Err(AllowListError(faults.iter().map(|it| (*it).to_owned()).collect()));
    assert_eq!(
        check(&[OWN], &["Own", "Review"]),
        faults(&["/t.v1.S/Review is not listed"])
    );
    assert_eq!(
        check(&[OWN, REVIEW], &["Own"]),
        faults(&["/t.v1.S/Review is listed but not served"])
    );
    assert_eq!(
        check(&[OWN, OWN], &["Own"]),
        faults(&["/t.v1.S/Own is listed twice"])
    );
    let nobody = Allow::new("/t.v1.S/Own", &[]);
    assert_eq!(
        check(&[nobody], &["Own"]),
        faults(&["/t.v1.S/Own is listed without a rule"])
    );
    let absent = AllowList::check([], &["t.v1.Other"], &descriptors(&["Own"])).expect_err("no such service");
    assert_eq!(absent.0, ["t.v1.Other is not in the descriptors"]);
}

#[test]
fn printing_claims_shows_neither_account_nor_person() {
    let world = World::new();
    let caller = world.call(&OWN, &world.claims()).expect("admitted");
    let printed = format!("{caller:?}");
    assert!(!printed.contains(&Uuid::from_u128(1).to_string()), "{printed}");
    assert!(!printed.contains(&Uuid::from_u128(2).to_string()), "{printed}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sent_as_a_token_is_refused_not_a_crash(token in "\\PC{0,80}") {
        prop_assert!(World::new().with_token(&OPEN, &token).is_err());
    }

    #[test]
    fn a_token_changed_anywhere_is_refused(at in 0_usize..1000, byte in prop::sample::select(b"AQgw19_-.".to_vec())) {
        let world = World::new();
        let token = world.signer.sign(&world.claims()).expect("signed");
        let mut changed = token.clone().into_bytes();
        let at = at % changed.len();
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        let changed = String::from_utf8(changed).expect("ASCII");
        prop_assert!(world.with_token(&OPEN, &changed).is_err(), "byte {} of {}", at, token.len());
    }

    #[test]
    fn the_row_filter_agrees_with_the_scope(
        own in 1_u128..4, row in 1_u128..4, employer in 1_u128..4, province in prop::sample::select(vec!["11", "32"])
    ) {
        let world = World::new();
        let grant = EmployerGrant { employer: Uuid::from_u128(3), role: "registrar".to_owned() };
        let claims =
            Claims { person: Some(Uuid::from_u128(own)), employers: vec![grant], ..world.claims() };
        let scopes = [
            world.call(&EMPLOYERS, &claims).expect("admitted").scope().clone(),
            world.call(&REVIEW, &world.officer(&[("reviewer", Some("32"))])).expect("admitted").scope().clone(),
            world.call(&REVIEW, &world.officer(&[("reviewer", None)])).expect("admitted").scope().clone(),
            Scope::for_job(&JobName::new("expire registrations")),
        ];
        for scope in scopes {
            let rows = scope.rows();
            let (row, employer) = (Uuid::from_u128(row), Uuid::from_u128(employer));
            let selected = rows.all
                || rows.person == Some(row)
                || rows.employers.contains(&employer)
                || rows.every_province
                || rows.provinces.iter().any(|own| own == province);
            prop_assert_eq!(selected, scope.covers(Some(row), Some(employer), Some(province)));
        }
    }
}
