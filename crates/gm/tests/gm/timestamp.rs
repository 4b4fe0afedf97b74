//! Time stamps from question to evidence: our authority, our client, and OpenSSL between them.

use gm::{
    Algorithm, Certificate, Outcome, PrivateKey,
    asn1::Oid,
    cades,
    certificate::Profile,
    chain::Trust,
    timestamp::{self, Answer, Imprint, Request, TimeStampAuthority, Unusable},
};
use jiff::{SignedDuration, Timestamp};

use crate::hierarchy::{Hierarchy, during, key, request, rng};
use crate::openssl::{openssl, put_chain, read, write};

const POLICY: Oid = Oid::dotted("1.3.6.1.4.1.99999.1");
const STAMPED: &[u8] = b"a signature value";

struct Scene {
    hierarchy: Hierarchy,
    authority: TimeStampAuthority<PrivateKey>,
}

impl Scene {
    fn new(algorithm: Algorithm) -> Self {
        let hierarchy = Hierarchy::new(algorithm);
        let own = key(algorithm, 40);
        let certificate = request(Profile::TimeStamping, "样本时间戳", &own, 40);
        let certificate = hierarchy.intermediate.issue(&certificate, &mut rng(41)).unwrap();
        let chain = vec![certificate, hierarchy.intermediate.certificate().clone()];
        let authority = TimeStampAuthority::new(own, chain, POLICY).unwrap();
        Self { hierarchy, authority }
    }

    fn roots(&self) -> [Certificate; 1] {
        [self.hierarchy.root.certificate().clone()]
    }

    fn answer(&self, request: &Request, now: Timestamp) -> Answer {
        self.authority
            .answer(&request.to_der(), 0x80, now, &mut rng(42))
            .unwrap()
    }
}

fn ask(algorithm: Algorithm, seed: u64) -> Request {
    Request::new(Imprint::of(algorithm, &[STAMPED]), &mut rng(seed))
}

fn trust(roots: &[Certificate]) -> Trust<'_> {
    Trust {
        roots,
        ..Trust::default()
    }
}

const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

#[test]
fn a_token_answers_its_request_and_proves_the_time() {
    for algorithm in [Algorithm::EcdsaP256Sha256, Algorithm::Sm2WithSm3] {
        let scene = Scene::new(algorithm);
        let roots = scene.roots();
        let request = ask(algorithm, 1);
        assert_eq!(Request::parse(&request.to_der()).unwrap(), request);
        let answer = scene.answer(&request, during());
        let token = request
            .accept(answer.der(), &trust(&roots), during(), TOLERANCE)
            .unwrap();
        assert_eq!((token.info.time, token.info.policy), (during(), POLICY));
        let report = timestamp::verify(&token.der, STAMPED, &trust(&roots));
        assert!(report.is_trusted(), "{:?}", report.findings);
        assert_eq!(report.time, Some(during()));
        let other = timestamp::verify(&token.der, b"another", &trust(&roots));
        assert!(!other.is_trusted());
    }
}

#[test]
fn an_answer_to_something_else_is_refused() {
    let algorithm = Algorithm::EcdsaP256Sha256;
    let scene = Scene::new(algorithm);
    let roots = scene.roots();
    let request = ask(algorithm, 1);
    let answer = scene.answer(&request, during());
    let accept = |request: &Request, response: &[u8], now| {
        let accepted = request.accept(response, &trust(&roots), now, TOLERANCE);
        accepted.map(|token| token.info.time)
    };
    let other_nonce = ask(algorithm, 2);
    assert_eq!(
        accept(&other_nonce, answer.der(), during()),
        Err(Unusable::OtherNonce)
    );
    let mut other_imprint = request.clone();
    other_imprint.imprint = Imprint::of(algorithm, &[b"another"]);
    assert_eq!(
        accept(&other_imprint, answer.der(), during()),
        Err(Unusable::OtherImprint)
    );
    let later = during() + SignedDuration::from_hours(1);
    assert_eq!(accept(&request, answer.der(), later), Err(Unusable::OtherTime));
    let mut other_policy = request.clone();
    other_policy.policy = Some(Oid::dotted("1.2.3"));
    assert_eq!(
        accept(&other_policy, answer.der(), during()),
        Err(Unusable::OtherPolicy)
    );
    let refusal = scene.answer(&other_policy, during());
    assert!(matches!(refusal, Answer::Refused(_)));
    let unaccepted_policy = Unusable::Refused {
        status: 2,
        failure: Some(15),
    };
    assert_eq!(
        accept(&other_policy, refusal.der(), during()),
        Err(unaccepted_policy)
    );
    assert_eq!(accept(&request, b"<html>", during()), Err(Unusable::Malformed));
    let nobody = request.accept(answer.der(), &Trust::default(), during(), TOLERANCE);
    assert_eq!(
        nobody.unwrap_err(),
        Unusable::Unverified {
            check: "chain.anchor",
            reason: "no_trusted_root"
        }
    );
}

#[test]
fn every_bit_of_a_token_counts_or_changes_nothing() {
    let algorithm = Algorithm::EcdsaP256Sha256;
    let scene = Scene::new(algorithm);
    let roots = scene.roots();
    let request = ask(algorithm, 1);
    let answer = scene.answer(&request, during()).der().to_vec();
    for at in 0..answer.len() {
        let mut changed = answer.clone();
        changed[at] ^= 1;
        if let Ok(token) = request.accept(&changed, &trust(&roots), during(), TOLERANCE) {
            assert_eq!(token.info.time, during(), "byte {at}");
            assert_eq!(token.info.imprint, request.imprint, "byte {at}");
        }
    }
}

