//! The client against authorities that answer, and such that do not.

use std::time::Duration;

use gm::certificate::{Authority, Marking, Profile, Request, Subject, Validity};
use gm::chain::Trust;
use gm::timestamp::{Imprint, Unusable};
use gm::{Algorithm, Certificate, PrivateKey, Signer as _};
use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng as _, rngs::StdRng};
use testkit::time_stamping::{Manner, TestTimeStamper, authority};
use timestamp_client::{Failure, Settings, TimeStampClient};

const NOW: Timestamp = Timestamp::constant(1_777_860_000, 0);

struct Scene {
    root: Certificate,
    key: PrivateKey,
}

impl Scene {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let key = PrivateKey::generate(Algorithm::EcdsaP256Sha256, &mut rng);
        let request = Request {
            profile: Profile::PdfRoot,
            subject: Subject {
                common_name: "根".to_owned(),
                organization: "样本".to_owned(),
            },
            public_key: key.public_key().clone(),
            validity: Validity {
                from: NOW - SignedDuration::from_hours(24),
                until: NOW + SignedDuration::from_hours(24),
            },
            serial: vec![1],
            marking: Marking::Specimen,
            crl_locations: Vec::new(),
        };
        let pem = key.to_pkcs8_pem();
        let root = Authority::self_signed(key, &request, &mut rng).expect("a root");
        Self {
            root: root.certificate().clone(),
            key: PrivateKey::from_pkcs8_pem(&pem).expect("a key"),
        }
    }

    async fn stamper(&self, seed: u64) -> TestTimeStamper {
        let authority = authority(&self.root, &self.key, &mut StdRng::seed_from_u64(seed));
        TestTimeStamper::start(authority, || NOW).await
    }

    async fn ask(&self, client: &TimeStampClient) -> Result<Timestamp, Vec<Failure>> {
        let roots = [self.root.clone()];
        let trust = Trust {
            roots: &roots,
            ..Trust::default()
        };
        let imprint = Imprint::of(Algorithm::EcdsaP256Sha256, &[b"a signature value"]);
        let token = client
            .stamp(&imprint, &trust, || NOW, StdRng::seed_from_u64(9))
            .await;
        token
            .map(|token| token.info.time)
            .map_err(|error| error.0.into_iter().map(|(_, failure)| failure).collect())
    }
}

fn client(urls: &[String], timeout: Duration) -> TimeStampClient {
    TimeStampClient::new(Settings {
        addresses: urls.iter().map(|url| url.parse().expect("an address")).collect(),
        tls: None,
        timeout,
        tolerance: SignedDuration::from_mins(5),
    })
}

const PATIENT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn one_that_answers_something_else_is_passed_over_for_the_next() {
    let scene = Scene::new();
    let (first, second) = (scene.stamper(1).await, scene.stamper(2).await);
    for manner in [
        Manner::OtherImprint,
        Manner::OtherNonce,
        Manner::Refusing,
        Manner::Talking,
        Manner::Overloaded,
    ] {
        let client = client(&[first.url(), second.url()], PATIENT);
        let before = (first.questions(), second.questions());
        let asked = || (first.questions() - before.0, second.questions() - before.1);
        first.behave(manner);
        assert_eq!(scene.ask(&client).await.unwrap(), NOW, "{manner:?}");
        assert_eq!(asked(), (1, 1), "{manner:?}");
        // The one that answered is asked first from now on; only its own failure leads back.
        first.behave(Manner::Honest);
        assert_eq!(scene.ask(&client).await.unwrap(), NOW);
        assert_eq!(asked(), (1, 2), "{manner:?}");
        second.behave(manner);
        assert_eq!(scene.ask(&client).await.unwrap(), NOW);
        assert_eq!(asked(), (2, 3), "{manner:?}");
        second.behave(Manner::Honest);
    }
}

#[tokio::test]
async fn silence_costs_the_timeout_and_no_more() {
    let scene = Scene::new();
    let (first, second) = (scene.stamper(1).await, scene.stamper(2).await);
    first.behave(Manner::Silent);
    let client = client(&[first.url(), second.url()], Duration::from_millis(50));
    // The second may be slow on a busy machine; it is asked again then.
    while scene.ask(&client).await.is_err() {}
    assert!(first.questions() >= 1);
}

#[tokio::test]
async fn each_failure_is_told() {
    let scene = Scene::new();
    let stamper = scene.stamper(1).await;
    let nowhere = {
        let gone = scene.stamper(2).await;
        gone.url()
    };
    stamper.behave(Manner::OtherNonce);
    let failures = scene
        .ask(&client(
            &[stamper.url(), nowhere, "https://127.0.0.1:9/".to_owned()],
            PATIENT,
        ))
        .await;
    let failures = failures.unwrap_err();
    assert!(
        matches!(
            failures.as_slice(),
            [
                Failure::Unusable(Unusable::OtherNonce),
                Failure::Connection(_) | Failure::Http(_),
                _
            ]
        ),
        "{failures:?}"
    );
}

#[tokio::test]
async fn an_authority_of_another_hierarchy_is_not_believed() {
    let (scene, other) = (Scene::new(), Scene::new());
    let stranger = Scene {
        root: other.root.clone(),
        key: PrivateKey::generate(Algorithm::EcdsaP256Sha256, &mut StdRng::seed_from_u64(77)),
    };
    let foreign = {
        let request = Request {
            profile: Profile::PdfRoot,
            subject: Subject {
                common_name: "别处".to_owned(),
                organization: "别处".to_owned(),
            },
            public_key: stranger.key.public_key().clone(),
            validity: Validity {
                from: NOW - SignedDuration::from_hours(1),
                until: NOW + SignedDuration::from_hours(1),
            },
            serial: vec![2],
            marking: Marking::Specimen,
            crl_locations: Vec::new(),
        };
        let key = PrivateKey::from_pkcs8_pem(&stranger.key.to_pkcs8_pem()).unwrap();
        let root = Authority::self_signed(key, &request, &mut StdRng::seed_from_u64(3)).unwrap();
        authority(root.certificate(), &stranger.key, &mut StdRng::seed_from_u64(4))
    };
    let stamper = TestTimeStamper::start(foreign, || NOW).await;
    let failures = scene.ask(&client(&[stamper.url()], PATIENT)).await.unwrap_err();
    assert!(
        matches!(
            failures.as_slice(),
            [Failure::Unusable(Unusable::Unverified {
                check: "chain.anchor",
                ..
            })]
        ),
        "{failures:?}"
    );
}
