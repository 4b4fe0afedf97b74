//! Who calls, what they may call, and whose rows they may touch.
//!
//! Three steps, all here and nowhere else: the connection's certificate gives a [`Peer`](crate::tls::Peer); a bearer
//! token, if sent, is verified and must be bound to that certificate; the method's [`Allow`] entry decides, and what
//! it allows becomes the [`Scope`]. A call with a token has the rights of the token's subject only, never those of
//! the process that carries it. A stream that was let in ends when its session or certificate is revoked, and five
//! minutes after its token at the latest.

mod allow;
mod authenticator;
mod caller;
mod claims;
mod keys;
mod layer;
mod revocations;
mod scope;
mod token;
mod token_trust;

pub use allow::{Allow, AllowList, AllowListError, Rule};
pub use authenticator::Authenticator;
pub use caller::Caller;
pub use claims::{AuthLevel, Claims, Confirmation, EmployerGrant, RoleGrant, TokenKind};
pub use keys::{KeySet, NoKeys, PublicJwk, SharedKeySet, VerifyingKey};
pub(crate) use layer::{Admission, AuthLayer};
pub use revocations::Revocations;
pub use scope::{JobName, RowFilter, Scope, ScopeKind};
pub use token::{LONGEST_LIFETIME, SignerError, TokenSigner};
pub use token_trust::TokenTrust;

#[cfg(test)]
mod tests;