#[test]
fn a_token_stands_beside_the_signature_it_stamps() {
    let scene = Scene::new(Algorithm::EcdsaP256Sha256);
    let (hierarchy, roots) = (&scene.hierarchy, scene.roots());
    let content = b"a document";
    let digest = Algorithm::EcdsaP256Sha256.digest(content);
    let chain = [
        hierarchy.leaf.clone(),
        hierarchy.intermediate.certificate().clone(),
    ];
    let plain = cades::sign(&digest, &hierarchy.leaf_key, &chain, &mut rng(50)).unwrap();
    let value = cades::signature_value(&plain).unwrap();
    let request = Request::new(Imprint::of(Algorithm::EcdsaP256Sha256, &[&value]), &mut rng(51));
    let answer = scene.answer(&request, during());
    let token = request
        .accept(answer.der(), &trust(&roots), during(), TOLERANCE)
        .unwrap();
    let stamped = cades::with_time_stamp(&plain, &token.der).unwrap();
    assert!(stamped.len() <= plain.len() + cades::time_stamp_room(token.der.len()));
    let report = cades::verify(&stamped, &[content], &trust(&roots), during());
    let failed: Vec<_> = report
        .findings
        .iter()
        .filter(|one| one.outcome == Outcome::Fail)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(
        (&report.signature_value, report.time_stamp.as_ref()),
        (&value, Some(&token.der))
    );
    assert!(
        cades::with_time_stamp(&stamped, &token.der).is_err(),
        "there is room for one"
    );
}

#[test]
fn openssl_asks_and_believes_our_answer() {
    let scene = Scene::new(Algorithm::EcdsaP256Sha256);
    let folder = put_chain(&scene.hierarchy);
    write(&folder, "stamped", STAMPED);
    let run = |arguments: &[&str]| {
        let (good, said) = openssl(folder.path(), arguments);
        assert!(good, "{said}");
        said
    };
    run(&[
        "ts", "-query", "-data", "stamped", "-sha256", "-cert", "-out", "query",
    ]);
    let query = read(&folder, "query");
    let answer = scene.authority.answer(&query, 7, during(), &mut rng(42)).unwrap();
    write(&folder, "response", answer.der());
    let when = during().as_second().to_string();
    let verify = [
        "ts",
        "-verify",
        "-in",
        "response",
        "-CAfile",
        "root.pem",
        "-untrusted",
        "intermediate.pem",
        "-attime",
        &when,
    ];
    let said = run(&[verify.as_slice(), &["-queryfile", "query"]].concat());
    assert!(said.contains("Verification: OK"), "{said}");
    run(&[verify.as_slice(), &["-data", "stamped"]].concat());
    write(&folder, "other", b"another");
    assert!(!openssl(folder.path(), &[verify.as_slice(), &["-data", "other"]].concat()).0);
}

#[test]
fn a_purpose_that_is_not_critical_makes_no_authority() {
    let scene = Scene::new(Algorithm::EcdsaP256Sha256);
    let folder = put_chain(&scene.hierarchy);
    let issuer = key(Algorithm::EcdsaP256Sha256, 2);
    write(&folder, "ca.key", issuer.to_pkcs8_pem().as_bytes());
    let own = key(Algorithm::EcdsaP256Sha256, 60);
    write(&folder, "own.key", own.to_pkcs8_pem().as_bytes());
    write(
        &folder,
        "extensions",
        b"keyUsage=critical,digitalSignature\nextendedKeyUsage=timeStamping\n",
    );
    let run = |arguments: &[&str]| {
        let (good, said) = openssl(folder.path(), arguments);
        assert!(good, "{said}");
    };
    run(&[
        "req", "-new", "-key", "own.key", "-subj", "/CN=lax", "-out", "csr",
    ]);
    run(&[
        "x509",
        "-req",
        "-in",
        "csr",
        "-CA",
        "intermediate.pem",
        "-CAkey",
        "ca.key",
        "-set_serial",
        "9",
        "-days",
        "3650",
        "-extfile",
        "extensions",
        "-out",
        "lax.pem",
    ]);
    let certificate = Certificate::from_pem(&String::from_utf8(read(&folder, "lax.pem")).unwrap()).unwrap();
    assert!(!certificate.has_critical_purpose());
    let valid_from = certificate.not_before();
    let authority = TimeStampAuthority::new(own, vec![certificate], POLICY).unwrap();
    let request = ask(Algorithm::EcdsaP256Sha256, 1);
    let answer = authority
        .answer(&request.to_der(), 1, valid_from, &mut rng(2))
        .unwrap();
    let (roots, intermediates) = (
        scene.roots(),
        [scene.hierarchy.intermediate.certificate().clone()],
    );
    let trust = Trust {
        roots: &roots,
        intermediates: &intermediates,
        revocation_lists: &[],
        ..Trust::default()
    };
    let refused = request.accept(answer.der(), &trust, valid_from, TOLERANCE);
    assert!(matches!(refused, Err(Unusable::Unverified { .. })), "{refused:?}");
    let mut fields = gm::asn1::Reader::new(answer.der()).sequence().unwrap();
    fields.sequence().unwrap();
    let report = timestamp::verify(fields.any().unwrap().raw(), STAMPED, &trust);
    let lax = ("chain.purpose", "purpose_not_critical");
    assert!(
        report.findings.iter().any(|one| (one.check, one.reason) == lax),
        "{:?}",
        report.findings
    );
}
