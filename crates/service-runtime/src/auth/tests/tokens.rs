//! What makes a token good, and for how long.

use super::*;

#[test]
fn a_token_is_good_only_over_the_connection_it_was_issued_for() {
    let world = World::new();
    let token = world.signer.sign(&world.claims()).expect("signed");
    assert!(world.with_token(&OWN, &token).is_ok());
    let thief = peer("spiffe://jianzheng/client/thief");
    assert_eq!(
        refused(world.authenticator.admit(&OWN, Some(&thief), Some(&token))),
        "TOKEN_UNBOUND"
    );
    let unbound = Claims {
        cnf: None,
        ..world.claims()
    };
    assert!(matches!(world.signer.sign(&unbound), Err(SignerError::Unbound)));
    let token = sign_whatever(&world, &unbound);
    assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_UNBOUND");
}

/// As somebody with the key but without our signer's scruples.
fn sign_whatever(world: &World, claims: &Claims) -> String {
    let pem = TokenSigner::generate_pem().expect("a key");
    let signer = TokenSigner::from_pem("k2", &pem).expect("a signer");
    world
        .keys
        .replace([world.signer.public_jwk(), signer.public_jwk()]);
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    header.kid = Some("k2".to_owned());
    header.typ = Some("at+jwt".to_owned());
    let key = jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes()).expect("a key");
    jsonwebtoken::encode(&header, claims, &key).expect("signed")
}

#[test]
fn a_client_s_token_names_the_client_of_its_certificate() {
    let world = World::new();
    let bids = peer("spiffe://jianzheng/client/bids");
    let claims = |name: &str| Claims {
        kind: TokenKind::Client,
        sub: name.to_owned(),
        account: None,
        person: None,
        scopes: vec!["verify".to_owned()],
        cnf: Some(Confirmation::to(bids.thumbprint)),
        ..world.claims()
    };
    let call = |claims: &Claims, allow| {
        let token = world.signer.sign(claims).expect("signed");
        world.authenticator.admit(allow, Some(&bids), Some(&token))
    };
    let caller = call(&claims("bids"), &BACKEND).expect("admitted");
    assert_eq!(
        (caller.name().as_str(), caller.scope().client_name()),
        ("client/bids", Some("bids"))
    );
    assert_eq!(refused(call(&claims("tenders"), &BACKEND)), "TOKEN_UNBOUND");
    assert_eq!(
        refused(call(
            &Claims {
                scopes: Vec::new(),
                ..claims("bids")
            },
            &BACKEND
        )),
        "CALLER_NOT_ALLOWED"
    );
}

#[test]
fn a_client_acts_for_a_holder_only_by_an_assertion() {
    let world = World::new();
    let bids = peer("spiffe://jianzheng/client/bids");
    let call = |act: Option<&str>, peer: &Arc<Peer>| {
        let cnf = Some(Confirmation::to(peer.thumbprint));
        let claims = Claims {
            act: act.map(str::to_owned),
            cnf,
            ..world.claims()
        };
        let token = world.signer.sign(&claims).expect("signed");
        world.authenticator.admit(&OWN, Some(peer), Some(&token))
    };
    let caller = call(Some("bids"), &bids).expect("admitted");
    assert_eq!(caller.acting_client(), Some("bids"));
    assert_eq!(
        caller.scope().own_person(),
        Some(Uuid::from_u128(2)),
        "the holder's rights and no more"
    );
    assert_eq!(refused(call(None, &bids)), "TOKEN_UNBOUND");
    assert_eq!(refused(call(Some("tenders"), &bids)), "TOKEN_UNBOUND");
    assert_eq!(refused(call(Some("bids"), &world.portal)), "TOKEN_UNBOUND");
}

#[test]
fn a_stream_ends_with_the_right_to_it() {
    let world = World::new();
    let begun = Claims {
        iat: world.now() - 200,
        exp: world.now() + 100,
        ..world.claims()
    };
    assert!(
        world
            .authenticator
            .must_end(&world.call(&OWN, &begun).expect("admitted"))
            .is_none()
    );
    let long_over = Arc::new(Claims {
        iat: world.now() - 700,
        exp: world.now() - 400,
        ..world.claims()
    });
    let caller = Caller::new(None, Some(long_over), Scope::public());
    assert_eq!(world.authenticator.must_end(&caller), Some(TOKEN_EXPIRED));
    let caller = world.call(&OWN, &world.claims()).expect("admitted");
    world
        .revocations
        .revoke_session(Uuid::from_u128(7), world.clock.now());
    assert_eq!(world.authenticator.must_end(&caller), Some(TOKEN_INVALID));
}

