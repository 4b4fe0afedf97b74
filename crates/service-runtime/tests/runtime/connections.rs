//! Who gets a connection.

use service_runtime::tls::Gate;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    echo::{Ask, WHO},
    world::World,
};

/// A client written by others: knows host names, not identities.
async fn other_client(world: &World, address: String, own: Option<&str>) -> Result<bool, String> {
    let ca = std::fs::read(world.ca(Gate::Services)).expect("the authority");
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(ca))
        .domain_name("localhost");
    if let Some(own) = own {
        let read = |end: &str| std::fs::read(world.dir.path().join(format!("{own}{end}"))).expect("a file");
        tls = tls.identity(Identity::from_pem(read(".pem"), read("-key.pem")));
    }
    let endpoint = Channel::from_shared(format!("https://{address}"))
        .expect("a URI")
        .tls_config(tls);
    let channel = endpoint
        .expect("a TLS configuration")
        .connect()
        .await
        .map_err(|error| error.to_string())?;
    let request = HealthCheckRequest {
        service: "jianzheng.echo.v1.EchoService".to_owned(),
    };
    let answer = HealthClient::new(channel)
        .check(request)
        .await
        .map_err(|status| status.to_string())?;
    Ok(answer.into_inner().status == 1)
}

#[tokio::test]
async fn each_gate_knows_its_callers_by_their_certificate() {
    let world = World::new();
    let node = world.start().await;
    for (gate, name, known_as) in [
        (
            Gate::Services,
            "nation/portal",
            "spiffe://jianzheng/nation/portal",
        ),
        (
            Gate::Provinces,
            "province/32/registration",
            "spiffe://jianzheng/province/32/registration",
        ),
        (Gate::Clients, "client/bids", "client/bids"),
        (Gate::Public, "nation/portal", "public"),
    ] {
        let channel = world.channel(&node, gate, &world.issue(name));
        assert_eq!(Ask::to(WHO).of(&channel).await.expect("answered"), known_as);
    }
}

#[tokio::test]
async fn a_gate_refuses_the_certificates_of_every_other_authority() {
    let world = World::new();
    let node = world.start().await;
    let gates = [Gate::Services, Gate::Provinces, Gate::Clients];
    let names = ["nation/portal", "province/32/registration", "client/bids"];
    for (at, gate) in gates.iter().enumerate() {
        for (of, name) in names.iter().enumerate() {
            let channel = world.channel(&node, *gate, &world.issue(name));
            let answered = Ask::to(WHO).of(&channel).await;
            assert_eq!(
                answered.is_ok(),
                at == of,
                "{name} at {}: {answered:?}",
                gate.name()
            );
        }
    }
}

#[tokio::test]
async fn an_authority_cannot_name_what_is_not_its_own() {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};
    let world = World::new();
    let node = world.start().await;
    // The provinces' authority signs a certificate for a national service, and others without one identity.
    let ca_key = std::fs::read_to_string(world.dir.path().join("provinces/ca-key.pem")).expect("a key");
    let mut ca = CertificateParams::default();
    ca.distinguished_name = rcgen::DistinguishedName::new();
    ca.distinguished_name
        .push(rcgen::DnType::OrganizationalUnitName, "SPECIMEN");
    ca.distinguished_name
        .push(rcgen::DnType::CommonName, "Jianzheng provinces authority");
    let issuer = rcgen::Issuer::new(ca, KeyPair::from_pem(&ca_key).expect("a key"));
    let good = "spiffe://jianzheng/province/32/registration";
    for (names, admitted) in [
        (vec![good], true),
        (vec!["spiffe://jianzheng/nation/portal"], false),
        (vec![good, "spiffe://jianzheng/province/11/registration"], false),
        (vec![], false),
        (vec!["spiffe://jianzheng/province/32/registration/"], false),
    ] {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let mut params = CertificateParams::default();
        let uris = names
            .iter()
            .map(|uri| SanType::URI((*uri).try_into().expect("ASCII")));
        params.subject_alt_names = uris.collect();
        let certificate = params.signed_by(&key, &issuer).expect("signed");
        std::fs::write(world.dir.path().join("odd.pem"), certificate.pem()).expect("written");
        std::fs::write(world.dir.path().join("odd-key.pem"), key.serialize_pem()).expect("written");
        let channel = world.channel(&node, Gate::Provinces, &world.leaf("odd"));
        let answered = Ask::to(WHO).of(&channel).await;
        assert_eq!(answered.is_ok(), admitted, "{names:?}: {answered:?}");
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_certificate_but_at_the_public_gate() {
    let world = World::new();
    let node = world.start().await;
    world.issue("nation/portal");
    for (gate, own, admitted) in [
        (Gate::Services, None, false),
        (Gate::Services, Some("nation-portal"), true),
        (Gate::Public, None, true),
    ] {
        let address = format!("localhost:{}", node.running.address(gate).expect("open").port());
        let answered = other_client(&world, address, own).await;
        assert_eq!(answered.is_ok(), admitted, "{}: {answered:?}", gate.name());
    }
}

#[tokio::test]
async fn a_caller_checks_who_serves() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.issue("nation/portal");
    for (expected, authority, accepted) in [
        ("nation/echo", Gate::Services, true),
        ("nation/seal", Gate::Services, false),
        ("nation/echo", Gate::Provinces, false),
    ] {
        let channel = world.channel_expecting(&node, Gate::Services, &portal, expected, authority);
        let answered = Ask::to(WHO).of(&channel).await;
        assert_eq!(
            answered.is_ok(),
            accepted,
            "{expected} of {}: {answered:?}",
            authority.name()
        );
    }
}

#[tokio::test]
async fn certificates_rotate_without_a_restart() {
    let world = World::new();
    let node = world.start().await;
    let portal = world.issue("nation/portal");
    let before = (node.common.tls.leaf.thumbprint(), portal.thumbprint());
    let open = world.channel(&node, Gate::Services, &portal);
    assert!(Ask::to(WHO).of(&open).await.is_ok());

    // A half-replaced pair does not count.
    std::fs::copy(
        world.dir.path().join("nation-portal-key.pem"),
        world.dir.path().join("nation-echo-key.pem"),
    )
    .expect("copied");
    assert!(
        Ask::to(WHO)
            .of(&world.channel(&node, Gate::Services, &portal))
            .await
            .is_ok()
    );
    assert_eq!(node.common.tls.leaf.thumbprint(), before.0);

    world.issue("nation/echo");
    world.issue("nation/portal");
    let fresh = world.channel(&node, Gate::Services, &portal);
    assert!(Ask::to(WHO).of(&fresh).await.is_ok());
    assert!(Ask::to(WHO).of(&open).await.is_ok(), "open connections go on");
    let after = (node.common.tls.leaf.thumbprint(), portal.thumbprint());
    assert!(before.0 != after.0 && before.1 != after.1);
}

#[tokio::test]
async fn the_addresses_are_written_down() {
    let world = World::new();
    let node = world.start().await;
    let expected: String = node
        .running
        .addresses()
        .iter()
        .map(|(gate, address)| format!("{} {address}\n", gate.name()))
        .collect();
    assert_eq!(world.addresses(), expected);
    assert_eq!(expected.lines().count(), 4);
}
