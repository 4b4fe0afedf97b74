//! Verifying a signed seal.

use gm::{
    Certificate, Finding, Outcome,
    chain::{self, Purpose, Trust},
    finding::overall,
    key::Digester,
    sm3, timestamp,
};
use jiff::Timestamp;

use super::{PathChecks, check, proved_time, value};
use crate::{
    SignedSeal, TimeInfo, Version,
    stamp::{lists, lists_unknown_digests},
};

const PATH: PathChecks = PathChecks {
    path: check::SIGNER_CHAIN,
    validity: check::ISSUER_VALIDITY,
    key_usage: check::SIGNER_KEY_USAGE,
    revocation: check::SIGNER_REVOCATION,
};

/// What a document brings to compare the signed seal with.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The bytes of `Signature.xml`.
    pub signature_xml: &'a [u8],
    /// The absolute path of `Signature.xml` in the package.
    pub signature_path: &'a str,
    /// The bytes of `Seal.esl`, which may be absent.
    pub seal_file: Option<&'a [u8]>,
    /// Whose time stamps count beside those of authorities below the roots of seals.
    pub time_stamping: Option<Trust<'a>>,
}

impl Evidence<'_> {
    /// The verification of a token over the signature value, under whichever trust it can be relied on.
    fn stamped(&self, token: &[u8], signed: &SignedSeal, trust: &Trust<'_>) -> timestamp::Report {
        let under = |trust| timestamp::verify(token, signed.signature(), trust);
        let elsewhere = self.time_stamping.as_ref().map(under);
        elsewhere
            .filter(timestamp::Report::is_trusted)
            .unwrap_or_else(|| under(trust))
    }
}

/// The outcome of verifying a signed seal. The seal inside is verified apart, by [`super::seal`] as of
/// [`SignatureReport::signing_time`].
#[derive(Clone, Debug)]
pub struct SignatureReport {
    /// One finding for each check.
    pub findings: Vec<Finding>,
    /// When the signer says it signed.
    pub signing_time: Option<Timestamp>,
    /// The signer's certificate, if it can be read.
    pub signer: Option<Certificate>,
    /// The validation of the signer's path as of the signing time: the one that a time stamp proves, else the claimed.
    pub chain: Option<chain::Report>,
    /// The verification of the time stamp over the signature value, if there is one.
    pub time_stamp: Option<timestamp::Report>,
}

impl SignatureReport {
    /// All findings taken together.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        overall(&self.findings)
    }

    /// Whether the signer's path is marked as a specimen.
    #[must_use]
    pub fn specimen(&self) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.specimen)
    }
}

/// A signer's certificate as it was read before, with the digest of the part that all its signed seals begin with.
///
/// The certificate keeps how its signature stood against its issuer, and its key what makes verifying quick.
#[derive(Clone, Debug)]
pub struct KnownSigner {
    certificate: Certificate,
    prefix: Vec<u8>,
    state: Option<Digester>,
}

impl KnownSigner {
    /// Reads the signer of a signed seal; nothing if its certificate cannot be read.
    #[must_use]
    pub fn of(signed: &SignedSeal) -> Option<Self> {
        let certificate = signed.signer().ok()?;
        let prefix = signed.signed_prefix().to_vec();
        let state = certificate.public_key().map(|key| {
            let mut state = key.digester();
            state.update(&prefix);
            state
        });
        Some(Self {
            certificate,
            prefix,
            state,
        })
    }

    /// Whether it is the signer of this signed seal, with this seal: all bytes are compared.
    #[must_use]
    pub fn is_of(&self, signed: &SignedSeal) -> bool {
        self.certificate.der() == signed.signer_der() && self.prefix == signed.signed_prefix()
    }

    /// The digest of what a signed seal of this signer signs.
    fn digest(&self, signed: &SignedSeal) -> Option<[u8; 32]> {
        let rest = signed.signed_bytes().strip_prefix(self.prefix.as_slice())?;
        let mut state = self.state.clone()?;
        state.update(rest);
        Some(state.finish())
    }
}

/// Verifies a signed seal against its document.
#[must_use]
pub fn signature(signed: &SignedSeal, evidence: &Evidence<'_>, trust: &Trust<'_>) -> SignatureReport {
    signature_by(signed, KnownSigner::of(signed).as_ref(), evidence, trust)
}

