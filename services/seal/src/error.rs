//! The reasons of this service.

use service_runtime::Refusal;

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

/// Why a command or query did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Refused, for a reason that the caller learns.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The database's failure.
    #[error(transparent)]
    Database(#[from] postgres::Error),
    /// A defect; the caller learns an incident id only.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// What crosses the wire.
    #[track_caller]
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Database(error) if error.is_unavailable() => {
                Refusal::new(service_runtime::error::OVERLOADED)
                    .retry_after(std::time::Duration::from_secs(1))
            }
            Self::Database(error) => Refusal::internal(error),
            Self::Internal(what) => Refusal::internal(what),
        }
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
