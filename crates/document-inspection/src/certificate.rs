//! Certificates and lists of revocations.

use gm::certificate::{KeyUsage, Name, RevocationList};
use gm::scheme::Scheme;
use gm::{Algorithm, Certificate, VerifyingKey};

use crate::tree::{Node, yes};

/// A certificate that must first be read.
pub(crate) fn from_der(zh: &'static str, en: &'static str, der: &[u8]) -> Node {
    match Certificate::from_der(der) {
        Ok(certificate) => Node {
            zh,
            en,
            ..show(&certificate)
        },
        Err(error) => Node::of(zh, en, format!("无法读取 unreadable: {error}")),
    }
}

pub(crate) fn show(certificate: &Certificate) -> Node {
    let mut shown = Node::new("数字证书", "certificate");
    shown
        .say("主体", "subject", name(certificate.subject()))
        .say("颁发者", "issuer", name(certificate.issuer()))
        .say("序列号", "serial", hex::encode(certificate.serial()))
        .say("生效", "not before", certificate.not_before())
        .say("失效", "not after", certificate.not_after())
        .say(
            "公钥算法",
            "public key",
            certificate
                .verifying_key()
                .map_or_else(|fault| format!("不支持 unsupported: {fault}"), key),
        )
        .say(
            "签名算法",
            "signature algorithm",
            certificate.signature_scheme().map_or_else(
                |fault| format!("不支持 unsupported: {fault}"),
                Scheme::description,
            ),
        );
    if let Some(usage) = certificate.key_usage() {
        shown.say("密钥用途", "key usage", key_usage(usage));
    }
    if let Some(usages) = certificate.extended_key_usage() {
        shown.say("扩展密钥用途", "extended key usage", joined(usages));
    }
    if let Some(constraints) = certificate.basic_constraints() {
        let path = constraints
            .path_length
            .map(|length| format!("，路径长度 path length {length}"));
        let text = format!("{}{}", yes(constraints.authority), path.unwrap_or_default());
        shown.say("证书颁发机构", "authority", text);
    }
    if let Some(policies) = certificate.policies() {
        shown.say("证书策略", "policies", joined(policies));
    }
    shown
        .say_if(
            "主体密钥标识",
            "subject key identifier",
            certificate.subject_key_id().map(hex::encode),
        )
        .say_if(
            "颁发者密钥标识",
            "authority key identifier",
            certificate.authority_key_id().map(hex::encode),
        );
    for location in certificate.crl_locations() {
        shown.say("吊销列表地址", "revocation list location", location);
    }
    if certificate.has_unknown_critical_extension() {
        shown.say("未知的关键扩展", "unknown critical extension", yes(true));
    }
    if certificate.is_specimen() {
        shown.say("样本", "specimen", yes(true));
    }
    shown
}

pub(crate) fn list(list: &RevocationList) -> Node {
    let mut shown = Node::new("吊销列表", "revocation list");
    shown
        .say("颁发者", "issuer", name(list.issuer()))
        .say("本次更新", "this update", list.this_update())
        .say_if("下次更新", "next update", list.next_update());
    shown
}

/// An algorithm as the trade calls it.
pub(crate) const fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sm2WithSm3 => "SM2-SM3",
        Algorithm::EcdsaP256Sha256 => "ECDSA-P256-SHA256",
    }
}

fn key(key: &VerifyingKey) -> String {
    match key.own() {
        Some(own) => algorithm(own.algorithm()).to_owned(),
        None => key.description(),
    }
}

fn name(name: &Name) -> String {
    let parts = [
        ("CN", name.common_name()),
        ("OU", name.organizational_unit()),
        ("O", name.organization()),
        ("C", name.attribute(gm::oid::COUNTRY)),
    ];
    let known: Vec<String> = parts
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| format!("{key}={value}")))
        .collect();
    if known.is_empty() {
        "（无 none）".to_owned()
    } else {
        known.join(", ")
    }
}

fn key_usage(usage: KeyUsage) -> String {
    let all = [
        (KeyUsage::DIGITAL_SIGNATURE, "数字签名 digitalSignature"),
        (KeyUsage::NON_REPUDIATION, "不可否认 nonRepudiation"),
        (KeyUsage::KEY_CERT_SIGN, "证书签发 keyCertSign"),
        (KeyUsage::CRL_SIGN, "吊销列表签发 cRLSign"),
    ];
    let set: Vec<&str> = all
        .into_iter()
        .filter(|(bit, _)| usage.allows_any(*bit))
        .map(|(_, text)| text)
        .collect();
    set.join("、")
}

fn joined(oids: &[gm::asn1::Oid]) -> String {
    let oids: Vec<String> = oids.iter().map(ToString::to_string).collect();
    oids.join("、")
}
