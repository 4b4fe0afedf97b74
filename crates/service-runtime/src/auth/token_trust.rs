//! What verifies tokens, followed from `identity` by every process for itself: its key set and its revocations.
//!
//! A process knows nothing at first, and says so by its health ([`Server::ready_when`](crate::Server::ready_when) with
//! [`TokenTrust::known`]) until it has the first answer to both. It needs nobody for its start: while identity cannot be
//! reached, a mirror that the process kept earlier stands in (docs/decisions/0008).

mod mirror;
mod source;

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use tokio::sync::{Notify, watch};

use self::{mirror::Mirror, source::Source};
use super::{Authenticator, Revocations, SharedKeySet};
use crate::{Lifecycle, Refusal, clock::Clock as _, config::Common, tls::PeerChannel};

/// Keys are fetched anew this often, and when a token names an unknown one.
const REFRESH: Duration = Duration::from_secs(60);
/// The least pause between two questions, whatever tokens name; the longest while there is no answer.
const PAUSE: Duration = Duration::from_secs(1);
/// The first pause while there is no answer.
const IMPATIENT: Duration = Duration::from_millis(50);

/// Keys and revocations of `identity`, as far as this process knows them. Cheap to clone; all clones are one knowledge.
#[derive(Clone)]
pub struct TokenTrust(Arc<Parts>);

struct Parts {
    keys: SharedKeySet,
    revocations: Revocations,
    mirror: Option<Mirror>,
    known: watch::Sender<Known>,
    /// Something is not in the mirror yet.
    changed: Notify,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    keys: bool,
    revocations: bool,
}

impl TokenTrust {
    /// Follows identity over `channel` until the life drains. `common` names the mirror and the clocks.
    pub fn follow(life: &Lifecycle, channel: PeerChannel, common: &Common) -> Self {
        let mirror = common.tokens.mirror.clone();
        let trust = Self(Arc::new(Parts {
            keys: SharedKeySet::new(),
            revocations: Revocations::new(),
            mirror: mirror.map(|settings| Mirror::new(settings, common.clocks.system.clone())),
            known: watch::Sender::default(),
            changed: Notify::new(),
        }));
        let source = Source::new(channel);
        trust.spawn(life, "follow_token_keys", {
            let (trust, source) = (trust.clone(), source.clone());
            async move { trust.follow_keys(&source).await }
        });
        trust.spawn(life, "follow_revocations", {
            let (trust, clock) = (trust.clone(), common.clocks.register.clone());
            async move {
                let forget = || trust.0.revocations.forget_dead(clock.now());
                trust.follow_revocations(&source, forget).await;
            }
        });
        if trust.0.mirror.is_some() {
            let keeping = trust.clone();
            trust.spawn(
                life,
                "mirror_token_trust",
                async move { keeping.keep_mirror().await },
            );
        }
        trust
    }

    /// Verifies tokens by what is followed.
    pub fn authenticator(&self, common: &Common) -> Authenticator {
        Authenticator::new(
            self.0.keys.clone(),
            common.tokens.clone(),
            common.clocks.register.clone(),
            self.0.revocations.clone(),
        )
    }

    /// Returns once identity, or the mirror in its place, has told keys and revocations for the first time.
    pub async fn known(&self) {
        let mut known = self.0.known.subscribe();
        // The sender lives as long as this value.
        let _known = known.wait_for(|known| known.keys && known.revocations).await;
    }

    fn spawn(&self, life: &Lifecycle, task: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let soft = life.soft().clone();
        life.spawn(task, async move {
            soft.run_until_cancelled(work).await;
            Ok::<_, Infallible>(())
        });
    }

    /// Refreshes the key set for ever.
    async fn follow_keys(&self, source: &Source) {
        let mut pause = IMPATIENT;
        loop {
            match source.keys().await {
                Ok(fetched) if self.0.keys.replace(&fetched) > 0 => {
                    self.0.known.send_modify(|known| known.keys = true);
                    if let Some(mirror) = &self.0.mirror {
                        mirror.note_keys(fetched);
                    }
                    self.0.changed.notify_one();
                    let _missed = tokio::time::timeout(REFRESH, self.0.keys.missed()).await;
                    pause = PAUSE;
                }
                Ok(_) => tracing::warn!(job = "follow_token_keys", "identity has no key of use"),
                Err(error) => {
                    tracing::info!(job = "follow_token_keys", %error, "the key set stays as it was");
                    self.stand_in();
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Follows the revocations for ever, resuming by number.
    async fn follow_revocations(&self, source: &Source, forget: impl Fn() -> usize) {
        let (mut after, mut pause) = (0, IMPATIENT);
        loop {
            if let Err(error) = self.follow_feed(source, &mut after, &forget).await {
                tracing::info!(job = "follow_revocations", %error, "the feed was interrupted");
                self.stand_in();
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    async fn follow_feed(
        &self,
        source: &Source,
        after: &mut u64,
        forget: impl Fn() -> usize,
    ) -> Result<(), Refusal> {
        let mut feed = pin!(source.revocations(*after).await?);
        while let Some(news) = feed.next().await {
            let news = news?;
            *after = (*after).max(news.number);
            match news.session {
                Some((session, at)) => {
                    self.0.revocations.revoke_session(session, at);
                    self.0.changed.notify_one();
                }
                None if news.caught_up => self.0.known.send_modify(|known| known.revocations = true),
                None => {}
            }
            forget();
        }
        Ok(())
    }

    /// Identity did not answer: what an earlier life of this process has kept counts, if it knew both and is not too old.
    fn stand_in(&self) {
        let known = *self.0.known.borrow();
        if known.keys && known.revocations {
            return;
        }
        let Some(kept) = self.0.mirror.as_ref().and_then(Mirror::read) else {
            return;
        };
        for (session, at) in kept.sessions {
            self.0.revocations.revoke_session(session, at);
        }
        if !known.keys && self.0.keys.replace(&kept.keys) == 0 {
            return;
        }
        tracing::warn!(kept_at = %kept.kept_at, "identity is away: tokens are verified by the mirror");
        self.0.known.send_replace(Known {
            keys: true,
            revocations: true,
        });
    }

    /// Writes the mirror when something changed and both are known, at most once a second.
    async fn keep_mirror(&self) {
        self.known().await;
        loop {
            self.0.changed.notified().await;
            if let Some(mirror) = &self.0.mirror
                && let Err(error) = mirror.write(self.0.revocations.sessions())
            {
                tracing::warn!(job = "mirror_token_trust", %error, "the mirror stays as it was");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
