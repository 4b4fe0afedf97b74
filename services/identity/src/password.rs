//! Passwords: Argon2id away from the async threads, bounded in parallel, with equal work for accounts that do not exist.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use service_runtime::Refusal;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::error::Error;

/// Fewest characters of a password.
pub(crate) const MIN_CHARACTERS: usize = 12;
/// Most bytes: nobody types more, and hashing is paid per byte.
const MAX_BYTES: usize = 512;
/// OWASP's second recommended set: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A password as typed; wiped when dropped, never printed.
pub(crate) struct Password(Zeroizing<String>);

impl Password {
    /// Takes a password over as it came.
    #[must_use]
    pub(crate) fn new(typed: String) -> Self {
        Self(Zeroizing::new(typed))
    }

    /// Fails unless the password may be chosen by the person with this document number.
    ///
    /// # Errors
    /// Too short, too long, one repeated character, or with the document number inside.
    pub(crate) fn check_choice(&self, document_number: &str) -> Result<(), Refusal> {
        let refuse = |problem: &str| Err(Refusal::invalid("password", problem));
        if self.0.chars().count() < MIN_CHARACTERS {
            return refuse("PASSWORD_TOO_SHORT: 密码至少12个字符 / at least 12 characters");
        }
        if self.0.len() > MAX_BYTES {
            return refuse("PASSWORD_TOO_LONG: 密码过长 / at most 512 bytes");
        }
        let mut characters = self.0.chars();
        let first = characters.next();
        if characters.all(|character| Some(character) == first) {
            return refuse("PASSWORD_TOO_WEAK: 密码过于简单 / one character repeated");
        }
        if self.0.to_uppercase().contains(document_number) {
            return refuse("PASSWORD_TOO_WEAK: 密码不得包含证件号码 / contains the document number");
        }
        Ok(())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

/// Hashes and verifies passwords. Cheap to clone; clones share the bound on parallel work.
#[derive(Clone)]
pub(crate) struct Passwords {
    permits: Arc<Semaphore>,
    /// Verified against when there is no account, so that the answer takes as long.
    decoy: Arc<str>,
}

impl Passwords {
    /// At most `parallel` hashes at a time (each takes 19 MiB and a core for some milliseconds).
    ///
    /// # Errors
    /// The random source or the parameters fail.
    pub(crate) fn new(parallel: usize) -> Result<Self, Error> {
        let decoy = hash(b"no account has this password")?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(parallel)),
            decoy: decoy.into(),
        })
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// The random source fails, or the process is stopping.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Error> {
        self.work(move || hash(password.0.as_bytes())).await?
    }

    /// Whether the password is the one of `stored`; without one the same work is done and the answer is no.
    ///
    /// # Errors
    /// The stored hash cannot be read, or the process is stopping.
    pub(crate) async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, Error> {
        let decoy = Arc::clone(&self.decoy);
        self.work(move || {
            let against = stored.as_deref().unwrap_or(&decoy);
            let parsed =
                PasswordHash::new(against).map_err(|_| Error::internal("a password hash cannot be read"))?;
            // Longer ones were never accepted; hashing them would only cost.
            let typed = password.0.as_bytes();
            let typed = typed.get(..typed.len().min(MAX_BYTES + 1)).unwrap_or(typed);
            let matches = hasher()?.verify_password(typed, &parsed).is_ok();
            Ok(matches && stored.is_some())
        })
        .await?
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _held_while_working = permit;
            work()
        });
        done.await.map_err(Error::internal)
    }
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8]) -> Result<String, Error> {
    Ok(hasher()?
        .hash_password(password)
        .map_err(Error::internal)?
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_an_existing_account_is_accepted() {
        let passwords = Passwords::new(2).expect("parameters are valid");
        let stored = passwords
            .hash(Password::new("correct horse battery".to_owned()))
            .await
            .expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let verify =
            |typed: &str, stored: Option<String>| passwords.verify(Password::new(typed.to_owned()), stored);
        assert!(
            verify("correct horse battery", Some(stored.clone()))
                .await
                .expect("verified")
        );
        assert!(
            !verify("correct horse batterz", Some(stored))
                .await
                .expect("verified")
        );
        assert!(
            !verify("no account has this password", None)
                .await
                .expect("verified")
        );
    }

    #[test]
    fn weak_choices_are_refused_by_field() {
        for typed in ["short", "aaaaaaaaaaaaaaaa", "my 320205199003070011!"] {
            let refused = Password::new(typed.to_owned()).check_choice("320205199003070011");
            assert!(refused.is_err(), "{typed}");
        }
        assert!(
            Password::new("长城内外惟余莽莽大河上下".to_owned())
                .check_choice("X")
                .is_ok()
        );
    }
}
