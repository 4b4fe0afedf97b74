//! Seals and signed seals.

use seal_format::{Listed, PlainSignature, Seal, SignedSeal, TimeInfo, Version};

use crate::tree::{Node, bytes};
use crate::{certificate, signed_data};

/// A seal file that must first be read.
pub(crate) fn seal_from_der(der: &[u8]) -> Node {
    match Seal::parse(der) {
        Ok(read) => seal(&read),
        Err(error) => Node::of("电子印章", "seal", format!("无法读取 unreadable: {error}")),
    }
}

/// A signature value of an OFD.
pub(crate) fn value_from_der(der: &[u8]) -> Node {
    if let Ok(read) = SignedSeal::parse(der) {
        return signed(&read);
    }
    match PlainSignature::parse(der) {
        Ok(PlainSignature::SignedData(data)) => signed_data::show(&data),
        Ok(PlainSignature::Bare(_)) => Node::of(
            "签名值",
            "signature value",
            format!("SM2，{}，无证书 no certificate", bytes(der.len())),
        ),
        Err(error) => Node::of(
            "签名值",
            "signature value",
            format!("无法读取 unreadable: {error}"),
        ),
    }
}

pub(crate) fn seal(seal: &Seal) -> Node {
    let mut shown = Node::of("电子印章", "seal", standard(seal.version()));
    let picture = seal.picture();
    shown
        .say("名称", "name", seal.name())
        .say("标识", "seal identifier", seal.es_id())
        .say("声明版本", "stated version", seal.stated_version())
        .say("厂商", "vendor", seal.vendor())
        .say("类型", "kind", seal.kind())
        .say("制作时间", "created", seal.created())
        .say("生效", "valid from", seal.valid_from())
        .say("失效", "valid until", seal.valid_until())
        .say(
            "图片",
            "picture",
            format!(
                "{} {} × {} mm，{}",
                picture.format,
                picture.width,
                picture.height,
                bytes(picture.bytes.len())
            ),
        );
    match seal.listed() {
        Listed::Certificates(certificates) => {
            let shown_all = certificates
                .into_iter()
                .map(|der| certificate::from_der("签章人证书", "signer certificate", der));
            shown.extend(shown_all);
        }
        Listed::Digests(digests) => {
            shown.extend(digests.into_iter().map(|(algorithm, digest)| {
                Node::of(
                    "签章人证书摘要",
                    "signer certificate digest",
                    format!("{algorithm} {}", hex::encode(digest)),
                )
            }));
        }
    }
    shown
        .push(certificate::from_der(
            "制章人证书",
            "maker certificate",
            seal.maker_der(),
        ))
        .say(
            "制章签名算法",
            "maker signature algorithm",
            seal.signature_algorithm(),
        )
        .say(
            "制章签名值",
            "maker signature value",
            bytes(seal.signature().len()),
        );
    if let Some(token) = seal.time_stamp() {
        shown.push(signed_data::time_stamp(token));
    }
    shown
}

pub(crate) fn signed(signed: &SignedSeal) -> Node {
    let mut shown = Node::of("电子签章", "signed seal", standard(signed.version()));
    let time = match signed.time_info() {
        TimeInfo::Stated(time) => Node::of("自述签章时间", "claimed signing time", time),
        TimeInfo::Token(token) => signed_data::time_stamp(token),
        TimeInfo::Unreadable => Node::of("签章时间", "signing time", "无法读取 unreadable"),
    };
    shown
        .push(time)
        .say("数据摘要", "data hash", hex::encode(signed.data_hash()))
        .say("签名属性", "property info", signed.property_info())
        .say("签名算法", "signature algorithm", signed.signature_algorithm())
        .say("签名值", "signature value", bytes(signed.signature().len()))
        .push(certificate::from_der(
            "签章人证书",
            "signer certificate",
            signed.signer_der(),
        ));
    if let Some(token) = signed.time_stamp() {
        shown.push(signed_data::time_stamp(token));
    }
    shown.push(seal(signed.seal()));
    shown
}

const fn standard(version: Version) -> &'static str {
    match version {
        Version::V1 => "GM/T 0031-2014 (v1)",
        Version::V4 => "GB/T 38540-2020 (v4)",
        Version::V5 => "GM/T 0031-2025 (v5)",
    }
}
