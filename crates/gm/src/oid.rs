//! The object identifiers in use (domain §4.7, RFC 5280, RFC 5652, GB/T 35275).

use crate::asn1::Oid;

/// SM2-with-SM3 signatures. Not 1.2.156.10197.501, which a widespread library constant reads by mistake.
pub const SM2_WITH_SM3: Oid = Oid::dotted("1.2.156.10197.1.501");
/// The SM2 signature scheme, as some `SignerInfo`s name it.
pub const SM2_SIGN: Oid = Oid::dotted("1.2.156.10197.1.301.1");
/// The SM2 curve.
pub const SM2_CURVE: Oid = Oid::dotted("1.2.156.10197.1.301");
/// The SM3 digest.
pub const SM3: Oid = Oid::dotted("1.2.156.10197.1.401");
/// The SM3 digest, spelled "without key".
pub const SM3_WITHOUT_KEY: Oid = Oid::dotted("1.2.156.10197.1.401.1");
/// ECDSA with SHA-256.
pub const ECDSA_WITH_SHA256: Oid = Oid::dotted("1.2.840.10045.4.3.2");
/// ECDSA with SHA-384.
pub const ECDSA_WITH_SHA384: Oid = Oid::dotted("1.2.840.10045.4.3.3");
/// ECDSA with SHA-512.
pub const ECDSA_WITH_SHA512: Oid = Oid::dotted("1.2.840.10045.4.3.4");
/// RSA keys, and RSASSA-PKCS1-v1_5 where the digest is named elsewhere.
pub const RSA_ENCRYPTION: Oid = Oid::dotted("1.2.840.113549.1.1.1");
/// RSASSA-PKCS1-v1_5 with SHA-256.
pub const SHA256_WITH_RSA: Oid = Oid::dotted("1.2.840.113549.1.1.11");
/// RSASSA-PKCS1-v1_5 with SHA-384.
pub const SHA384_WITH_RSA: Oid = Oid::dotted("1.2.840.113549.1.1.12");
/// RSASSA-PKCS1-v1_5 with SHA-512.
pub const SHA512_WITH_RSA: Oid = Oid::dotted("1.2.840.113549.1.1.13");
/// RSASSA-PSS: signatures, and keys that sign nothing else.
pub const RSA_PSS: Oid = Oid::dotted("1.2.840.113549.1.1.10");
/// MGF1, the mask of RSASSA-PSS.
pub const MGF1: Oid = Oid::dotted("1.2.840.113549.1.1.8");
/// SHA-1, which tells keys and names apart in OCSP and proves nothing.
pub const SHA1: Oid = Oid::dotted("1.3.14.3.2.26");
/// SHA-256.
pub const SHA256: Oid = Oid::dotted("2.16.840.1.101.3.4.2.1");
/// SHA-384.
pub const SHA384: Oid = Oid::dotted("2.16.840.1.101.3.4.2.2");
/// SHA-512.
pub const SHA512: Oid = Oid::dotted("2.16.840.1.101.3.4.2.3");
/// Digests and signatures with them that anybody can forge: MD2, MD5, SHA-1, alone, with RSA, DSA and ECDSA.
pub const BROKEN: &[Oid] = &[
    Oid::dotted("1.2.840.113549.2.2"),
    Oid::dotted("1.2.840.113549.1.1.2"),
    Oid::dotted("1.3.14.3.2.29"),
    Oid::dotted("1.2.840.113549.2.5"),
    SHA1,
    Oid::dotted("1.2.840.113549.1.1.4"),
    Oid::dotted("1.2.840.113549.1.1.5"),
    Oid::dotted("1.2.840.10040.4.3"),
    Oid::dotted("1.2.840.10045.4.1"),
];
/// Public keys on elliptic curves.
pub const EC_PUBLIC_KEY: Oid = Oid::dotted("1.2.840.10045.2.1");
/// The curve P-256.
pub const P256: Oid = Oid::dotted("1.2.840.10045.3.1.7");
/// The curve P-384.
pub const P384: Oid = Oid::dotted("1.3.132.0.34");
/// The curve P-521.
pub const P521: Oid = Oid::dotted("1.3.132.0.35");

/// The private certificate policy that marks specimens: every development certificate carries it, from the root
/// down, and every verifier reports SPECIMEN for a chain that shows it (design §4). The arc is the UUID
/// ba2fa575-5d85-4784-bd44-43faaef15261 under 2.25 (ITU-T X.667), so it needs no registration.
pub const SPECIMEN_POLICY: Oid = Oid::dotted("2.25.247483801064568336737218935142374003297");
/// anyPolicy
pub const ANY_POLICY: Oid = Oid::dotted("2.5.29.32.0");

