//! Registrations that a backend may see, as they change. Decision 0033.

mod filter;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::register::EndCause;
use domain::standing::{Since, SpecialtyStanding, VersionStanding};
use futures_util::{Stream, stream};
use jiff::Timestamp;
use service_runtime::clock::Clock as _;
use service_runtime::error::TOKEN_EXPIRED;
use tokio::time::Instant;

use super::judge::standing;
use super::{Asking, overloaded, settle};
use crate::deps::Deps;
use crate::error::{Error, FEED_DIVERGED, POSITION_NOT_KEPT};
use crate::limits::Seat;
use crate::model::recent::{Held, Kind, Lost, Told};
use crate::model::{Model, Person, Slot};
use crate::records::{Answered, Record, SubjectKind};

pub(crate) use filter::{Filter, Granted};

/// One message to a subscriber.
pub(crate) struct Message {
    /// Up to here everything is told; 0 while the picture is not complete.
    pub(crate) position: u64,
    pub(crate) anchor: Vec<u8>,
    pub(crate) what: What,
}

/// What a subscriber gets.
pub(crate) enum What {
    Registration(Box<Watched>),
    /// By its number.
    Departed(String),
    PictureComplete,
    Heartbeat(Timestamp),
}

/// How a registration stands.
pub(crate) struct Watched {
    pub(crate) number: String,
    pub(crate) status: domain::register::StatusCode,
    pub(crate) since: Option<Since>,
    pub(crate) province: &'static str,
    pub(crate) employer: String,
    pub(crate) employer_code: String,
    pub(crate) specialties: Vec<SpecialtyStanding>,
    pub(crate) licence: String,
    /// Only where names were granted.
    pub(crate) family_name: String,
    /// None in the first picture.
    pub(crate) change: Option<Kind>,
}

impl Watched {
    /// What ended it, where that is told to all.
    pub(crate) fn end_cause(&self) -> Option<EndCause> {
        let cause = self.since.and_then(|since| since.cause);
        cause.filter(|cause| cause.is_told_to_all())
    }
}

/// What is subscribed to.
pub(crate) struct Input {
    pub(crate) after: u64,
    pub(crate) anchor: Vec<u8>,
    pub(crate) filter: Filter,
    /// Which changes; empty for all.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) asking: Asking,
    /// When the token ends, and the stream with it.
    pub(crate) ends_at: Timestamp,
}

/// Heartbeats come at least so often while the replica is fresh.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// A feed that says nothing wakes nobody: the token is looked at all the same.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Changes looked at, and people of the picture, before messages are sent.
const BATCH: usize = 1000;

struct Watcher {
    deps: Arc<Deps>,
    model: Arc<Model>,
    filter: Filter,
    kinds: Vec<Kind>,
    ends_at: Timestamp,
    stage: Stage,
    waiting: VecDeque<Message>,
    told_at: Option<Instant>,
    /// Held as long as the stream is.
    _seat: Seat,
}

enum Stage {
    /// The next person of the picture, and the position that it was begun at.
    Picture { next: usize, began_at: u64 },
    /// Everything up to here is told.
    Following { after: u64 },
}

/// Limits, freshness, access record; then the picture, or where the subscriber was.
///
/// # Errors
/// `POSITION_NOT_KEPT`, `FEED_DIVERGED`, `RATE_LIMITED`, `STALE`, `NOT_CAUGHT_UP`.
pub(crate) async fn watch_registrations(
    deps: Arc<Deps>,
    input: Input,
) -> Result<impl Stream<Item = Result<Message, Error>> + Send + use<>, Error> {
    let Input {
        after,
        anchor,
        filter,
        kinds,
        asking,
        ends_at,
    } = input;
    let seat = deps.limits.seat(&asking.caller)?;
    let place = deps.records.reserve().ok_or_else(overloaded)?;
    let model = deps.model();
    let as_of = settle(&deps, &model, &asking).await?;
    let stage = if after == 0 {
        Stage::Picture {
            next: 0,
            began_at: as_of.position,
        }
    } else {
        model
            .recent
            .check(after, &anchor)
            .map_err(|lost| cannot_resume(&model, lost))?;
        Stage::Following { after }
    };
    place.put(Record {
        at: deps.clock.now(),
        caller: asking.caller,
        method: "WatchRegistrations",
        kind: SubjectKind::Subscription,
        index: model
            .indices
            .subject(SubjectKind::Subscription, filter.to_string().as_bytes()),
        purpose: asking.purpose,
        answered: Answered::Subscribed,
    });
    let watcher = Watcher {
        deps,
        model,
        filter,
        kinds,
        ends_at,
        stage,
        waiting: VecDeque::new(),
        told_at: None,
        _seat: seat,
    };
    Ok(stream::try_unfold(watcher, async |mut watcher| {
        let message = watcher.next().await?;
        Ok(Some((message, watcher)))
    }))
}

fn cannot_resume(model: &Model, lost: Lost) -> Error {
    match lost {
        Lost::NotKept => POSITION_NOT_KEPT
            .refusal()
            .metadata("kept_after", model.recent.begins_after().to_string())
            .into(),
        Lost::Diverged => FEED_DIVERGED.into(),
    }
}