/// The same for a signer known before. One that is of another signed seal is not used; `None` means that the
/// certificate cannot be read.
#[must_use]
pub fn signature_by(
    signed: &SignedSeal,
    signer: Option<&KnownSigner>,
    evidence: &Evidence<'_>,
    trust: &Trust<'_>,
) -> SignatureReport {
    let own;
    let known = match signer {
        Some(known) if !known.is_of(signed) => {
            own = KnownSigner::of(signed);
            own.as_ref()
        }
        known => known,
    };
    let signing_time = signed.signing_time();
    let time_stamp = signed
        .time_stamp()
        .map(|token| evidence.stamped(token, signed, trust));
    let at = time_stamp.as_ref().and_then(proved_time).or(signing_time);
    let signer = known.map(|known| known.certificate.clone());
    let mut findings = vec![format(signed)];
    findings.push(listed(signed, signer.as_ref()));
    findings.push(match known {
        None => Finding::cannot_say(check::SIGNATURE, "certificate_unreadable"),
        Some(known) => {
            let digest = known.digest(signed);
            let key = known.certificate.public_key().zip(digest.as_ref());
            value(
                check::SIGNATURE,
                key,
                signed.signature_algorithm(),
                signed.signature(),
            )
        }
    });
    let chain = match (&signer, at) {
        (Some(signer), Some(at)) => Some(chain::verify(signer, trust, Purpose::Sealing, at)),
        _ => None,
    };
    match &chain {
        Some(chain) => {
            // The leaf's own validity has a check of its own.
            let of_leaf = |one: &Finding| one.check == chain::check::VALIDITY && one.position == Some(0);
            let others = chain.findings.iter().copied().filter(|one| !of_leaf(one));
            findings.extend(PATH.findings(&others));
        }
        None if signer.is_none() => findings.extend(PATH.cannot_say("certificate_unreadable")),
        None => findings.extend(PATH.cannot_say("signing_time_unreadable")),
    }
    findings.extend(times(signed, signer.as_ref(), at));
    findings.push(match evidence.seal_file {
        None => Finding::cannot_say(check::SEAL_FILE, "absent"),
        Some(file) => Finding::decide(check::SEAL_FILE, file == signed.seal().der(), "differs"),
    });
    findings.push(data_hash(signed, evidence.signature_xml));
    findings.push(property_info(signed, evidence.signature_path));
    if let Some(report) = &time_stamp {
        findings.push(super::summary(check::TIME_STAMP, report.findings.iter().copied()));
    }
    SignatureReport {
        findings,
        signing_time,
        signer,
        chain,
        time_stamp,
    }
}

/// The number in `TBS_Sign` is that of the seal in versions 4 and 5; in version 1 anything occurs.
fn format(signed: &SignedSeal) -> Finding {
    if signed.time_info() == TimeInfo::Unreadable {
        Finding::fail(check::SIGNATURE_FORMAT, "signing_time_unreadable")
    } else if signed.version() != Version::V1 && signed.stated_version() != signed.seal().stated_version() {
        Finding::pass_noting(check::SIGNATURE_FORMAT, "unusual_version_number")
    } else {
        Finding::pass(check::SIGNATURE_FORMAT)
    }
}

fn listed(signed: &SignedSeal, signer: Option<&Certificate>) -> Finding {
    let Some(signer) = signer else {
        return Finding::cannot_say(check::SIGNER_LISTED, "certificate_unreadable");
    };
    if lists(signed.seal(), signer) {
        Finding::pass(check::SIGNER_LISTED)
    } else if lists_unknown_digests(signed.seal()) {
        Finding::cannot_say(check::SIGNER_LISTED, "unsupported_algorithm")
    } else {
        Finding::fail(check::SIGNER_LISTED, "signer_not_listed")
    }
}

fn times(signed: &SignedSeal, signer: Option<&Certificate>, at: Option<Timestamp>) -> [Finding; 2] {
    let Some(at) = at else {
        return [check::TIME_IN_CERTIFICATE, check::TIME_IN_SEAL]
            .map(|name| Finding::cannot_say(name, "signing_time_unreadable"));
    };
    let seal = signed.seal();
    let within = seal.valid_from() <= at && at <= seal.valid_until();
    [
        match signer {
            None => Finding::cannot_say(check::TIME_IN_CERTIFICATE, "certificate_unreadable"),
            Some(signer) => Finding::decide(
                check::TIME_IN_CERTIFICATE,
                signer.is_valid_at(at),
                "outside_validity",
            ),
        },
        Finding::decide(check::TIME_IN_SEAL, within, "outside_validity"),
    ]
}

/// The digest is SM3 wherever the signature is SM2; other signatures bring digests that we do not know.
fn data_hash(signed: &SignedSeal, signature_xml: &[u8]) -> Finding {
    if sm3::digest(signature_xml)[..] == *signed.data_hash() {
        Finding::pass(check::DATA_HASH)
    } else if signed.signature_algorithm() == gm::oid::SM2_WITH_SM3 {
        Finding::fail(check::DATA_HASH, "mismatch")
    } else {
        Finding::cannot_say(check::DATA_HASH, "unsupported_algorithm")
    }
}

/// The content is the issuer's own by the standard, so another text is a remark, not a failure.
fn property_info(signed: &SignedSeal, path: &str) -> Finding {
    let stated = signed.property_info().trim_start_matches('/');
    if stated == path.trim_start_matches('/') {
        Finding::pass(check::PROPERTY_INFO)
    } else {
        Finding::pass_noting(check::PROPERTY_INFO, "names_something_else")
    }
}
