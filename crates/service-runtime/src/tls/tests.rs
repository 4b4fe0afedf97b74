use proptest::prelude::*;

use super::*;

#[test]
fn an_identity_has_exactly_one_form() {
    for text in [
        "spiffe://jianzheng/nation/identity",
        "spiffe://jianzheng/province/32/registration",
        "spiffe://jianzheng/client/bid-platform-7",
    ] {
        let identity: PeerIdentity = text.parse().expect(text);
        assert_eq!(identity.to_string(), text);
    }
    for text in [
        "",
        "identity",
        "spiffe://jianzheng/nation",
        "spiffe://jianzheng/nation/",
        "spiffe://jianzheng/nation/identity/",
        "spiffe://jianzheng/nation/Identity",
        "spiffe://jianzheng/nation/identity?x",
        "spiffe://jianzheng/nation/-identity",
        "spiffe://jianzheng/nation/identity-",
        "spiffe://jianzheng/nation/../client",
        "spiffe://jianzheng/province/3/registration",
        "spiffe://jianzheng/province/３２/registration",
        "spiffe://jianzheng/province/registration",
        "spiffe://jianzheng/client/a/b",
        "spiffe://jianzheng.example/nation/identity",
        "spiffe://JIANZHENG/nation/identity",
        "https://jianzheng/nation/identity",
    ] {
        assert_eq!(text.parse::<PeerIdentity>(), Err(IdentityError::Form), "{text}");
    }
}

proptest! {
    #[test]
    fn what_parses_prints_as_it_was(text in "spiffe://jianzheng/(nation|client|province/[0-9]{2})/[a-z0-9-]{1,70}") {
        if let Ok(identity) = text.parse::<PeerIdentity>() {
            prop_assert_eq!(identity.to_string(), text);
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_are_refused(bytes: Vec<u8>) {
        prop_assert!(PeerIdentity::of_certificate(&bytes).is_err());
    }

    #[test]
    fn a_thumbprint_travels(bytes: [u8; 32]) {
        let thumbprint = Thumbprint::of_certificate(&bytes);
        prop_assert_eq!(Thumbprint::from_base64url(&thumbprint.to_base64url()), Some(thumbprint));
    }
}
