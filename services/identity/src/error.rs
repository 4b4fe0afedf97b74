//! The reasons of this service, and the one error its commands and queries return.

service_runtime::reasons! {
    DOMAIN = "identity";

    REAL_NAME_MISMATCH => FailedPrecondition, "姓名与证件号码核验不一致", "name and document number are not on record together", "check both against the document; if they are right, ask the real-name authority to correct its record";
    ACCOUNT_EXISTS => AlreadyExists, "该证件持有人已开立账户", "the person already has an account", "sign in with it";
    IDENTITY_UNCHANGED => FailedPrecondition, "实名信息没有变化", "the account says all of this already", "if the register says something else, apply for a correction (信息更正)";
    DOCUMENT_NOT_SUCCESSOR => FailedPrecondition, "实名登记中未记载该证件替代您现用的证件", "the record does not name this document as the successor of the present one", "ask the real-name authority to record which document it took the place of";
    DOCUMENT_OF_ANOTHER => FailedPrecondition, "该证件已登记在另一账户或已被替代", "the document belongs to another account, or was itself replaced", "sign in with that account, or ask the help desk to join the two";
    SIGN_IN_FAILED => Unauthenticated, "证件号码或密码不正确", "document number or password is wrong", "check both and try again";
    ATTEMPTS_LOCKED => ResourceExhausted, "尝试次数过多，请稍后再试", "too many failed attempts", "wait for the delay of RetryInfo";
    ACCOUNT_NOT_ACTIVE => FailedPrecondition, "账户尚未启用：请先确认动态口令", "the account's second factor is not confirmed yet", "call ConfirmSecondFactor with the first code of the authenticator";
    SECOND_FACTOR_INVALID => Unauthenticated, "动态口令不正确", "the code of the second factor is wrong", "check the clock of the authenticator and enter its present code";
    SECOND_FACTOR_USED => Unauthenticated, "该动态口令已使用过，请等待下一个", "this code was used already", "wait for the authenticator's next code";
    SESSION_ENDED => Unauthenticated, "会话已结束，请重新登录", "the session has ended or was revoked", "sign in again";
    AUDIENCE_UNKNOWN => InvalidArgument, "所请求的令牌受众不存在", "no deployment has this audience", "ask for `nation` or `provinces/NN`";
    EMPLOYER_EXISTS => AlreadyExists, "该统一社会信用代码的企业已登记", "an employer with this credit code is registered already", "read it with GetEmployer and the credit code";
    EMPLOYER_FACTS_UNDATED => FailedPrecondition, "起始日不得晚于今天，也不得早于现行登记事项的起始日", "facts begin neither after today nor before those that hold now", "read the dated facts with ListEmployerFacts";
    INVITATION_INVALID => FailedPrecondition, "邀请码无效、已使用或已过期", "the invitation code is unknown, used or expired", "ask a registrar of the employer for a new invitation";
    AUTHORITY_UNKNOWN => InvalidArgument, "没有此机关", "there is no such authority", "use provinces/NN, ministry, or one of the joint reviewers ministries/…";
    CLIENT_NOT_REGISTERED => PermissionDenied, "该系统尚未登记", "this backend is not registered", "ask a national administrator to register it";
    SCOPE_NOT_GRANTED => PermissionDenied, "未授予所请求的权限范围", "a scope was asked for that the backend was not granted", "ask for fewer scopes, or have them granted";
    ANSWER_NOT_REPEATED => FailedPrecondition, "该请求已执行，其结果含密钥，不再重复给出", "the request was carried out; its answer held a secret and is not given again", "start over with a fresh request_id";
}

service_runtime::failures!(postgres);

/// How a rule of the domain reads as a field violation: `REASON: 中文 / English`.
#[must_use]
pub(crate) fn violation(fault: &impl domain::reason::Reason) -> String {
    let text = fault.text();
    format!("{}: {} / {}", fault.reason(), text.zh, text.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_table_is_well_formed_and_short() {
        assert!(REASONS.len() <= 20, "{}", REASONS.len());
        for reason in REASONS {
            assert!(reason.is_well_formed(), "{}", reason.name);
        }
    }

    #[test]
    fn a_field_violation_names_the_rule_and_never_the_text_that_broke_it() {
        let fault = domain::document_number::DocumentNumberError::CheckDigit;
        let text = violation(&fault);
        assert!(text.starts_with("DOCUMENT_NUMBER_CHECK_DIGIT: "), "{text}");
    }
}