/// countryName
pub const COUNTRY: Oid = Oid::dotted("2.5.4.6");
/// organizationName
pub const ORGANIZATION: Oid = Oid::dotted("2.5.4.10");
/// organizationalUnitName
pub const ORGANIZATIONAL_UNIT: Oid = Oid::dotted("2.5.4.11");
/// commonName
pub const COMMON_NAME: Oid = Oid::dotted("2.5.4.3");

/// subjectKeyIdentifier
pub const SUBJECT_KEY_IDENTIFIER: Oid = Oid::dotted("2.5.29.14");
/// keyUsage
pub const KEY_USAGE: Oid = Oid::dotted("2.5.29.15");
/// basicConstraints
pub const BASIC_CONSTRAINTS: Oid = Oid::dotted("2.5.29.19");
/// cRLNumber
pub const CRL_NUMBER: Oid = Oid::dotted("2.5.29.20");
/// reasonCode of a CRL entry
pub const CRL_REASON: Oid = Oid::dotted("2.5.29.21");
/// invalidityDate of a CRL entry
pub const INVALIDITY_DATE: Oid = Oid::dotted("2.5.29.24");
/// cRLDistributionPoints
pub const CRL_DISTRIBUTION_POINTS: Oid = Oid::dotted("2.5.29.31");
/// certificatePolicies
pub const CERTIFICATE_POLICIES: Oid = Oid::dotted("2.5.29.32");
/// authorityKeyIdentifier
pub const AUTHORITY_KEY_IDENTIFIER: Oid = Oid::dotted("2.5.29.35");
/// extKeyUsage
pub const EXTENDED_KEY_USAGE: Oid = Oid::dotted("2.5.29.37");

/// anyExtendedKeyUsage
pub const ANY_EXTENDED_KEY_USAGE: Oid = Oid::dotted("2.5.29.37.0");
/// id-kp-emailProtection
pub const EMAIL_PROTECTION: Oid = Oid::dotted("1.3.6.1.5.5.7.3.4");
/// id-kp-OCSPSigning
pub const OCSP_SIGNING: Oid = Oid::dotted("1.3.6.1.5.5.7.3.9");
/// id-pkix-ocsp-basic
pub const OCSP_BASIC: Oid = Oid::dotted("1.3.6.1.5.5.7.48.1.1");
/// id-kp-timeStamping
pub const TIME_STAMPING: Oid = Oid::dotted("1.3.6.1.5.5.7.3.8");
/// id-kp-documentSigning (RFC 9336)
pub const DOCUMENT_SIGNING: Oid = Oid::dotted("1.3.6.1.5.5.7.3.36");

/// CMS data
pub const DATA: Oid = Oid::dotted("1.2.840.113549.1.7.1");
/// CMS signedData
pub const SIGNED_DATA: Oid = Oid::dotted("1.2.840.113549.1.7.2");
/// GB/T 35275 data
pub const GM_DATA: Oid = Oid::dotted("1.2.156.10197.6.1.4.2.1");
/// GB/T 35275 signedData
pub const GM_SIGNED_DATA: Oid = Oid::dotted("1.2.156.10197.6.1.4.2.2");
/// TSTInfo (RFC 3161)
pub const TST_INFO: Oid = Oid::dotted("1.2.840.113549.1.9.16.1.4");
/// contentType attribute
pub const CONTENT_TYPE: Oid = Oid::dotted("1.2.840.113549.1.9.3");
/// messageDigest attribute
pub const MESSAGE_DIGEST: Oid = Oid::dotted("1.2.840.113549.1.9.4");
/// signingTime attribute
pub const SIGNING_TIME: Oid = Oid::dotted("1.2.840.113549.1.9.5");
/// signingCertificate attribute (SHA-1; RFC 2634)
pub const SIGNING_CERTIFICATE: Oid = Oid::dotted("1.2.840.113549.1.9.16.2.12");
/// signingCertificateV2 attribute (RFC 5035)
pub const SIGNING_CERTIFICATE_V2: Oid = Oid::dotted("1.2.840.113549.1.9.16.2.47");
/// adbe-revocationInfoArchival
pub const ADOBE_REVOCATION_ARCHIVE: Oid = Oid::dotted("1.2.840.113583.1.1.8");
/// signatureTimeStampToken attribute (RFC 3161)
pub const SIGNATURE_TIME_STAMP: Oid = Oid::dotted("1.2.840.113549.1.9.16.2.14");
