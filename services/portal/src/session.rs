//! People who are signed in at the desk (办事). Kept in this process's memory and nowhere else: a portal that restarts
//! has them sign in again. A browser holds nothing but a random name; tokens never leave the process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

/// Signed in and idle for this long, somebody is signed out.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// More people than one portal serves at a time; beyond, the longest idle one is signed out.
const MOST: usize = 10_000;

/// What identity gave to somebody who signed in. Refreshing takes turns: a refresh token is used once.
pub(crate) struct Session {
    pub(crate) tokens: tokio::sync::Mutex<Tokens>,
    /// Hidden in every form: a form that was not ours has it not.
    pub(crate) form_key: String,
    /// Employers for which the person registers, `employers/{employer}`, as the token says.
    pub(crate) employers: Vec<String>,
}

/// Access and refresh token.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Everybody who is signed in.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<Open>>);

/// By the name that the browser keeps: when they were last seen, and who it is.
type Open = HashMap<String, (Instant, Arc<Session>)>;

impl Sessions {
    /// Signs somebody in; the name that the browser keeps.
    pub(crate) fn open(&self, tokens: Tokens, employers: Vec<String>) -> String {
        let (name, form_key) = (random(), random());
        let session = Session {
            tokens: tokio::sync::Mutex::new(tokens),
            form_key,
            employers,
        };
        let (mut sessions, now) = (self.0.lock(), Instant::now());
        sessions.retain(|_, (seen, _)| now.duration_since(*seen) < IDLE);
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, (seen, _))| *seen);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                sessions.remove(&name);
            }
        }
        sessions.insert(name.clone(), (now, Arc::new(session)));
        name
    }

    /// Who is behind a name, if they are still signed in.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Session>> {
        let (mut sessions, now) = (self.0.lock(), Instant::now());
        let (seen, session) = sessions.get_mut(name)?;
        if now.duration_since(*seen) >= IDLE {
            sessions.remove(name);
            return None;
        }
        *seen = now;
        Some(Arc::clone(session))
    }

    /// Signs somebody out here.
    pub(crate) fn close(&self, name: &str) {
        self.0.lock().remove(name);
    }
}

/// 244 random bits.
fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
