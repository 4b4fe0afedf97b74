//! Signed data: CMS and GB/T 35275, time stamps among them.

use gm::signed_data::{SignedData, SignerInfo};
use gm::{oid, timestamp};

use crate::certificate;
use crate::tree::{Node, bytes};

/// Time stamps within signed data within time stamps are followed so far.
const DEEPEST: u8 = 3;

pub(crate) fn show(data: &SignedData) -> Node {
    shown(data, 0)
}

/// A time-stamp token.
pub(crate) fn time_stamp(token: &[u8]) -> Node {
    stamp(token, 0)
}

fn shown(data: &SignedData, depth: u8) -> Node {
    let kind = if data.kind == oid::GM_SIGNED_DATA {
        "GB/T 35275"
    } else {
        "CMS"
    };
    let mut shown = Node::of("签名数据", "signed data", kind);
    shown
        .say("内容类型", "content type", data.content_type)
        .say_if(
            "内容",
            "content",
            data.content().map(|content| bytes(content.len())),
        )
        .extend(data.certificates.iter().map(certificate::show))
        .extend(data.signers.iter().map(|one| signer(data, one, depth)));
    shown
}

fn signer(data: &SignedData, signer: &SignerInfo, depth: u8) -> Node {
    let mut shown = Node::new("签名者", "signer");
    let certificate = data.certificate_of(signer);
    let name = certificate.and_then(|certificate| certificate.subject().common_name());
    shown
        .say("证书", "certificate", name.unwrap_or("不在其中 not inside"))
        .say("摘要算法", "digest algorithm", signer.digest_algorithm)
        .say("签名算法", "signature algorithm", signer.signature_algorithm)
        .say_if(
            "内容摘要",
            "message digest",
            data.message_digest(signer).map(hex::encode),
        );
    let time = data
        .signed_attribute(signer, oid::SIGNING_TIME)
        .and_then(|mut value| value.time().ok());
    shown.say_if("自述签名时间", "claimed signing time", time);
    if data
        .signed_attribute(signer, oid::SIGNING_CERTIFICATE_V2)
        .is_some()
    {
        shown.say("签名证书属性", "signing certificate", "v2");
    }
    shown.say(
        "签名值",
        "signature value",
        bytes(data.signature_value(signer).len()),
    );
    if let Some(mut token) = data.unsigned_attribute(signer, oid::SIGNATURE_TIME_STAMP) {
        match token.any() {
            Ok(token) => shown.push(stamp(token.raw(), depth)),
            Err(error) => shown.say("时间戳", "time stamp", format!("无法读取 unreadable: {error}")),
        };
    }
    shown
}

fn stamp(token: &[u8], depth: u8) -> Node {
    let mut shown_stamp = Node::new("时间戳", "time stamp");
    match SignedData::parse(token) {
        Err(error) => shown_stamp.value = Some(format!("无法读取 unreadable: {error}")),
        Ok(_) if depth >= DEEPEST => shown_stamp.value = Some("嵌套过深 nested too deep".to_owned()),
        Ok(data) => {
            shown_stamp
                .say_if("时间", "time", timestamp::stated_time(token))
                .push(shown(&data, depth + 1));
        }
    }
    shown_stamp
}
