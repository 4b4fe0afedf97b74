//! The reasons of this service.

service_runtime::reasons! {
    DOMAIN = "verification";

    SUBJECT_MISSING => InvalidArgument, "请提供注册编号、证件号码、电子证照标识或二维码之一", "the request names nothing to verify", "give one of registration_number, document_number, licence_identifier, qr_token";
    SUBJECT_MALFORMED => InvalidArgument, "所给的编号格式不正确", "what is to be verified is malformed", "correct the field that is named; the metadata tell the rule";
    FULL_NAME_REQUIRED => InvalidArgument, "按证件号码查询须同时提供姓名", "a look-up by document number needs the full name as well", "give full_name, or call as a backend with the scope verify:document-number";
    PURPOSE_REQUIRED => InvalidArgument, "仅凭证件号码查询须说明用途", "a look-up by document number alone needs a purpose", "state why you ask in at most 200 characters";
    NOT_CAUGHT_UP => Unavailable, "本副本正在读取登记册", "this replica has not read the register yet", "retry shortly, or ask another replica";
    INSTANT_IN_FUTURE => InvalidArgument, "不能查询将来的状态", "what is asked about is not yet", "give instants that are past; ask without them about the present";
    BEFORE_REGISTER => FailedPrecondition, "所查时间早于登记册的起始时间", "the register had not begun at the instant asked about", "ask about an instant after began_at of the metadata";
    FILE_TOO_LARGE => OutOfRange, "文件过大", "the file is larger than this service reads", "verify files of at most 20 MiB";
    NOT_GRANTED => PermissionDenied, "未授予所请求的订阅范围", "the subscription asks for what no scope of the token grants", "ask for less, or have `feed:province:NN`, `feed:employer:CODE` or `feed:all` granted";
    POSITION_NOT_KEPT => OutOfRange, "所续接的位置已不再保留", "the changes after this position are no longer kept here", "subscribe without a position: the whole picture comes first; the metadata say after which position changes are kept";
    FEED_DIVERGED => FailedPrecondition, "登记册在该位置之后的历史已不同，请重新取得全量", "this replica has another history after this position, or has not come so far: the register was restored, or the replica is behind", "try another replica; if it says the same, subscribe without a position";
    UPLOAD_MALFORMED => InvalidArgument, "上传内容的次序不正确", "the upload is not a header followed by chunks", "send one header first, then the bytes of the file";
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
