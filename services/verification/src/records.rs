//! Access records: who asked about whom, and why.
//!
//! An answer takes a place in a queue before it is given and fills it after, without waiting for the database; a job
//! writes the queue in batches. Where the queue is full, because the database has been away for long, questions are
//! refused: nothing is answered without a record. A crash loses what was queued in the last fraction of a second; a
//! drain writes everything first.

use domain::standing::Verdict;
use jiff::Timestamp;
use personal_data::BlindIndex;
use tokio::sync::mpsc;

/// One answer given.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) at: Timestamp,
    pub(crate) caller: String,
    pub(crate) method: &'static str,
    pub(crate) kind: SubjectKind,
    pub(crate) index: BlindIndex,
    pub(crate) purpose: String,
    pub(crate) answered: Answered,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    Verdict(Verdict),
    /// A stream of changes was begun.
    Subscribed,
}

/// What was asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    RegistrationNumber,
    DocumentNumber,
    LicenceIdentifier,
    QrToken,
    File,
    Subscription,
}

impl SubjectKind {
    /// Every kind, in the order of their numbers.
    pub(crate) const ALL: [Self; 6] = [
        Self::RegistrationNumber,
        Self::DocumentNumber,
        Self::LicenceIdentifier,
        Self::QrToken,
        Self::File,
        Self::Subscription,
    ];

    /// The word in `access_record.subject_kind`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RegistrationNumber => "registration_number",
            Self::DocumentNumber => "document_number",
            Self::LicenceIdentifier => "licence_identifier",
            Self::QrToken => "qr_token",
            Self::File => "file",
            Self::Subscription => "subscription",
        }
    }
}

/// The end of the queue that answers fill.
#[derive(Debug, Clone)]
pub(crate) struct Records(mpsc::Sender<Record>);

/// A place in the queue.
pub(crate) struct Place<'a>(mpsc::Permit<'a, Record>);

impl Records {
    /// A queue of so many places, and its other end for the writer.
    pub(crate) fn queue(places: usize) -> (Self, mpsc::Receiver<Record>) {
        let (sender, receiver) = mpsc::channel(places);
        (Self(sender), receiver)
    }

    /// A place for one record; none while the queue is full.
    pub(crate) fn reserve(&self) -> Option<Place<'_>> {
        self.0.try_reserve().ok().map(Place)
    }
}

impl Place<'_> {
    pub(crate) fn put(self, record: Record) {
        self.0.send(record);
    }
}