impl Watcher {
    async fn next(&mut self) -> Result<Message, Error> {
        loop {
            if self.deps.clock.now() >= self.ends_at {
                return Err(TOKEN_EXPIRED.into());
            }
            if let Some(message) = self.waiting.pop_front() {
                self.told_at = Some(Instant::now());
                return Ok(message);
            }
            if !Arc::ptr_eq(&self.model, &self.deps.model()) {
                // The register was restored: what this stream has told may not be so.
                return Err(FEED_DIVERGED.into());
            }
            match self.stage {
                Stage::Picture { next, began_at } => self.picture(next, began_at),
                Stage::Following { after } => {
                    let caught_up = self.follow(after)?;
                    if caught_up && self.waiting.is_empty() {
                        self.rest(after).await;
                    }
                }
            }
        }
    }

    /// A part of everybody who matches.
    fn picture(&mut self, next: usize, began_at: u64) {
        let slots = self.model.slots(next, BATCH);
        if slots.is_empty() {
            self.stage = Stage::Following { after: began_at };
            let message = self.message(began_at, What::PictureComplete);
            self.waiting.push_back(message);
            return;
        }
        self.stage = Stage::Picture {
            next: next + slots.len(),
            began_at,
        };
        for slot in slots {
            if let Some(watched) = self.watched(slot, None) {
                self.waiting.push_back(Message {
                    position: 0,
                    anchor: Vec::new(),
                    what: What::Registration(Box::new(watched)),
                });
            }
        }
    }

    /// What was changed next. Several changes of one registration are told once, at the last of them. True if there was
    /// nothing to look at.
    fn follow(&mut self, after: u64) -> Result<bool, Error> {
        let through = self.model.marks.position();
        let found = self.model.recent.between(after, through, BATCH);
        let (told, reached) = found.map_err(|lost| cannot_resume(&self.model, lost))?;
        self.stage = Stage::Following { after: reached };
        let wanted = |told: &Told| self.kinds.is_empty() || self.kinds.contains(&told.kind);
        let mut last: HashMap<Slot, Told> = HashMap::new();
        let mut telling = Vec::new();
        for told in told {
            // A departure is told where it happened, whatever kinds were asked for: told later it could be missed by whoever
            // resumes between.
            let held = told.before.filter(|held| self.filter.holds(&self.model, *held));
            if let Some(held) = held
                && !self.matches(told.slot)
            {
                telling.push((told.position, self.departed(told.slot, held)));
            } else if wanted(&told) {
                last.insert(told.slot, told);
            }
        }
        let changed = last.into_values().map(|told| {
            let watched = self.watched(told.slot, Some(told.kind));
            (
                told.position,
                watched.map(|watched| What::Registration(Box::new(watched))),
            )
        });
        telling.extend(changed);
        telling.sort_unstable_by_key(|(position, _)| *position);
        for (position, what) in telling {
            if let Some(what) = what {
                let message = self.message(position, what);
                self.waiting.push_back(message);
            }
        }
        Ok(reached == after)
    }

    /// Says that nothing happened, if that is so and due; waits for the feed.
    async fn rest(&mut self, after: u64) {
        let bound = self.deps.freshness.bound;
        let now = self.deps.clock.now();
        let due = self.told_at.is_none_or(|at| at.elapsed() >= HEARTBEAT);
        if due
            && let Some(as_of) = self.model.marks.as_of(now, bound)
            && !as_of.stale
            && as_of.position == after
        {
            let message = self.message(after, What::Heartbeat(as_of.time));
            self.waiting.push_back(message);
            return;
        }
        // Woken by every message of the feed, whose heart beats thrice a second.
        let _woken = tokio::time::timeout(LOOK_AGAIN, self.model.marks.next_message()).await;
    }

    fn message(&self, position: u64, what: What) -> Message {
        Message {
            position,
            anchor: self.model.recent.anchor(position).unwrap_or_default(),
            what,
        }
    }

    /// Under the prefix that it had: where it went is not told.
    fn departed(&self, slot: Slot, held: Held) -> Option<What> {
        let number = self
            .model
            .read(slot, |person| person.entry().map(|entry| entry.number));
        number.map(|number| What::Departed(number.moved_to(held.province).to_string()))
    }

    fn matches(&self, slot: Slot) -> bool {
        self.model.read(slot, |person| {
            person
                .entry()
                .is_some_and(|entry| self.filter.matches(&self.model, entry))
        })
    }

    /// How somebody's registration stands now, if it matches.
    fn watched(&self, slot: Slot, change: Option<Kind>) -> Option<Watched> {
        self.model.read(slot, |person| self.describe(person, change))
    }

    fn describe(&self, person: &Person, change: Option<Kind>) -> Option<Watched> {
        let (model, entry) = (&*self.model, person.entry()?);
        if !self.filter.matches(model, entry) {
            return None;
        }
        let standing = standing(entry, VersionStanding::Current, None, self.deps.clock.now());
        let current = person.current_version().filter(|_| entry.has_current());
        let licence = current.and_then(|version| model.identifier(version.licence));
        let (employer_code, employer) = model.employer(entry.employer);
        Some(Watched {
            number: entry.number.to_string(),
            status: standing.status,
            since: standing.since,
            province: entry.province.code(),
            employer,
            employer_code,
            specialties: standing.specialties,
            licence: licence.map(|licence| licence.to_string()).unwrap_or_default(),
            family_name: if self.filter.granted().names {
                model.text(entry.family_name)
            } else {
                String::new()
            },
            change,
        })
    }
}
