//! Reasons that every service may give.

crate::reasons! {
    @table "jianzheng";

    INTERNAL => Internal, "系统内部错误，请凭事件编号联系运维", "internal error", "retry later; quote the incident id of the metadata to the operator";
    INVALID_ARGUMENT => InvalidArgument, "请求内容不符合要求", "the request is not valid", "correct the fields that the violations name";
    NOT_FOUND => NotFound, "未找到所请求的记录，或无权查看", "there is no such resource, or it is not yours to see", "check the name; ExplainAvailability tells where a certificate stands";
    ALREADY_EXISTS => AlreadyExists, "该记录已存在", "the resource exists already", "read it instead of making it";
    PERMISSION_DENIED => PermissionDenied, "无权进行此项操作", "this act is not yours to perform", "ask an officer for the role, or act as the person concerned";
    ILLEGAL_STATE => FailedPrecondition, "当前状态不允许此项操作", "the resource's state does not allow this act", "read the resource and act on its present state";
    CONCURRENT_CHANGE => Aborted, "记录刚被他人修改", "someone else has just changed the resource", "read it again and repeat";
    REQUEST_ID_MISSING => InvalidArgument, "缺少 request_id（UUID）", "every write carries a request_id, which is a UUID", "send a fresh random UUID, and the same one when repeating the call";
    REQUEST_ID_REUSED => AlreadyExists, "request_id 已用于另一请求", "the request_id was used for another request or by another caller", "use a fresh UUID for each different request";
    PAGE_TOKEN_INVALID => InvalidArgument, "分页标记无效", "the page token does not belong to this query", "start again without a page token, keeping the other fields equal";
    PAYLOAD_TOO_LARGE => OutOfRange, "请求内容过大", "the message is larger than this method accepts", "send less, or use the streaming method";
    MIN_POSITION_TIMEOUT => Unavailable, "数据尚未同步到所要求的位置", "this replica has not reached min_position in time", "retry shortly";
    STALE => Unavailable, "数据已过时效，暂不能作出结论", "the data are past their freshness bound, so nothing can be said", "retry shortly, or set allow_stale";
    OVERLOADED => ResourceExhausted, "系统繁忙，请稍后重试", "the service is at its limit of calls in flight", "retry after the delay of RetryInfo";
    RATE_LIMITED => ResourceExhausted, "请求过于频繁", "too many calls of this kind", "retry after the delay of RetryInfo";
    DEADLINE_EXCEEDED => DeadlineExceeded, "处理超时", "the call did not end within its deadline", "retry with the same request_id";
    DRAINING => Unavailable, "服务正在停止，请重试", "this process is shutting down", "retry: another process answers";
    PEER_UNAVAILABLE => Unavailable, "所依赖的服务暂不可用", "a service that this call depends on does not answer", "retry shortly with the same request_id";
    RESTORING => Unavailable, "系统正在由备份恢复，暂停办理", "the register is being restored from a backup and takes nothing until it agrees with what others hold", "try again later; nothing that was acknowledged is lost";
    CANCELLED => Cancelled, "调用已取消", "the call was cancelled", "repeat it if it is still wanted";
    METHOD_UNKNOWN => Unimplemented, "没有此方法", "there is no such method here", "check the method name and the address";
    TOKEN_EXPIRED => Unauthenticated, "访问令牌已过期", "the access token has expired", "refresh the session and retry";
    TOKEN_FOREIGN => Unauthenticated, "访问令牌并非签发给本系统", "the access token was issued by or for someone else", "take a token from this system's identity service";
    TOKEN_UNBOUND => Unauthenticated, "访问令牌与当前连接的证书不符", "the access token is not bound to the certificate of this connection", "use the token over the connection for which it was issued";
    TOKEN_INVALID => Unauthenticated, "访问令牌无效", "the access token cannot be read or was revoked", "sign in again";
    TOKEN_KEYS_MISSING => Unavailable, "尚未取得令牌验证密钥", "the keys that verify access tokens are not known yet", "retry shortly";
    CALLER_NOT_ALLOWED => PermissionDenied, "调用方无权调用此方法", "this caller may not call this method", "call with the identity or role that the method asks for";
    SECOND_FACTOR_REQUIRED => Unauthenticated, "需要完成二次验证", "this method asks for a second factor", "complete VerifySecondFactor and retry";
    STEP_UP_REQUIRED => Unauthenticated, "需要重新验证身份", "this method asks for a recent second factor", "call StepUp and retry with the new token";
    PEER_IDENTITY_INVALID => Unauthenticated, "客户端证书的身份无效", "the client certificate does not carry one identity that this listener accepts", "use a certificate issued for this system";
}