#[test]
fn a_token_of_another_issuer_audience_or_key_is_foreign() {
    let world = World::new();
    let issuer = Claims {
        iss: "https://elsewhere".to_owned(),
        ..world.claims()
    };
    assert_eq!(refused(world.call(&OWN, &issuer)), "TOKEN_FOREIGN");
    let audience = Claims {
        aud: vec!["elsewhere".to_owned()],
        ..world.claims()
    };
    assert_eq!(refused(world.call(&OWN, &audience)), "TOKEN_FOREIGN");
    let pem = TokenSigner::generate_pem().expect("a key");
    let same_kid = TokenSigner::from_pem("k1", &pem).expect("a signer");
    let token = same_kid.sign(&world.claims()).expect("signed");
    assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_FOREIGN");
    let other_kid = TokenSigner::from_pem("k9", &pem).expect("a signer");
    let token = other_kid.sign(&world.claims()).expect("signed");
    assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_FOREIGN");
    world.keys.replace([]);
    assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_KEYS_MISSING");
}

#[test]
fn the_algorithm_is_fixed_whatever_the_header_says() {
    let world = World::new();
    let public = world.signer.public_jwk();
    for algorithm in [jsonwebtoken::Algorithm::HS256, jsonwebtoken::Algorithm::HS512] {
        let mut header = jsonwebtoken::Header::new(algorithm);
        header.kid = Some("k1".to_owned());
        header.typ = Some("at+jwt".to_owned());
        let key = jsonwebtoken::EncodingKey::from_secret(public.x.as_bytes());
        let token = jsonwebtoken::encode(&header, &world.claims(), &key).expect("signed");
        assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_INVALID");
    }
    let signed = world.signer.sign(&world.claims()).expect("signed");
    let payload = signed.split('.').nth(1).expect("a payload");
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiazEifQ.{payload}.");
    assert_eq!(refused(world.with_token(&OWN, &none)), "TOKEN_INVALID");
}

#[test]
fn a_token_ends_by_the_register_clock() {
    let world = World::new();
    let past = Claims {
        iat: world.now() - 301,
        exp: world.now() - 1,
        ..world.claims()
    };
    assert_eq!(refused(world.call(&OWN, &past)), "TOKEN_EXPIRED");
    let of_a_clock_ahead = Claims {
        iat: world.now() + 240,
        exp: world.now() + 540,
        ..world.claims()
    };
    assert!(world.call(&OWN, &of_a_clock_ahead).is_ok());
    let future = Claims {
        iat: world.now() + 3600,
        exp: world.now() + 3660,
        ..world.claims()
    };
    assert_eq!(refused(world.call(&OWN, &future)), "TOKEN_INVALID");
    let long = Claims {
        exp: world.now() + 301,
        ..world.claims()
    };
    assert!(matches!(world.signer.sign(&long), Err(SignerError::Lifetime)));
    let token = sign_whatever(&world, &long);
    assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_INVALID");
}

#[test]
fn an_advance_of_the_register_clock_ends_tokens_that_were_verified_already() {
    let dir = tempfile::tempdir().expect("a folder");
    let start: Timestamp = "2023-08-01T00:00:00Z".parse().expect("an instant");
    let harness = crate::clock::ClockFile::create(&dir.path().join("clock"), start).expect("created");
    let file = crate::clock::ClockFile::open(harness.path()).expect("opened");
    let mut world = World::new();
    world.clock = RegisterClock::controlled(file);
    let tokens = Tokens {
        issuer: ISSUER.to_owned(),
        audience: "jianzheng".to_owned(),
        mirror: None,
        clock_skew: crate::config::CLOCK_SKEW,
    };
    world.authenticator = Authenticator::new(
        world.keys.clone(),
        tokens,
        world.clock.clone(),
        world.revocations.clone(),
    );
    let token = world.signer.sign(&world.claims()).expect("signed");
    assert!(world.with_token(&OWN, &token).is_ok());
    harness.advance(MINUTE * 6).expect("forward");
    assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_EXPIRED");
}

#[test]
fn revocation_is_in_force_at_once_also_for_tokens_verified_already() {
    let world = World::new();
    let token = world.signer.sign(&world.claims()).expect("signed");
    assert!(world.with_token(&OWN, &token).is_ok());
    world
        .revocations
        .revoke_session(Uuid::from_u128(7), world.clock.now());
    assert_eq!(refused(world.with_token(&OWN, &token)), "TOKEN_INVALID");
    assert_eq!(
        world.revocations.forget_dead(world.clock.now()),
        1,
        "a token of it may still be alive"
    );
    assert_eq!(world.revocations.forget_dead(world.clock.now() + MINUTE * 11), 0);

    world
        .revocations
        .revoke_certificate(world.portal.thumbprint, world.clock.now());
    let call = || world.authenticator.admit(&OPEN, Some(&world.portal), None);
    assert_eq!(refused(call()), "PEER_IDENTITY_INVALID");
    world.revocations.restore_certificate(&world.portal.thumbprint);
    assert!(call().is_ok());
}
