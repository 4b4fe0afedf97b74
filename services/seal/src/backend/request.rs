//! A certification request (PKCS#10, RFC 2986): proves to the certification authority that the key is here.

use gm::asn1::{Oid, Writer, tag};
use gm::{Signer, oid};
use personal_data::OsRandom;
use rand_core::UnwrapErr;

use super::Fault;

/// Builds one for the holder of `title`, signed by the key itself.
pub(crate) fn certification_request(signer: &dyn Signer, title: &str) -> Result<Vec<u8>, Fault> {
    let mut info = Writer::new();
    info.sequence(|info| {
        info.integer(0);
        info.sequence(|subject| {
            for (kind, value) in [(oid::COUNTRY, "CN"), (oid::COMMON_NAME, title)] {
                attribute(subject, kind, value);
            }
        });
        info.raw(&signer.public_key().to_spki());
        // No attributes are asked for: the authority's profile decides.
        info.element(tag::context(0), &[]);
    });
    let info = info.finish();
    let signature = signer.sign(&info, &mut UnwrapErr(OsRandom));
    let signature = signature.map_err(|error| Fault::Unavailable(error.to_string()))?;
    let mut out = Writer::new();
    out.sequence(|request| {
        request.raw(&info).sequence(|algorithm| {
            algorithm.oid(signer.algorithm().oid());
        });
        request.bits(&signature.to_der());
    });
    Ok(out.finish())
}

fn attribute(subject: &mut Writer, kind: Oid, value: &str) {
    subject.constructed(tag::SET, |set| {
        set.sequence(|attribute| {
            attribute.oid(kind);
            if kind == oid::COUNTRY {
                attribute.element(tag::PRINTABLE_STRING, value.as_bytes());
            } else {
                attribute.utf8(value);
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use gm::{Algorithm, PrivateKey};

    use super::*;

    /// OpenSSL, which is not ours, verifies the request with the key inside it.
    #[test]
    fn openssl_takes_the_requests_of_both_keys() {
        for algorithm in [Algorithm::EcdsaP256Sha256, Algorithm::Sm2WithSm3] {
            let key = PrivateKey::generate(algorithm, &mut UnwrapErr(OsRandom));
            let request = certification_request(&key, "样本机关行政许可专用章").expect("signed");
            let mut openssl = Command::new("openssl");
            openssl.args([
                "req", "-inform", "DER", "-verify", "-noout", "-subject", "-nameopt", "utf8",
            ]);
            if algorithm == Algorithm::Sm2WithSm3 {
                openssl.args(["-vfyopt", "distid:1234567812345678"]);
            }
            let child = openssl
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn();
            let mut child = child.expect("Debian package openssl");
            child
                .stdin
                .take()
                .expect("piped")
                .write_all(&request)
                .expect("it reads");
            let said = child.wait_with_output().expect("it ends");
            let words =
                String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
            assert!(
                said.status.success() && words.contains("verify OK"),
                "{algorithm:?}: {words}"
            );
            assert!(words.contains("样本机关行政许可专用章"), "{words}");
        }
    }
}
