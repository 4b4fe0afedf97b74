//! The reasons of this service, and the one error its commands and queries return.
//!
//! Why a claim or clearance is not given, and why a province's stream stands, are answers and no errors: see
//! [`crate::command::request_clearance::NotCleared`] and [`crate::event::Stop`].

service_runtime::reasons! {
    DOMAIN = "issuance";

    PROVINCE_MISMATCH => PermissionDenied, "省级系统只能代表本省", "a province speaks for itself alone", "name applications and envelopes of your own province";
    PROVINCE_NOT_ENROLLED => FailedPrecondition, "该省尚未接入全国系统", "the nation has no exchange key of this province", "have the operator enrol the province's key";
    EXCHANGE_MALFORMED => InvalidArgument, "交换请求内容不符合要求", "a field of the exchange message says nothing the register knows", "correct the field that is named";
    BATCH_TOO_LARGE => InvalidArgument, "批次为空或过大", "the batch is empty or too large", "send between 1 and 500 at a time";
    CLAIM_OF_ANOTHER => FailedPrecondition, "该申请的占位信息与原先不一致", "the application was claimed for another person or type", "make a new application";
    // Acts of the nation.
    ACT_REFUSED => FailedPrecondition, "按现行规定不能办理此项操作", "the rules do not allow this act now", "read text_zh, text_en and article of the metadata";
    EVIDENCE_REFUSED => InvalidArgument, "决定文书不符合要求或与所声明的摘要不一致", "the decision is not taken, or has another digest than was announced", "hand in a PDF, OFD, JPEG or PNG with its SM3 digest";
    CLEARANCE_OPEN => FailedPrecondition, "该人员有已核准待公告的申请", "an application of the person is cleared and will be announced first", "confirm it after the announcement, at the latest after announce_by";
    // Reasons of the issuing room.
    CERTIFICATE_SUPERSEDED => FailedPrecondition, "该证书版本已被替代或已终止", "this version was superseded, or its registration has ended", "use the current version";
    CERTIFICATE_BEING_MADE => Unavailable, "证书正在制作", "the documents of this version are being made", "retry shortly";
    CERTIFICATE_SUSPENDED => FailedPrecondition, "注册证书暂扣期间不得下载证书或办理加注件", "the certificate is suspended; nothing of it is downloaded or copied meanwhile", "come back after suspended_until of the metadata, or once it is returned (暂扣发还)";
    CERTIFICATE_OVER_AGE => FailedPrecondition, "持证人已超过注册年龄上限", "the holder is past the age of registration", "nothing can be made of this certificate any more";
    NO_LIVING_SPECIALTY => FailedPrecondition, "没有有效期内的注册专业", "no specialty is within its term", "renew the registration first";
    USE_COPY_BEING_MADE => Unavailable, "加注件正在制作", "the use copy is being made", "retry shortly";
    USE_COPY_ENDED => FailedPrecondition, "加注件使用期限已过", "the use period of the copy has ended", "make a new copy";
    USE_COPY_REVOKED => FailedPrecondition, "加注件已作废", "the use copy was revoked", "make a new copy";
    USE_COPY_LIMIT_REACHED => ResourceExhausted, "当日加注次数已达上限", "no more copies of this version can be made today", "use a copy made today, or come back tomorrow";
    PROOF_BEING_MADE => Unavailable, "存证证明正在形成", "no quorum of witnesses has seen the log as far as this file yet", "retry shortly";
    CHARACTER_NOT_DRAWABLE => InvalidArgument, "含有无法显示的字符", "no font of the certificate has a character", "replace the characters whose code points are named";
    TEXT_DOES_NOT_FIT => InvalidArgument, "加注内容过长", "the annotation does not fit its place", "shorten purpose reference or recipient";
}

service_runtime::failures!(postgres);

/// A rule of the domain under its own stable name; `class` gives code and advice.
pub(crate) fn ruled(class: service_runtime::Reason, fault: &impl domain::reason::Reason) -> Error {
    refusal_of(class, fault).into()
}

/// As [`ruled`], for whoever has more to say.
pub(crate) fn refusal_of(
    class: service_runtime::Reason,
    fault: &impl domain::reason::Reason,
) -> service_runtime::Refusal {
    let text = fault.text();
    let reason = service_runtime::Reason {
        name: fault.reason(),
        ..class
    };
    let refusal = reason.refusal().metadata("article", fault.article());
    refusal.metadata("text_zh", text.zh).metadata("text_en", text.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_table_is_well_formed_and_short() {
        assert!(REASONS.len() <= 20, "{}", REASONS.len());
        assert!(REASONS.iter().all(service_runtime::Reason::is_well_formed));
    }
}
