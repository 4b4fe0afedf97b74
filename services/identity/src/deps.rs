//! What commands and queries work with.

use postgres::{Database, ReadDatabase};
use service_runtime::auth::Revocations;
use service_runtime::clock::RegisterClock;
use tokio::sync::Notify;

use crate::config::Rules;
use crate::password::Passwords;
use crate::sealing::Sealing;
use crate::token_keys::TokenKeys;

/// One per process, shared by every call.
pub(crate) struct Deps {
    /// Changes.
    pub(crate) database: Database,
    /// Reads.
    pub(crate) read: ReadDatabase,
    /// The clock that sessions, tokens and codes go by.
    pub(crate) clock: RegisterClock,
    /// Keys of personal data.
    pub(crate) sealing: Sealing,
    /// Hashing of passwords.
    pub(crate) passwords: Passwords,
    /// Keys that sign tokens.
    pub(crate) token_keys: TokenKeys,
    /// Who issues tokens: this service.
    pub(crate) issuer: String,
    /// What the operator set.
    pub(crate) rules: Rules,
    /// What this process itself refuses tokens by.
    pub(crate) revocations: Revocations,
    /// Wakes the follower of revocations after a change here.
    pub(crate) revoked: Notify,
}
