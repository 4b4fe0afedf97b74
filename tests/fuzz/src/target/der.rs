//! What is written in DER: seals, signed seals, certificates, revocation lists, signed data, time stamps.

use gm::certificate::{OcspResponse, RevocationList};
use gm::chain::{self, Purpose, Trust};
use gm::signed_data::SignedData;
use gm::{Certificate, cades, timestamp};
use jiff::Timestamp;
use seal_format::verify::{Evidence, KnownSigner};
use seal_format::{PlainSignature, Seal, SignedSeal};

const XML: &[u8] = b"<Signature/>";

/// A seal file and a signed seal, verified as if everything in them were true.
pub(crate) fn seal(input: &[u8]) {
    let trust = Trust::default();
    if let Ok(seal) = Seal::parse(input) {
        let _ = (seal.maker(), seal.signed_bytes(), seal.picture(), seal.listed());
        let _ = seal_format::verify::seal(&seal, &trust, Timestamp::UNIX_EPOCH);
    }
    if let Ok(signed) = SignedSeal::parse(input) {
        let evidence = Evidence {
            signature_xml: XML,
            signature_path: "/Doc_0/Signs/Sign_0/Signature.xml",
            seal_file: Some(signed.seal().der()),
            time_stamping: None,
        };
        let _ = seal_format::verify::signature(&signed, &evidence, &trust);
        let _ = KnownSigner::of(&signed).map(|known| known.is_of(&signed));
    }
    if let Ok(plain) = PlainSignature::parse(input) {
        let _ = plain.verify(XML, &trust, Timestamp::UNIX_EPOCH);
    }
}

/// A certificate (DER or PEM) that is its own root, its own intermediate and its own list of revocations; or an OCSP
/// response with its certificates.
pub(crate) fn certificate(input: &[u8]) {
    let pem = std::str::from_utf8(input).unwrap_or_default();
    let mut certificates = Certificate::all_from_pem(pem).unwrap_or_default();
    certificates.extend(Certificate::from_der(input));
    let mut lists = RevocationList::all_from_pem(pem).unwrap_or_default();
    lists.extend(RevocationList::from_der(input));
    let responses: Vec<OcspResponse> = OcspResponse::from_der(input).into_iter().collect();
    certificates.extend(responses.iter().flat_map(|one| one.certificates()).cloned());
    let trust = Trust {
        roots: &certificates,
        time_stamping: &[],
        intermediates: &certificates,
        revocation_lists: &lists,
        ocsp_responses: &responses,
    };
    for certificate in &certificates {
        for purpose in [
            Purpose::SealMaking,
            Purpose::Sealing,
            Purpose::PdfSigning,
            Purpose::TimeStamping,
        ] {
            let _ = chain::verify(certificate, &trust, purpose, certificate.not_before());
        }
        let _ = (
            certificate.to_pem(),
            certificate.crl_locations(),
            certificate.subject().common_name(),
        );
        for list in &lists {
            let _ = list.find(certificate);
            let _ = certificate.verifying_key().map(|key| list.verify_signature(key));
        }
        for response in &responses {
            let _ = response.verify(certificate, |_| false);
        }
    }
}

/// Signed data, as a signature of a PDF and as a time stamp; its own certificates are trusted.
pub(crate) fn cms(input: &[u8]) {
    let data = SignedData::parse(input);
    let roots = data.as_ref().map_or(&[][..], |data| data.certificates.as_slice());
    let trust = Trust {
        roots,
        intermediates: roots,
        ..Trust::default()
    };
    let _ = cades::verify(input, &[XML, input], &trust, Timestamp::UNIX_EPOCH).outcome();
    let _ = timestamp::verify(input, XML, &trust).outcome();
    let _ = timestamp::stated_time(input);
}
