//! The reasons of this service.

use domain::reason::Reason as _;

service_runtime::reasons! {
    DOMAIN = "seal";

    SEAL_UNKNOWN => NotFound, "没有此印章", "there is no such seal here", "list the seals and use the name of one";
    SEAL_NOT_ACTIVE => FailedPrecondition, "该印章未备案、已停用或注销", "the seal is not filed yet, suspended or destroyed", "use an active seal";
    SEAL_REMADE => FailedPrecondition, "文件所载印章已换发且原密钥已销毁", "the document carries an earlier making of the seal, whose key is gone", "render the document again with the present seal";
    SEAL_OUT_OF_VALIDITY => FailedPrecondition, "印章或签章证书不在有效期内", "the seal or its signer's certificate is not valid at this time", "renew the certificate and make the seal anew";
    SPECIMEN_MISMATCH => FailedPrecondition, "样本标识与签章密钥不一致", "the document's specimen mark and the key's do not agree", "mark documents of development keys as specimens, and no others";
    INTENT_DIGEST_DIFFERS => FailedPrecondition, "该签章意图已用于另一摘要", "the intent was recorded for another digest, profile or seal", "make a new intent for another document";
    LEAF_NOT_LOGGED => FailedPrecondition, "证书版本尚未载入透明日志", "the request proves no leaf of the transparency log", "send the inclusion proof of the version's leaf under a checkpoint of the log";
    SIGNING_REQUEST_MALFORMED => InvalidArgument, "签章请求内容不完整", "the signing request is incomplete", "correct the field that is named";
    BATCH_TOO_LARGE => InvalidArgument, "一次签章请求过多", "too many signing requests in one call", "send at most 256 at a time";
    CEILING_REACHED => ResourceExhausted, "已达签章速率上限", "the rate ceiling of this profile is reached", "retry after a second";
    KEY_UNAVAILABLE => Unavailable, "签章密钥或电子印章平台暂不可用", "the key's module or the e-seal platform does not answer, or has not the key", "retry; an officer looks at module and platform";
    PLATFORM_REFUSED => FailedPrecondition, "电子印章平台拒绝签章", "the external e-seal platform refuses", "read the platform's words in the detail";
    PLATFORM_ANSWER_INVALID => FailedPrecondition, "签章结果与请求不符", "what the backend returned is not what was asked for; nothing of it is kept", "an officer asks the platform's operator";
    SIGNER_CHANGED => FailedPrecondition, "电子印章平台所用签章证书与备案不一致", "the platform signs with another certificate than the one on file", "an officer checks it and renews the seal (RenewSeal)";
    SEAL_ACT_REFUSED => FailedPrecondition, "印章现状不允许此项操作", "the seal's state, or the officer's part in it, does not allow the act", "read text_zh and article of the metadata";
    SEAL_CONTENT_INVALID => InvalidArgument, "印章、证书或申请内容不符合要求", "seal, certificates or request are not taken", "correct what is named";
}

service_runtime::failures!(postgres);

impl From<domain::seal::SealRefused> for Error {
    fn from(refused: domain::seal::SealRefused) -> Self {
        let text = refused.text();
        let reason = service_runtime::Reason {
            name: refused.reason(),
            ..SEAL_ACT_REFUSED
        };
        reason
            .refusal()
            .metadata("article", refused.article())
            .metadata("text_zh", text.zh)
            .metadata("text_en", text.en)
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_table_is_well_formed_and_short() {
        assert!(REASONS.len() <= 20);
        assert!(REASONS.iter().all(service_runtime::Reason::is_well_formed));
    }
}
