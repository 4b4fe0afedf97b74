//! The reasons of this service.

service_runtime::reasons! {
    DOMAIN = "seal";

    SEAL_UNKNOWN => NotFound, "没有此印章", "there is no such seal here", "list the seals and use the name of one";
    SEAL_NOT_ACTIVE => FailedPrecondition, "该印章已停用或注销", "the seal is suspended or destroyed", "use an active seal";
    SEAL_OUT_OF_VALIDITY => FailedPrecondition, "印章或签章证书不在有效期内", "the seal or its signer's certificate is not valid at this time", "renew the certificate and make the seal anew";
    SPECIMEN_MISMATCH => FailedPrecondition, "样本标识与签章密钥不一致", "the document's specimen mark and the key's do not agree", "mark documents of development keys as specimens, and no others";
    INTENT_DIGEST_DIFFERS => FailedPrecondition, "该签章意图已用于另一摘要", "the intent was recorded for another digest, profile or seal", "make a new intent for another document";
    SIGNING_REQUEST_MALFORMED => InvalidArgument, "签章请求内容不完整", "the signing request is incomplete", "correct the field that is named";
    BATCH_TOO_LARGE => InvalidArgument, "一次签章请求过多", "too many signing requests in one call", "send at most 256 at a time";
    CEILING_REACHED => ResourceExhausted, "已达签章速率上限", "the rate ceiling of this profile is reached", "retry after a second";
}

service_runtime::failures!(postgres);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_table_is_well_formed_and_short() {
        assert!(REASONS.len() <= 20);
        assert!(REASONS.iter().all(service_runtime::Reason::is_well_formed));
    }
}
