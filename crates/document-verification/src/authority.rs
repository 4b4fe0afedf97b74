//! Who signed, compared with whom the bundle names.

use gm::Certificate;
use gm::chain;

use crate::finding::{Finding, check};
use crate::trust::{IssuingAuthority, TrustBundle};

/// A signer as a signature shows it.
pub(crate) struct Signer<'a> {
    pub(crate) certificate: Option<&'a Certificate>,
    pub(crate) chain: Option<&'a chain::Report>,
    /// esID and name of the seal, for signatures with one.
    pub(crate) seal: Option<(&'a str, &'a str)>,
}

impl Signer<'_> {
    /// What a person calls the signer: organisation and name of the certificate.
    pub(crate) fn title(&self) -> Option<String> {
        let subject = self.certificate?.subject();
        match (subject.organization(), subject.common_name()) {
            (Some(organisation), Some(name)) if organisation != name => {
                Some(format!("{organisation} {name}"))
            }
            (Some(one), _) | (None, Some(one)) => Some(one.to_owned()),
            (None, None) => None,
        }
    }

    /// The authority as which the signer is recognised. Only a path to a root of the bundle makes the names on a
    /// certificate or seal worth comparing: a lookalike carries the same names.
    pub(crate) fn recognise<'b>(&self, bundle: &'b TrustBundle) -> (Option<&'b IssuingAuthority>, Finding) {
        let title = self.title().unwrap_or_default();
        let (Some(certificate), Some(chain)) = (self.certificate, self.chain) else {
            return (None, Finding::cannot_say(check::SIGNER, "signer_unknown"));
        };
        if chain.outcome_of(chain::check::ANCHOR) != Some(gm::Outcome::Pass) {
            return (
                None,
                Finding::fail(check::SIGNER, "not_of_this_register").about(title),
            );
        }
        let organisation = certificate.subject().organization().unwrap_or_default();
        let named = bundle
            .authorities()
            .iter()
            .find(|authority| authority.signers.recognises(organisation, self.seal));
        match named {
            Some(authority) => (
                Some(authority),
                Finding::pass(check::SIGNER).about(authority.name.as_str()),
            ),
            None => (
                None,
                Finding::fail(check::SIGNER, "not_an_issuing_authority").about(title),
            ),
        }
    }
}

/// Whether the authority may issue the licence that the metadata name.
pub(crate) fn licence(authority: &IssuingAuthority, metadata: &[(String, String)]) -> Finding {
    let value = |key: &str| {
        metadata
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    };
    let (Some(kind), Some(issuer), Some(identifier)) = (value("ZZLXDM"), value("ZZBFJGDM"), value("ZZBS"))
    else {
        return Finding::cannot_say(check::LICENCE, "no_licence");
    };
    let identifier = domain::licence_identifier::LicenceIdentifier::parse(identifier);
    let Ok(identifier) = identifier else {
        return Finding::fail(check::LICENCE, "identifier_invalid");
    };
    if issuer != authority.credit_code || identifier.issuer() != authority.credit_code {
        Finding::fail(check::LICENCE, "other_issuer_named")
    } else if identifier.type_code() != kind || !authority.licence_types.iter().any(|known| known == kind) {
        Finding::fail(check::LICENCE, "licence_type_not_of_this_authority").about(kind)
    } else {
        Finding::pass(check::LICENCE).about(kind)
    }
}
