/// Declares `Error`: why a command or query of a service did not do what was asked. The crate of the database is named,
/// since this one knows none: `service_runtime::failures!(postgres);`
///
/// A service that has more to say of its failures declares its own.
#[macro_export]
macro_rules! failures {
    ($database:ident) => {
        /// Why a command or query did not do what was asked.
        #[derive(Debug, thiserror::Error)]
        pub(crate) enum Error {
            /// Refused, for a reason that the caller learns.
            #[error("{0}")]
            Refused(#[from] $crate::Refusal),
            /// The database's failure.
            #[error(transparent)]
            Database(#[from] $database::Error),
            /// A defect or a broken row; the caller learns an incident id only.
            #[error("{0}")]
            Internal(String),
        }

        impl From<$crate::Reason> for Error {
            fn from(reason: $crate::Reason) -> Self {
                Self::Refused(reason.refusal())
            }
        }

        impl $database::TransactionError for Error {
            fn database(&self) -> Option<&$database::Error> {
                match self {
                    Self::Database(error) => Some(error),
                    Self::Refused(_) | Self::Internal(_) => None,
                }
            }
        }

        impl Error {
            /// A defect, worded for the log; nothing personal goes into the text.
            pub(crate) fn internal(what: impl std::fmt::Display) -> Self {
                Self::Internal(what.to_string())
            }

            /// What crosses the wire.
            #[track_caller]
            pub(crate) fn into_refusal(self) -> $crate::Refusal {
                match self {
                    Self::Refused(refusal) => refusal,
                    Self::Database($database::Error::RequestIdReused) => {
                        $crate::error::REQUEST_ID_REUSED.refusal()
                    }
                    Self::Database(error) if error.is_unavailable() => {
                        $crate::Refusal::database_unavailable(error)
                    }
                    Self::Database(error) => $crate::Refusal::internal(error),
                    Self::Internal(what) => $crate::Refusal::internal(what),
                }
            }
        }
    };
}
